import { wordsOf } from "../studio-words/index.js";
import { fitWhole } from "./viewer.js";

const STEP = 1.25;
const SMALLEST = 0.2;
const LARGEST = 3;

/** Put buttons for nearer, farther and whole into the corner of a diagram. */
export function addZoom(viewer, place) {
  const bar = document.createElement("div");
  bar.className = "gj-read-zoom";
  const say = wordsOf("read");
  const by = (factor) => () => zoom(viewer.get("canvas"), factor);
  bar.append(button("+", say("nearer"), by(STEP)), button("−", say("farther"), by(1 / STEP)));
  bar.append(button("⤢", say("whole"), () => fitWhole(viewer)));
  place.append(bar);
}

function zoom(canvas, factor) {
  canvas.zoom(Math.min(Math.max(canvas.zoom() * factor, SMALLEST), LARGEST), "auto");
}

function button(sign, label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = sign;
  made.title = label;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}
