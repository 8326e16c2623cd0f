const KIND = "gj-check";
const SIGNS = 200; // each costs more than the one before it

/** The problems on the diagram: a frame around the element and, of the first ones, a sign at its corner. */
export class Marks {
  constructor(studio) {
    this.studio = studio;
    this.marked = [];
  }

  show(problems) {
    this.clear();
    for (const [id, found] of byElement(problems)) this.mark(id, found);
  }

  clear() {
    const canvas = this.studio.get("canvas");
    const registry = this.studio.get("elementRegistry");
    for (const [id, marker] of this.marked) if (registry.get(id)) canvas.removeMarker(id, marker);
    this.studio.get("overlays").remove({ type: KIND });
    this.marked = [];
  }

  mark(id, problems) {
    const element = this.studio.get("elementRegistry").get(id);
    if (!element || !element.parent) return;
    const worst = problems.some((one) => one.severity === "error") ? "error" : "warning";
    const marker = `gj-has-${worst}`;
    this.studio.get("canvas").addMarker(id, marker);
    this.marked.push([id, marker]);
    if (this.marked.length > SIGNS) return;
    const position = element.waypoints ? { top: -9, left: element.width / 2 } : { top: -9, right: 9 };
    this.studio.get("overlays").add(id, KIND, { position, html: this.sign(id, worst, problems) });
  }

  sign(id, worst, problems) {
    const sign = document.createElement("button");
    sign.type = "button";
    sign.className = `gj-check-sign is-${worst}`;
    sign.textContent = "!";
    sign.title = problems.map((one) => one.sentence).join("\n");
    sign.setAttribute("aria-label", sign.title);
    sign.addEventListener("click", () => this.studio.select(id, { focus: problems[0].rule }));
    return sign;
  }
}

function byElement(problems) {
  const found = new Map();
  for (const one of problems) if (one.element) found.set(one.element, [...(found.get(one.element) || []), one]);
  return found;
}
