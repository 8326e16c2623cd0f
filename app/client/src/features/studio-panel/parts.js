// The parts a section of the panel is made of: labelled inputs, chips, lists to choose from.

let lastId = 0;

/** Return a fresh id. */
export function freshId() {
  lastId += 1;
  return `gj-panel-${lastId}`;
}

/** Make an element: properties are set, `on…` are listeners, `data-…` and `aria-…` are attributes. */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (/^(data|aria)-|^(for|role|list)$/.test(name)) node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.flat().filter((one) => one !== null && one !== undefined && one !== ""));
  return node;
}

/** Return a label and its control, one under the other; `label` may be hidden from sight. */
export function field(label, control, { hint, hidden = false } = {}) {
  const id = control.id || (control.id = freshId());
  const named = h("label", { className: hidden ? "gj-sr" : "gj-panel-label", for: id }, label);
  const told = hint ? h("p", { className: "gj-panel-hint", id: `${id}-hint` }, hint) : null;
  if (told) control.setAttribute("aria-describedby", told.id);
  return h("div", { className: "gj-panel-field" }, named, control, told);
}

const PAUSE = 700;

/**
 * Return an input that writes what was typed: when it is left, on Enter, and after a pause. `key` keeps the focus
 * over a redrawing.
 */
export function textInput({ key, value, write, lines = 0, ...more }) {
  const node = h(lines ? "textarea" : "input", { className: "gj-in", "data-key": key, ...more });
  node.value = value;
  if (lines) node.rows = lines;
  else if (!more.type) node.type = "text";
  let written = node.value;
  let timer = 0;
  const done = () => {
    clearTimeout(timer);
    if (node.value === written) return;
    written = node.value;
    write(node.value);
  };
  node.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(done, PAUSE);
  });
  node.addEventListener("change", done);
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (!lines || event.ctrlKey)) done();
  });
  return node;
}

/** Return a select over `[{code, name}]`; a value that is not among them is shown as it is written. */
export function selectInput({ key, value, options, write, empty, ...more }) {
  const node = h("select", { className: "gj-in", "data-key": key, ...more });
  const known = options.some((one) => String(one.code) === String(value));
  const offered = [...(empty === undefined ? [] : [{ code: "", name: empty }]), ...options];
  if (value && !known) offered.push({ code: value, name: value });
  for (const one of offered) node.append(h("option", { value: one.code }, one.name));
  node.value = value ?? "";
  node.addEventListener("change", () => write(node.value));
  return node;
}

/** Return a tick with its words. */
export function tick({ key, checked, label, write }) {
  const box = h("input", { type: "checkbox", checked, "data-key": key });
  box.addEventListener("change", () => write(box.checked));
  return h("label", { className: "gj-panel-tick" }, box, h("span", {}, label));
}

/** Return a button. */
export function button(text, act, { key, kind = "is-small", ...more } = {}) {
  return h("button", { type: "button", className: `gj-button ${kind}`, "data-key": key, onclick: act, ...more }, text);
}

/** Return a quiet link or, without an address, nothing. */
export function link(text, href) {
  return href ? h("a", { className: "gj-panel-link", href }, text) : null;
}
