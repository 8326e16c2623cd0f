// Loaded on the pages of error reports.
import "../styles/report.css";
import { markAreas } from "../features/mark-area/index.js";

markAreas();
