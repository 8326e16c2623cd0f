// Marks on the rows of the table: what is wrong, and what holds for the values that are tried.

let observer = null;

/** Mark the rules, by their ids in order; the marks stay when the table draws itself anew. */
export function markRows(canvas, ids, problems, hits) {
  if (observer) observer.disconnect();
  const bad = new Set(problems.filter((one) => one.severity === "error" && one.row).map((one) => ids[one.row - 1]));
  const held = new Set(hits.map((row) => ids[row - 1]));
  const mark = () => {
    for (const cell of canvas.querySelectorAll("td[data-row-id]")) {
      set(cell, "is-bad", bad.has(cell.dataset.rowId));
      set(cell, "is-hit", held.has(cell.dataset.rowId));
    }
  };
  mark();
  observer = new MutationObserver(mark);
  observer.observe(canvas, { childList: true, subtree: true, attributes: true, attributeFilter: ["class"] });
}

function set(cell, name, wanted) {
  if (cell.classList.contains(name) !== wanted) cell.classList.toggle(name, wanted);
}
