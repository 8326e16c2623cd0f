// The command board and the list of emergencies.
import { askForNews, tick } from "../features/emergency-board/index.js";

tick();
askForNews();
