// Remarks stand beside the words they quote; on narrow pages they are a list below the text.

const GAP = 12;
const WIDE = "(min-width: 1101px)";

/** Put every remark at the height of its words, and again whenever the text moves. */
export function tieNotes(text, margin, pane) {
  const notes = Array.from(margin.querySelectorAll(".gj-review-note"));
  const wide = window.matchMedia(WIDE);
  let ranges = notes.map((note) => find(text, note.dataset.quote));
  notes.forEach((note, index) => note.addEventListener("click", () => lead(ranges[index])));
  const place = () => (wide.matches ? tie(margin, notes, ranges) : untie(margin, notes));
  place();
  window.addEventListener("resize", place);
  window.addEventListener("load", place);
  pane.querySelectorAll(".gj-review-switch").forEach((control) =>
    control.addEventListener("change", () => {
      ranges = notes.map((note) => find(text, note.dataset.quote));
      place();
    }),
  );
}

function tie(margin, notes, ranges) {
  margin.classList.add("is-tied");
  const top = margin.getBoundingClientRect().top;
  const wanted = notes.map((note, index) => ({ note, at: ranges[index] ? ranges[index].getBoundingClientRect().top - top : 0 }));
  let free = 0;
  wanted
    .sort((one, other) => one.at - other.at)
    .forEach(({ note, at }) => {
      const place = Math.max(at, free);
      note.style.top = `${place}px`;
      free = place + note.offsetHeight + GAP;
    });
  notes.forEach((note, index) => note.classList.toggle("is-found", Boolean(ranges[index])));
  margin.style.minHeight = `${free}px`;
}

function untie(margin, notes) {
  margin.classList.remove("is-tied");
  margin.style.minHeight = "";
  notes.forEach((note) => {
    note.style.top = "";
  });
}

function lead(range) {
  if (!range) return;
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  range.startContainer.parentElement.scrollIntoView({ block: "center" });
}

/** Return where the words stand in the text as it reads now, what went left out; null when they are not there. */
function find(text, quote) {
  if (!quote) return null;
  const nodes = [];
  let whole = "";
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest("del")) continue;
    nodes.push({ node, from: whole.length });
    whole += node.data;
  }
  const at = whole.indexOf(quote);
  return at < 0 ? null : rangeOf(nodes, at, at + quote.length);
}

function rangeOf(nodes, from, to) {
  const range = document.createRange();
  const holding = (place) => nodes.filter((one) => one.from <= place).pop();
  const first = holding(from);
  const last = holding(to - 1);
  range.setStart(first.node, from - first.from);
  range.setEnd(last.node, to - last.from);
  return range;
}
