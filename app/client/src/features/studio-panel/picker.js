// A list to search and choose from by keyboard or mouse.
import { freshId, h } from "./parts.js";

const MOST = 60;

/**
 * Return a box that searches `options` ([{code, name, unit}]) and calls `pick(option)`. `shown` is what stands in it
 * at first; leaving it without a choice brings that back.
 */
export function picker({ key, label, options, shown = "", pick, none }) {
  const list = h("ul", { className: "gj-pick-list", id: freshId(), role: "listbox", hidden: true, "aria-label": label });
  const input = h("input", {
    className: "gj-in",
    type: "text",
    autocomplete: "off",
    role: "combobox",
    "data-key": key,
    "aria-autocomplete": "list",
    "aria-controls": list.id,
    "aria-expanded": "false",
    placeholder: label,
  });
  input.value = shown;
  const state = { found: [], at: -1 };

  const open = (wanted) => {
    state.found = options.filter((one) => matches(one, wanted)).slice(0, MOST);
    state.at = state.found.length && wanted ? 0 : -1;
    draw();
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const draw = () => {
    const rows = state.found.map((one, index) => row(one, `${list.id}-${index}`, index === state.at, () => choose(one)));
    list.replaceChildren(...(rows.length ? rows : [h("li", { className: "gj-pick-none" }, none || "–")]));
    const on = list.children[state.at];
    if (state.at >= 0 && on) {
      input.setAttribute("aria-activedescendant", on.id);
      on.scrollIntoView({ block: "nearest" });
    }
  };
  const choose = (one) => {
    close();
    input.value = one.name;
    pick(one);
  };
  const move = (by) => {
    if (list.hidden) open("");
    state.at = Math.max(0, Math.min(state.found.length - 1, state.at + by));
    draw();
  };

  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => open(""));
  input.addEventListener("input", () => open(input.value.trim().toLowerCase()));
  input.addEventListener("blur", () => {
    close();
    input.value = shown;
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter" && !list.hidden && state.at >= 0) choose(state.found[state.at]);
    else if (event.key === "Escape" && !list.hidden) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { node: h("div", { className: "gj-pick" }, input, list), input, open: () => open("") };
}

function row(one, id, on, choose) {
  const node = h("li", { id, role: "option", className: on ? "is-on" : "", "aria-selected": String(on) }, one.name);
  if (one.unit) node.append(h("small", {}, one.unit));
  // before the box loses its focus
  node.addEventListener("mousedown", (event) => {
    event.preventDefault();
    choose();
  });
  return node;
}

function matches(one, wanted) {
  return !wanted || [one.name, one.code, one.unit].some((text) => String(text || "").toLowerCase().includes(wanted));
}
