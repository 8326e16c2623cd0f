const STATES = ["done", "now", "late", "future"];
const MOVED = "gj-is-moved";

/** Colour the diagram as it stood after a step, name who holds what, and mark what the step moved. */
export function paintStep(viewer, step) {
  const canvas = viewer.get("canvas");
  const taken = new Set(step.flows);
  const moved = new Set(step.moved);
  for (const element of viewer.get("elementRegistry").getAll()) {
    for (const state of STATES) canvas.removeMarker(element.id, `gj-is-${state}`);
    canvas.removeMarker(element.id, MOVED);
    const state = stateOf(element, step.nodes, taken);
    if (state) canvas.addMarker(element.id, `gj-is-${state}`);
    if (moved.has(element.id)) canvas.addMarker(element.id, MOVED);
  }
  name(viewer, step.holders);
  keepInSight(viewer, step.focus);
}

function stateOf(element, nodes, taken) {
  if (element.labelTarget || !element.businessObject) return "";
  if (element.type === "bpmn:SequenceFlow") return taken.has(element.id) ? "done" : "future";
  return element.businessObject.$instanceOf("bpmn:FlowNode") ? nodes[element.id] || "future" : "";
}

function name(viewer, holders) {
  const overlays = viewer.get("overlays");
  overlays.clear();
  for (const [id, text] of Object.entries(holders)) {
    if (!viewer.get("elementRegistry").get(id)) continue;
    const plate = document.createElement("div");
    plate.className = "gj-plate is-plain";
    plate.textContent = text;
    overlays.add(id, { position: { bottom: 14, right: 1 }, html: plate });
  }
}

/** Move the canvas only when the token would be out of sight. */
function keepInSight(viewer, id) {
  const element = id && viewer.get("elementRegistry").get(id);
  if (!element) return;
  const canvas = viewer.get("canvas");
  const box = canvas.viewbox();
  const inside = element.x >= box.x && element.y >= box.y;
  const before = element.x + element.width <= box.x + box.width && element.y + element.height <= box.y + box.height;
  if (inside && before) return;
  canvas.viewbox({
    x: element.x + element.width / 2 - box.width / 2,
    y: element.y + element.height / 2 - box.height / 2,
    width: box.width,
    height: box.height,
  });
}
