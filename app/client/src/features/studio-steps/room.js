// Room for a new step right of another: what stands there, and everything further right, moves on.

export const SIZE = { width: 100, height: 80 };
const GAP = 40;
const EDGE = 10;

/** Return the middle of a new step right of `source`. */
export function placeAfter(source, size) {
  return { x: Math.round(source.x + source.width + GAP + size.width / 2), y: Math.round(source.y + source.height / 2) };
}

/** Shift what lies to the right so far that a step of this size fits behind `source`; containers grow with it. */
export function makeRoom(studio, source, size) {
  const delta = missing(studio, source, size);
  if (delta <= 0) return;
  const tool = studio.get("spaceTool");
  const start = source.x + source.width + 1;
  const all = studio.get("elementRegistry").filter((one) => one.parent && !one.waypoints);
  const { movingShapes, resizingShapes } = tool.calculateAdjustments(all, "x", delta, start);
  tool.makeSpace(movingShapes, resizingShapes, { x: delta, y: 0 }, "e", start);
}

function missing(studio, source, size) {
  const right = source.x + source.width;
  const wanted = GAP + size.width + GAP;
  const middle = source.y + source.height / 2;
  const [top, bottom] = [middle - size.height / 2 - EDGE, middle + size.height / 2 + EDGE];
  const around = ancestors(source);
  const ahead = studio.get("elementRegistry").filter(
    (one) =>
      one.parent &&
      !one.waypoints &&
      !around.has(one) &&
      one !== source &&
      one.host !== source &&
      one.labelTarget !== source &&
      one.businessObject?.$type !== "bpmn:Lane" &&
      one.x + one.width > right &&
      one.x < right + wanted &&
      one.y < bottom &&
      one.y + one.height > top &&
      one.x >= right,
  );
  const nearest = Math.min(...ahead.map((one) => one.x), edgeOf(around) - EDGE);
  return Math.ceil(right + wanted - nearest);
}

// the container's right edge is an obstacle too: it grows when the step would stand over it
function edgeOf(around) {
  const [inner] = around;
  return inner && inner.width ? inner.x + inner.width : Infinity;
}

function ancestors(shape) {
  const found = new Set();
  for (let one = shape.parent; one; one = one.parent) found.add(one);
  return found;
}
