// Loaded on the page of a try-out.
import "../features/polyfills/index.js";
import "../styles/try-out.css";
import { startTryOut } from "../features/try-out/index.js";

startTryOut();
