// A case on its diagram: what is done, where it stands, what is late. bpmn-js draws; its watermark stays.
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "./diagram.css";
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import { word } from "../words/index.js";
import { mark } from "./marks.js";
import { fit } from "./fit.js";
import { dragByTouch } from "./touch.js";
import { widenLabels } from "./labels.js";

/** Draw every diagram of the page. */
export function drawDiagrams() {
  for (const place of document.querySelectorAll("[data-diagram]")) draw(place);
}

/** Draw one diagram; returns its viewer, nothing when it cannot be drawn. */
export async function draw(place) {
  try {
    const response = await fetch(place.dataset.url, { headers: { Accept: "application/xml" } });
    if (!response.ok) throw new Error(`diagram ${response.status}`);
    const marks = JSON.parse(place.dataset.marks || "{}");
    const viewer = newViewer(place);
    await viewer.importXML(await response.text());
    widenLabels(viewer);
    mark(viewer, marks);
    fit(viewer, place, marks.focus);
    dragByTouch(viewer, place);
    place.dataset.ready = "true";
    return viewer;
  } catch (error) {
    place.textContent = word("diagramFailed");
    place.dataset.failed = String(error);
    return null;
  }
}

function newViewer(place) {
  place.replaceChildren();
  const fontFamily = getComputedStyle(document.body).fontFamily;
  return new NavigatedViewer({
    container: place,
    // the wheel belongs to the page; a reader drags the diagram
    zoomScroll: { enabled: false },
    // labels beside flows and events keep the size their boxes were drawn for, else they wrap and overlap
    textRenderer: { defaultStyle: { fontFamily, fontSize: 12.5 }, externalStyle: { fontSize: 11.5 } },
  });
}
