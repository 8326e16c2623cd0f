// The page on which an article is written.
import "../styles/draft-frame.css";
import "../styles/article-editor.css";
import { openArticleEditor } from "../features/article-editor/index.js";

const root = document.querySelector("[data-article-editor]");
if (root) openArticleEditor(root);
