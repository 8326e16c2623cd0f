// A diagram to look at: opened from its address, zoomed with buttons, an element brought to the middle.
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import { dragByTouch } from "../diagram/touch.js";
import { wordsOf } from "../studio-words/index.js";
import { addZoom } from "./zoom.js";
import { widenLabels } from "../diagram/labels.js";

const READABLE = 0.75;
const AIR = 0.97;
const HEIGHTS = { least: 280, most: 640, margin: 88 };
const FOCUS = "gj-is-focus";

/** Draw the diagram of a place; return its viewer, or null when it could not be opened. */
export async function openDiagram(place) {
  try {
    const response = await fetch(place.dataset.url, { headers: { Accept: "application/xml" } });
    if (!response.ok) throw new Error(`diagram ${response.status}`);
    const xml = await response.text();
    place.replaceChildren();
    const viewer = newViewer(place);
    await viewer.importXML(xml);
    widenLabels(viewer);
    if (place.dataset.adopt !== undefined) adoptHeight(viewer, place);
    fitWhole(viewer);
    addZoom(viewer, place);
    dragByTouch(viewer, place);
    place.dataset.ready = "true";
    return viewer;
  } catch (error) {
    place.textContent = wordsOf("read")("failed");
    place.dataset.failed = String(error);
    return null;
  }
}

/** Make a place as high as its drawing needs at full width. */
function adoptHeight(viewer, place) {
  const { inner, outer } = viewer.get("canvas").viewbox();
  const height = (inner.height * outer.width) / inner.width + HEIGHTS.margin;
  place.style.height = `${Math.round(Math.min(Math.max(height, HEIGHTS.least), HEIGHTS.most))}px`;
}

/** Show the whole diagram. */
export function fitWhole(viewer) {
  const canvas = viewer.get("canvas");
  canvas.resized();
  canvas.zoom("fit-viewport", "auto");
  canvas.zoom(canvas.zoom() * AIR, "auto");
}

/** Bring an element to the middle, large enough to be read, and frame it; false when it is not on this diagram. */
export function show(viewer, id, { near = true } = {}) {
  const canvas = viewer.get("canvas");
  const registry = viewer.get("elementRegistry");
  for (const element of registry.getAll()) canvas.removeMarker(element.id, FOCUS);
  const element = registry.get(id);
  if (!element || !element.parent) return false;
  canvas.addMarker(id, FOCUS);
  if (near) centre(canvas, element);
  return true;
}

function centre(canvas, element) {
  const scale = Math.max(canvas.viewbox().scale, READABLE);
  const { outer } = canvas.viewbox();
  const point = middle(element);
  const width = outer.width / scale;
  const height = outer.height / scale;
  canvas.viewbox({ x: point.x - width / 2, y: point.y - height / 2, width, height });
}

function middle(element) {
  if (element.waypoints) return element.waypoints[Math.floor(element.waypoints.length / 2)];
  return { x: element.x + element.width / 2, y: element.y + element.height / 2 };
}

function newViewer(place) {
  const fontFamily = getComputedStyle(document.body).fontFamily;
  return new NavigatedViewer({
    container: place,
    // the wheel belongs to the page; one drags the diagram and zooms with the buttons
    zoomScroll: { enabled: false },
    textRenderer: { defaultStyle: { fontFamily, fontSize: 12.5 }, externalStyle: { fontSize: 11.5 } },
  });
}
