/** Pick or unpick the focused row for a bulk action; only rows that allow it carry data-pick. */
export function pick(event) {
  const row = document.activeElement.closest(".gj-row[data-pick]");
  const form = document.querySelector("form[data-picks]");
  if (!row || !form) return;
  event.preventDefault();
  const picked = row.classList.toggle("is-picked");
  const known = form.querySelector(`input[name="item"][value="${CSS.escape(row.dataset.pick)}"]`);
  if (picked && !known) form.append(hidden(row.dataset.pick));
  if (!picked && known) known.remove();
  form.hidden = !form.querySelector('input[name="item"]');
}

function hidden(value) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "item", value });
  return field;
}
