// Loaded on the pages of the studio that are read: comparing, publishing, versions in use, replay of a case.
import "../features/polyfills/index.js";
import "../features/diagram/diagram.css";
import "../styles/studio-read.css";
import { compareDiagrams } from "../features/studio-compare/index.js";
import { drawUse } from "../features/studio-use/index.js";
import { playReplay } from "../features/studio-replay/index.js";

compareDiagrams();
drawUse();
playReplay();
