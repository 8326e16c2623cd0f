// The page of one decision table of a draft.
import "../styles/draft-parts.css";
import { openTableEditor } from "../features/table-editor/index.js";

const root = document.querySelector("[data-table-editor]");
if (root) openTableEditor(root);
