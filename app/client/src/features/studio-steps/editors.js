// Editing one cell. Each editor calls done(value, move): value is undefined when nothing is to change.
import { el } from "./dom.js";

let count = 0;

/** Edit a text, with choices below it when there are some; `parse(typed)` gives the value or null. */
export function editText(cell, { text, label, choices = [], parse, problem, placeholder }, done) {
  const listId = `gj-steps-list-${(count += 1)}`;
  const list = el("ul", { class: "gj-steps-list", id: listId, role: "listbox", "aria-label": label });
  const input = el("input", { class: "gj-in gj-steps-in", type: "text", "aria-label": label, placeholder, autocomplete: "off" });
  const error = el("p", { class: "gj-field-error", role: "alert" });
  let active = -1;
  let shown = choices;
  let over = false;
  input.value = text;

  const draw = () => {
    list.replaceChildren(
      ...shown.slice(0, 60).map((one, number) =>
        el(
          "li",
          { id: `${listId}-${number}`, role: "option", "aria-selected": String(number === active), class: number === active && "is-on",
            onmousedown: (event) => { event.preventDefault(); finish(one.value); } },
          el("span", {}, one.text),
          one.note && el("span", { class: "gj-mut gj-small" }, one.note),
        ),
      ),
    );
    list.hidden = !shown.length;
    if (active >= 0) input.setAttribute("aria-activedescendant", `${listId}-${active}`);
    else input.removeAttribute("aria-activedescendant");
    list.children[active]?.scrollIntoView({ block: "nearest" });
  };
  const finish = (value, move) => {
    if (over) return;
    over = true;
    done(value, move);
  };
  const accept = (move) => {
    if (active >= 0) return finish(shown[active].value, move);
    if (input.value === text) return finish(undefined, move);
    const value = parse(input.value);
    if (value !== null) return finish(value, move);
    error.textContent = problem;
    input.setAttribute("aria-invalid", "true");
    return undefined;
  };
  if (choices.length) for (const [name, value] of [["role", "combobox"], ["aria-expanded", "true"], ["aria-controls", listId], ["aria-autocomplete", "list"]]) input.setAttribute(name, value);
  input.addEventListener("input", () => {
    const typed = input.value.trim().toLowerCase();
    shown = choices.filter((one) => `${one.text} ${one.note || ""}`.toLowerCase().includes(typed));
    active = -1;
    error.textContent = "";
    draw();
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && shown.length) active = (active + step + shown.length) % shown.length;
    else if (event.key === "Enter" && !event.isComposing) accept();
    else if (event.key === "Tab") accept(event.shiftKey ? "back" : "on");
    else if (event.key === "Escape") finish(undefined);
    else return event.stopPropagation();
    event.preventDefault();
    event.stopPropagation();
    return step && draw();
  });
  // leaving with the mouse keeps what can be understood
  input.addEventListener("blur", () => {
    const value = input.value === text ? undefined : parse(input.value);
    finish(value === null ? undefined : value, "away");
  });
  cell.replaceChildren(el("div", { class: "gj-steps-editor" }, input, choices.length ? list : null, error));
  draw();
  input.focus();
  input.select();
}

/** Choose several of some steps. */
export function editMany(cell, { chosen, choices, label, empty, ok }, done) {
  const boxes = choices.map((one) => {
    const box = el("input", { type: "checkbox", value: one.value });
    box.checked = chosen.includes(one.value);
    return box;
  });
  const value = () => boxes.filter((one) => one.checked).map((one) => one.value);
  const lines = choices.map((one, number) => el("label", {}, boxes[number], el("span", {}, one.text)));
  openPop(cell, label, lines.length ? lines : [el("p", { class: "gj-mut" }, empty)], ok, value, done);
}

/** Choose one text in each of some lists; the value is an object of them. */
export function editLists(cell, { lists, label, ok }, done) {
  const selects = lists.map(({ key, text, choices }) => {
    const select = el("select", { class: "gj-in" }, choices.map((one) => el("option", { value: one.value }, one.text)));
    select.value = text;
    return [key, select];
  });
  const lines = lists.map((one, number) => el("label", { class: "gj-label" }, one.label, selects[number][1]));
  const value = () => Object.fromEntries(selects.map(([key, select]) => [key, select.value]));
  openPop(cell, label, lines, ok, value, done);
}

function openPop(cell, label, lines, ok, value, done) {
  let over = false;
  const finish = (result, move) => {
    if (over) return;
    over = true;
    done(result, move);
  };
  const button = el("button", { type: "button", class: "gj-button is-small is-primary", onclick: () => finish(value()) }, ok);
  const pop = el("div", { class: "gj-steps-pop", role: "group", "aria-label": label, tabindex: "-1" }, lines, button);
  pop.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") finish(undefined);
    else if (event.key === "Enter" && event.target !== button) finish(value());
    else if (event.key === "Tab" && leaves(pop, event)) finish(value(), event.shiftKey ? "back" : "on");
    else if (event.key.startsWith("Arrow") && event.target.type === "checkbox") walk(pop, event.key === "ArrowUp" || event.key === "ArrowLeft" ? -1 : 1);
    else return;
    event.preventDefault();
  });
  pop.addEventListener("focusout", (event) => {
    if (!pop.contains(event.relatedTarget)) finish(value(), "away");
  });
  cell.append(el("div", { class: "gj-steps-editor is-pop" }, pop));
  (pop.querySelector("input, select") || button).focus();
}

function stops(pop) {
  return [...pop.querySelectorAll("input, select, button")];
}

function leaves(pop, event) {
  const all = stops(pop);
  return event.target === (event.shiftKey ? all[0] : all.at(-1));
}

function walk(pop, step) {
  const all = stops(pop);
  all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
}
