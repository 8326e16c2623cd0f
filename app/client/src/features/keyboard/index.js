// Keys: inbox J K Enter X, everywhere / ? G D G I, after a submit N, task Ctrl+Enter.
import { pick } from "./pick.js";
import { showKeys } from "./panel.js";

const CHORD_MS = 1200;
let chordUntil = 0;

/** Listen to the page's keys; never while somebody types. */
export function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.metaKey) return;
    if (event.ctrlKey) submitOn(event);
    else if (!isTyping(event.target)) press(event);
  });
}

function submitOn(event) {
  if (event.key === "Enter") follow("submit", event);
}

function press(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "g") {
    chordUntil = Date.now() + CHORD_MS;
    return;
  }
  const inChord = Date.now() < chordUntil;
  chordUntil = 0;
  const act = inChord ? CHORDS[key] : KEYS[key];
  if (act) act(event);
}

const CHORDS = {
  d: (event) => follow("done", event),
  i: (event) => follow("inbox", event),
};

const KEYS = {
  j: (event) => step(1, event),
  k: (event) => step(-1, event),
  x: (event) => pick(event),
  n: (event) => follow("next", event),
  "/": (event) => focusSearch(event),
  "?": (event) => showKeys(event),
};

function isTyping(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function follow(name, event) {
  const target = document.querySelector(`[data-key="${name}"]`);
  if (!target) return;
  event.preventDefault();
  target.click();
}

function focusSearch(event) {
  const field = document.querySelector('[data-key="search"]');
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}

function step(by, event) {
  const rows = Array.from(document.querySelectorAll(".gj-row"));
  if (!rows.length) return;
  event.preventDefault();
  const at = rows.indexOf(document.activeElement.closest(".gj-row"));
  const row = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
  row.focus();
  row.scrollIntoView({ block: "nearest" });
}
