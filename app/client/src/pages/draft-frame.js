// Loaded on every page of a draft: its frame, who else has it open, saving before one leaves.
import "../styles/draft-frame.css";
import { wakeFrame } from "../features/studio-save/index.js";

wakeFrame();
