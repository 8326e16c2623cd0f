const FRAMES = new Set(["bpmn:Lane", "bpmn:Participant"]);
const STATES = ["frame", "done", "now", "late", "stopped", "future"];
const REACHED = new Set(["done", "now", "late", "stopped"]);

/** Colour the diagram from `{nodes: {id: {state, note, tone}}, flows: {id: "done"}}`. */
export function mark(viewer, marks) {
  const nodes = marks.nodes || {};
  const canvas = viewer.get("canvas");
  for (const element of viewer.get("elementRegistry").getAll()) {
    const state = stateOf(element, nodes, marks.flows);
    if (state) canvas.addMarker(element.id, `gj-is-${state}`);
  }
  for (const id of Object.keys(nodes)) note(viewer, id, nodes[id]);
}

/** Take every colour and note of `mark` away again. */
export function unmark(viewer) {
  const canvas = viewer.get("canvas");
  for (const element of viewer.get("elementRegistry").getAll()) {
    for (const state of STATES) canvas.removeMarker(element.id, `gj-is-${state}`);
  }
  viewer.get("overlays").clear();
}

function stateOf(element, nodes, flows) {
  if (FRAMES.has(element.type)) return "frame";
  if (element.labelTarget) return "";
  if (element.type === "bpmn:SequenceFlow") return flowState(element, nodes, flows);
  if (element.businessObject.$instanceOf("bpmn:FlowNode")) return nodes[element.id] ? nodes[element.id].state : "future";
  return "";
}

function flowState(flow, nodes, flows) {
  if (flows) return flows[flow.id] || "future";
  const walked = isReached(nodes[flow.source.id]) && isReached(nodes[flow.target.id]);
  return walked ? "done" : "future";
}

function isReached(node) {
  return Boolean(node && REACHED.has(node.state));
}

function note(viewer, id, node) {
  if (!node.note || !viewer.get("elementRegistry").get(id)) return;
  const plate = document.createElement("div");
  plate.className = `gj-plate is-${node.state === "late" ? "late" : node.tone || "plain"}`;
  plate.textContent = node.note;
  // at the right edge, away from the events on a border; short plates inside, where they hide no words of others
  const position = node.state === "late" || node.state === "stopped" ? { bottom: 0, right: 0 } : { bottom: 14, right: 1 };
  viewer.get("overlays").add(id, { position, html: plate });
}
