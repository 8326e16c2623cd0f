// The server redraws a form when an answer changes what else is asked. What was typed or uploaded since stays.
import { readForm, restoreForm } from "../drafts/fields.js";

/** Carry what happened while the server was answering over into the form it sends. */
export function carryOver() {
  let left = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const region = event.detail.target;
    if (event.detail.shouldSwap && region.matches(".gj-form")) left = leave(region);
  });
  document.addEventListener("htmx:afterSwap", () => {
    if (left) arrive(left);
    left = null;
  });
}

function leave(region) {
  const form = region.closest("form");
  return { form, typed: readForm(form), uploads: Array.from(region.querySelectorAll("[data-gj-upload]")) };
}

function arrive({ form, typed, uploads }) {
  for (const upload of uploads) {
    const fresh = form.querySelector(`[data-gj-upload][data-name="${CSS.escape(upload.dataset.name)}"]`);
    if (fresh) fresh.replaceWith(upload);
  }
  restoreForm(form, typed);
}
