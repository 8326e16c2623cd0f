const TRAIL = "gj-is-trail";
const KIND = "gj-token";

/** Put a disc on every node where tokens wait, and mark the way the last step took. */
export function showTokens(viewer, marks) {
  const registry = viewer.get("elementRegistry");
  const overlays = viewer.get("overlays");
  overlays.remove({ type: KIND });
  for (const [id, count] of Object.entries(marks.tokens)) {
    if (registry.get(id)) overlays.add(id, KIND, { position: { top: 0, left: 0 }, html: disc(count) });
  }
  const canvas = viewer.get("canvas");
  const taken = new Set(marks.trail.flat());
  for (const flow of registry.filter((one) => one.type === "bpmn:SequenceFlow")) {
    if (taken.has(flow.id)) canvas.addMarker(flow, TRAIL);
    else canvas.removeMarker(flow, TRAIL);
  }
}

function disc(count) {
  const node = document.createElement("div");
  node.className = "gj-try-token";
  node.textContent = count > 1 ? String(count) : "";
  return node;
}
