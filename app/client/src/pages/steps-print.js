// The table of steps on paper: its own page size.
import "../styles/steps-print.css";
