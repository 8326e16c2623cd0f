// What the checker says about the element and no question of the panel asks.
import { h } from "./parts.js";

/** Show the problems that belong to none of the sections under the heading. */
export function otherProblems(panel, mine) {
  const asked = new Set(panel.sections.flatMap((one) => one.about));
  const place = document.querySelector(".gj-panel-head [data-others]");
  place?.replaceChildren(
    ...mine
      .filter((one) => !asked.has(one.rule))
      .map((one) => h("p", { className: one.severity === "error" ? "gj-panel-error" : "gj-panel-warning" }, sentence(one))),
  );
}

function sentence(one) {
  return `${one.severity === "error" ? "◆" : "▲"} ${one.sentence}${one.fix || ""}`;
}
