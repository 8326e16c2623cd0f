const NEVER = new Set(["csrf_token"]);
const UNTOUCHED = new Set(["hidden", "password", "file", "submit", "button"]);

/** Return the form's answers as pairs; files and passwords stay out. */
export function readForm(form) {
  const pairs = [];
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && !NEVER.has(name) && !isSecret(form, name)) pairs.push([name, value]);
  }
  return pairs;
}

/** Put kept answers back; return whether anything differed from what the page shows. */
export function restoreForm(form, pairs) {
  const wanted = new Map();
  for (const [name, value] of pairs) wanted.set(name, [...(wanted.get(name) || []), value]);
  let changed = false;
  for (const field of form.elements) {
    if (field.name && wanted.has(field.name) && !UNTOUCHED.has(field.type)) changed = put(field, wanted.get(field.name)) || changed;
  }
  if (changed) form.dispatchEvent(new Event("change", { bubbles: true }));
  return changed;
}

function isSecret(form, name) {
  const field = form.elements.namedItem(name);
  return Boolean(field && field.type === "password");
}

function put(field, values) {
  if (field.type === "checkbox" || field.type === "radio") return putChoice(field, values.includes(field.value));
  if (field.tagName === "SELECT") return Array.from(field.options, (option) => putOption(option, values)).some(Boolean);
  const value = values.length > 1 ? values.shift() : values[0];
  if (field.value === value) return false;
  field.value = value;
  return true;
}

function putChoice(field, checked) {
  if (field.checked === checked) return false;
  field.checked = checked;
  return true;
}

function putOption(option, values) {
  const selected = values.includes(option.value);
  if (option.selected === selected) return false;
  option.selected = selected;
  return true;
}
