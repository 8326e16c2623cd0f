// Forms: what a script adds to forms that already work without one.

import { startPhrases } from "./phrases.js";
import { startRows } from "./rows.js";
import { carryOver } from "./swaps.js";
import { startUploads } from "./uploads.js";

/** Enhance the forms inside `root`, done by itself for the page and for what htmx brings; calling it again on the same region changes nothing. */
export function start(root) {
  root.querySelectorAll(".gj-form").forEach(enhance);
  if (root.matches && root.matches(".gj-form")) enhance(root);
}

carryOver();
start(document);
document.addEventListener("htmx:load", (event) => start(event.detail.elt));

function enhance(region) {
  startPhrases(region);
  startRows(region);
  startUploads(region);
  startCriteria(region);
}

/** Take the error sentence away as soon as every line is answered. */
function startCriteria(region) {
  region.querySelectorAll(".gj-criteria.is-bad").forEach((list) => {
    list.addEventListener("change", () => {
      const groups = Array.from(list.querySelectorAll('[role="radiogroup"]'));
      groups.forEach((group) => {
        if (group.querySelector("input:checked")) group.removeAttribute("aria-invalid");
      });
      if (groups.every((group) => group.querySelector("input:checked"))) clearError(list);
    });
  });
}

function clearError(control) {
  control.classList.remove("is-bad");
  const error = document.getElementById(`${control.id}-error`);
  if (error) error.remove();
}
