// Loaded on pages that show a live diagram.
import "../features/polyfills/index.js";
import { drawDiagrams } from "../features/diagram/index.js";

drawDiagrams();
