const EACH = 420; // milliseconds along one flow
const RADIUS = 8;
const SVG = "http://www.w3.org/2000/svg";

/** Let a disc run along the flows of the last step, those of one moment side by side. */
export async function run(viewer, trail) {
  if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const layer = viewer.get("canvas").getLayer("gj-runner", 900);
  const registry = viewer.get("elementRegistry");
  layer.replaceChildren();
  for (const flows of trail) {
    const drawn = flows.map((id) => registry.get(id)).filter(Boolean);
    await Promise.all(drawn.map((flow) => along(layer, flow.waypoints)));
  }
}

function along(layer, points) {
  const disc = document.createElementNS(SVG, "circle");
  disc.setAttribute("class", "gj-try-runner");
  disc.setAttribute("r", RADIUS);
  layer.append(disc);
  const begun = performance.now();
  return new Promise((resolve) => {
    function step(now) {
      const part = Math.min((now - begun) / EACH, 1);
      const at = pointAt(points, part);
      disc.setAttribute("cx", at.x);
      disc.setAttribute("cy", at.y);
      if (part < 1) return requestAnimationFrame(step);
      disc.remove();
      return resolve();
    }
    requestAnimationFrame(step);
  });
}

function pointAt(points, part) {
  const lengths = points.slice(1).map((point, index) => distance(points[index], point));
  let left = lengths.reduce((sum, length) => sum + length, 0) * part;
  for (let index = 0; index < lengths.length; index += 1) {
    if (left <= lengths[index]) return between(points[index], points[index + 1], left / (lengths[index] || 1));
    left -= lengths[index];
  }
  return points[points.length - 1];
}

function between(a, b, part) {
  return { x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part };
}

function distance(a, b) {
  return Math.hypot(b.x - a.x, b.y - a.y);
}
