// Small controls of the panel: each says what it changes when the owner has finished typing.
const PAUSE_MS = 500;
let count = 0;

/** Make an element with properties, attributes beginning with `-` and children. */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("-")) node.setAttribute(name.slice(1), value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** One question of the panel: its title and its controls. */
export function question(title, ...children) {
  return make("section", { className: "gj-fe-question" }, make("h3", { textContent: title }), ...children);
}

/** A line or box of text with its label; `change(text)` is called once the owner pauses. */
export function textBox(label, value, change, { long = false, mono = false, hint = "", placeholder = "" } = {}) {
  const id = newId();
  const box = make(long ? "textarea" : "input", { id, value: value ?? "", placeholder, className: `gj-in${mono ? " gj-mono" : ""}` });
  if (long) box.rows = 3;
  afterPause(box, () => change(box.value.trim()));
  return make("div", { className: "gj-fe-control" }, make("label", { htmlFor: id, textContent: label }), box, hint && make("p", { className: "gj-hint", textContent: hint }));
}

/** A choice among `[value, label]` pairs. */
export function choice(label, value, pairs, change) {
  const id = newId();
  const box = make("select", { id, className: "gj-in" }, ...pairs.map(([one, text]) => make("option", { value: one, textContent: text, selected: one === value })));
  box.addEventListener("change", () => change(box.value));
  return make("div", { className: "gj-fe-control" }, make("label", { htmlFor: id, textContent: label }), box);
}

/** A tick. */
export function tick(label, value, change) {
  const box = make("input", { type: "checkbox", checked: Boolean(value) });
  box.addEventListener("change", () => change(box.checked));
  return make("label", { className: "gj-choice" }, box, make("span", { textContent: label }));
}

/** A small button. */
export function pressed(label, act, { name = "", quiet = false } = {}) {
  const button = make("button", { type: "button", className: `gj-button is-small${quiet ? " is-quiet" : ""}`, textContent: label });
  if (name) button.setAttribute("aria-label", name);
  button.addEventListener("click", act);
  return button;
}

/** Call `change` when typing pauses and when the control is left, once for each text. */
export function afterPause(box, change) {
  let known = box.value;
  let timer = 0;
  const say = () => {
    window.clearTimeout(timer);
    if (box.value === known) return;
    known = box.value;
    change();
  };
  box.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(say, PAUSE_MS);
  });
  box.addEventListener("change", say);
}

function newId() {
  count += 1;
  return `gj-fe-${count}`;
}
