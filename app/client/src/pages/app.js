// Loaded on every page: styles, htmx, and the small helps that a page works without.
import "../styles/index.js";
import "../features/htmx/index.js";
import { closeMenus } from "../features/menus/index.js";
import { listenToKeys } from "../features/keyboard/index.js";
import { keepDrafts } from "../features/drafts/index.js";
import { copyAndPrint } from "../features/copy-print/index.js";
import "../features/forms/index.js";

closeMenus();
listenToKeys();
keepDrafts();
copyAndPrint();
