// The page of one form of a draft.
import "../styles/draft-parts.css";
import { openFormEditor } from "../features/form-editor/index.js";

const root = document.querySelector("[data-form-editor]");
if (root) openFormEditor(root);
