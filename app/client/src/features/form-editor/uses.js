// Where each field is used: steps, flows, tables, titles, conditions.
import { make } from "./controls.js";

/** Draw the list of fields with their places. */
export function drawUses(root, fields, say) {
  const head = make("tr", {}, make("th", { scope: "col", textContent: say("rights.field") }), make("th", { scope: "col", textContent: say("uses.places") }));
  const rows = fields.map((field) =>
    make("tr", {},
      make("th", { scope: "row" }, make("span", { textContent: field.label }), make("small", { className: "gj-mono", textContent: field.key })),
      make("td", {}, ...(field.uses.length ? [make("ul", {}, ...field.uses.map((one) => make("li", { textContent: one })))] : [make("span", { className: "gj-mut", textContent: say("uses.none") })])),
    ));
  root.replaceChildren(make("p", { className: "gj-pad gj-mut", textContent: say("uses.hint") }), make("div", { className: "gj-fe-scroll" }, make("table", { className: "gj-table is-tight" }, make("thead", {}, head), make("tbody", {}, ...rows))));
}
