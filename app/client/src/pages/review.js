// Loaded where a person reviews: the text with its changes, remarks, stamps.
import "../styles/review.css";
import { openPane } from "../features/review-pane/index.js";

document.querySelectorAll("[data-review]").forEach(openPane);
