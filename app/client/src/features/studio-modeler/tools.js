// The bar below the canvas: undo, zoom, search, small map, files.
import { download } from "../studio-save/index.js";
import { fit } from "./fit.js";
import { toggleMinimap } from "./minimap.js";

const KEYS = { z: "undo", y: "redo", f: "find" };

/** Wake the buttons of the bar and the keys that work wherever the reader is on the page. */
export function wakeTools(studio) {
  const { modeler, root } = studio;
  const acts = actsOf(studio);
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tool]");
    if (!button || !acts[button.dataset.tool]) return;
    acts[button.dataset.tool](button);
    button.closest("details")?.removeAttribute("open");
  });
  const zoomed = () => showZoom(root, modeler);
  modeler.on("canvas.viewbox.changed", zoomed);
  zoomed();
  if (studio.readOnly) return;
  // the search listens to keys; a text that was pasted or chosen from an input method is heard too
  root.addEventListener("input", (event) => event.target.closest(".djs-search-input") && event.target.dispatchEvent(new KeyboardEvent("keyup", { bubbles: true })));
  modeler.on("commandStack.changed", () => showUndo(root, modeler));
  document.addEventListener("keydown", (event) => press(event, studio));
}

function actsOf(studio) {
  const { modeler } = studio;
  const act = (name, options) => () => modeler.get("editorActions").trigger(name, options);
  const zoom = (factor) => () => modeler.get("canvas").zoom(modeler.get("canvas").zoom() * factor);
  return {
    undo: act("undo"),
    redo: act("redo"),
    find: act("find"),
    in: zoom(1.2),
    out: zoom(1 / 1.2),
    fit: () => fit(modeler, !studio.readOnly),
    map: (button) => toggleMinimap(modeler, button),
    svg: async () => download((await modeler.saveSVG()).svg, `${studio.data.slug}.svg`, "image/svg+xml"),
    bpmn: async () => download(await studio.xml(), `${studio.data.slug}.bpmn`),
  };
}

function showZoom(root, modeler) {
  root.querySelector("[data-zoom]").textContent = `${Math.round(modeler.get("canvas").zoom() * 100)}%`;
}

function showUndo(root, modeler) {
  const stack = modeler.get("commandStack");
  root.querySelector('[data-tool="undo"]').disabled = !stack.canUndo();
  root.querySelector('[data-tool="redo"]').disabled = !stack.canRedo();
}

/** Undo, redo and search work outside the canvas too, except where somebody types. */
function press(event, studio) {
  const name = (event.ctrlKey || event.metaKey) && !event.altKey && KEYS[event.key.toLowerCase()];
  if (!name || event.defaultPrevented || isTyping(event.target) || studio.root.hidden) return;
  if (event.target.closest?.(".djs-container")) return; // the canvas has heard it itself
  event.preventDefault();
  studio.get("editorActions").trigger(name === "undo" && event.shiftKey ? "redo" : name);
}

function isTyping(target) {
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}
