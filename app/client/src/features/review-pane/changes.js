// Marks carry the number of their change: what went and what came in its place share one.

/** Return the numbers of the changes in the order of the text. */
export function changesOf(text) {
  return [...new Set(Array.from(text.querySelectorAll("[data-change]"), (mark) => mark.dataset.change))];
}

/** Return the marks of one change. */
export function marksOf(text, number) {
  return Array.from(text.querySelectorAll(`[data-change="${number}"]`));
}
