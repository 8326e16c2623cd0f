// How a version is used, on its diagram: how hot each step is, how many cases took each flow.
import { openDiagram, show } from "../studio-read/viewer.js";

const LEVELS = [1, 2, 3, 4];
const SHORT = 60;

/** Draw the used version of the page, if there is one. */
export async function drawUse() {
  const place = document.querySelector("[data-used]");
  const viewer = place && (await openDiagram(place));
  if (!viewer) return;
  const marks = JSON.parse(place.dataset.marks);
  const buttons = [...document.querySelectorAll("[data-use]")];
  const choose = (way) => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.use === way));
    paint(viewer, marks, way);
  };
  for (const button of buttons) button.addEventListener("click", () => choose(button.dataset.use));
  for (const row of document.querySelectorAll("tr[data-element]")) {
    row.querySelector("[data-go]").addEventListener("click", () => {
      if (show(viewer, row.dataset.element)) place.scrollIntoView({ block: "center" });
    });
  }
  choose("time");
}

function paint(viewer, marks, way) {
  const canvas = viewer.get("canvas");
  const registry = viewer.get("elementRegistry");
  viewer.get("overlays").clear();
  for (const element of registry.getAll()) {
    for (const level of LEVELS) {
      canvas.removeMarker(element.id, `gj-heat-${level}`);
      canvas.removeMarker(element.id, `gj-way-${level}`);
    }
  }
  if (!way) return;
  for (const [id, level] of Object.entries(marks.heat[way])) {
    if (level && registry.get(id)) canvas.addMarker(id, `gj-heat-${level}`);
  }
  for (const [id, text] of Object.entries(marks.plates[way])) plate(viewer, id, text);
  for (const [id, flow] of Object.entries(marks.flows)) drawFlow(viewer, id, flow);
}

function plate(viewer, id, text) {
  const element = viewer.get("elementRegistry").get(id);
  if (!element) return;
  // events sit on the lower edge of some steps and would lie on the words
  const position = (element.attachers || []).some((one) => one.y > element.y) ? { top: -9, left: 8 } : { bottom: 9, left: 8 };
  viewer.get("overlays").add(id, { position, html: label("gj-use-plate", text) });
}

function drawFlow(viewer, id, { text, width }) {
  const connection = viewer.get("elementRegistry").get(id);
  if (!connection || !connection.waypoints) return;
  if (width) viewer.get("canvas").addMarker(id, `gj-way-${width}`);
  if (!width) return;
  const { point, corner, length } = longest(connection.waypoints);
  // a short line would vanish behind its number
  const below = length < SHORT ? 4 : -9;
  viewer.get("overlays").add(id, {
    position: { left: point.x - corner.x - 9, top: point.y - corner.y + below },
    html: label("gj-use-flow", text),
  });
}

/** Return the middle of the longest stretch of a line and the upper left corner of the line. */
function longest(points) {
  let best = { length: -1, point: points[0] };
  for (let index = 1; index < points.length; index += 1) {
    const [from, to] = [points[index - 1], points[index]];
    const length = Math.hypot(to.x - from.x, to.y - from.y);
    if (length > best.length) best = { length, point: { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 } };
  }
  const corner = { x: Math.min(...points.map((one) => one.x)), y: Math.min(...points.map((one) => one.y)) };
  return { ...best, corner };
}

function label(name, text) {
  const made = document.createElement("div");
  made.className = name;
  made.textContent = text;
  return made;
}
