// Loaded on the printed table of amendments: its paper lies across.
import "../styles/amendments.css";
