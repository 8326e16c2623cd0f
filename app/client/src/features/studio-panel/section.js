// One question of the panel: its heading, its body, what the checker says about it.
import { h } from "./parts.js";

// a button that is redrawn between press and release would never hear of the click
const waiting = new Set();
let pressed = false;
window.addEventListener("pointerdown", () => (pressed = true), true);
for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, () => window.setTimeout(release), true);

function release() {
  pressed = false;
  const late = [...waiting];
  waiting.clear();
  for (const one of late) one.update();
}

/**
 * Return a section. `body(section)` draws its content; `about` are the rules of the checker that belong here.
 * Redrawing keeps the focus where it was and never touches a text somebody is typing.
 */
export function section({ title, body, about = [], aside, folded = false }) {
  const heading = h("h3", {}, title);
  const side = h("span", { className: "gj-panel-aside" });
  const place = h("div", { className: "gj-panel-body" });
  const wrong = h("div", { className: "gj-panel-wrong", role: "status" });
  const node = folded ? foldable(title, place, wrong) : h("section", {}, h("header", {}, heading, side), place, wrong);
  node.className = "gj-panel-section";
  const one = { node, about, side, problems: (found) => showProblems(place, wrong, found) };
  one.draw = (force = false) => {
    if (!force && isTyping(place)) return;
    keepingFocus(place, () => place.replaceChildren(...[body(one)].flat().filter(Boolean)));
    if (aside) side.replaceChildren(...[aside(one)].flat().filter(Boolean));
  };
  one.draw(true);
  place.addEventListener("focusout", () => requestAnimationFrame(() => one.stale && one.update()));
  one.fresh = () => {
    one.stale = false;
    one.draw();
  };
  one.update = () => {
    if (pressed) waiting.add(one);
    else if (isTyping(place)) one.stale = true;
    else one.fresh();
  };
  return one;
}

function foldable(title, place, wrong) {
  return h("details", {}, h("summary", {}, h("h3", {}, title)), place, wrong);
}

function isTyping(place) {
  const focused = document.activeElement;
  const typed = focused && place.contains(focused) && focused.matches("input:not([type=checkbox]), textarea");
  return Boolean(typed);
}

function keepingFocus(place, draw) {
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  const key = focused?.dataset.key;
  draw();
  if (key) place.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

function showProblems(place, wrong, found) {
  wrong.replaceChildren(
    ...found.map((one) =>
      h(
        "p",
        { className: one.severity === "error" ? "gj-panel-error" : "gj-panel-warning" },
        h("span", { "aria-hidden": "true" }, one.severity === "error" ? "◆" : "▲"),
        h("span", {}, `${one.sentence}${one.fix || ""}`),
      ),
    ),
  );
  for (const input of place.querySelectorAll(".gj-in")) {
    input.classList.toggle("is-bad", found.some((one) => one.severity === "error"));
  }
}
