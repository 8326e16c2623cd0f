// A try-out: after every step the server sends the part beside the diagram anew, and the diagram follows.
import { fit } from "../diagram/fit.js";
import { draw } from "../diagram/index.js";
import { mark, unmark } from "../diagram/marks.js";
import { run } from "./runner.js";
import { showTokens } from "./tokens.js";

const PART = "try-panel";
const TOLD = new Set([403, 409, 422]);
const folds = new Map();

/** Draw the diagram of the page and keep it in step with what happens. */
export async function startTryOut() {
  document.addEventListener("htmx:beforeSwap", letErrorsIn);
  document.addEventListener("htmx:beforeSwap", rememberFolds);
  const place = document.querySelector("[data-try-diagram]");
  const viewer = place ? await draw(place) : null;
  if (viewer) showTokens(viewer, JSON.parse(place.dataset.marks));
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id !== PART && event.detail.elt.id !== PART) return;
    restoreFolds();
    lookAtTop();
    if (viewer) follow(viewer, place);
  });
}

// what the page cannot do it says in the same place
function letErrorsIn(event) {
  if (event.detail.target.id !== PART || !TOLD.has(event.detail.xhr.status)) return;
  event.detail.shouldSwap = true;
  event.detail.isError = false;
}

function rememberFolds(event) {
  if (event.detail.target.id !== PART) return;
  for (const fold of document.querySelectorAll("[data-try-fold]")) folds.set(fold.dataset.tryFold, fold.open);
}

function restoreFolds() {
  for (const fold of document.querySelectorAll("[data-try-fold]")) {
    if (folds.get(fold.dataset.tryFold)) fold.open = true;
  }
}

function lookAtTop() {
  const part = document.getElementById(PART);
  const head = part.querySelector(".gj-told, .gj-note, .gj-try-desk h2, h2");
  if (!head) return;
  const { top } = head.getBoundingClientRect();
  if (top < 0 || top > window.innerHeight) head.scrollIntoView({ block: "center" });
}

function follow(viewer, place) {
  const source = document.querySelector("[data-try-marks]");
  if (!source) return;
  const marks = JSON.parse(source.textContent);
  const moved = marks.step > JSON.parse(place.dataset.marks).step;
  place.dataset.marks = source.textContent;
  unmark(viewer);
  mark(viewer, marks);
  if (marks.focus) fit(viewer, place, marks.focus);
  showTokens(viewer, marks);
  if (moved) run(viewer, marks.trail);
}
