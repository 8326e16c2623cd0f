// The page on which the text of a plan is changed.
import { openRichTexts } from "../features/rich-text/index.js";

openRichTexts();
