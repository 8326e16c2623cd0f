// One draft, two views: the tabs of the frame change between diagram and table without leaving the page.
import { fit } from "./fit.js";

/** Show the view of the address, and the other one when its tab is pressed. */
export function wakeViews(studio) {
  const tabs = document.querySelectorAll('[data-draft-tab="draft"], [data-draft-tab="steps"]');
  for (const tab of tabs) tab.addEventListener("click", (event) => press(event, tab, studio));
  window.addEventListener("popstate", () => turn(studio));
  const narrow = window.matchMedia(`(max-width: ${studio.data.narrowest - 1}px)`);
  narrow.addEventListener("change", () => studio.saver.flush().then(() => window.location.reload()));
  turn(studio);
  const wanted = new URLSearchParams(window.location.search).get("element");
  if (wanted && !studio.readOnly) studio.select(wanted);
}

function press(event, tab, studio) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  window.history.pushState(null, "", tab.href);
  turn(studio);
}

function turn(studio) {
  const view = new URLSearchParams(window.location.search).get("view") === "steps" ? "steps" : "draft";
  const hadNoRoom = studio.root.hidden;
  studio.root.hidden = view === "steps";
  document.querySelector("[data-steps]").hidden = view !== "steps";
  for (const tab of document.querySelectorAll("[data-draft-tab]")) mark(tab, tab.dataset.draftTab === view);
  document.dispatchEvent(new CustomEvent("gj:view", { detail: view }));
  if (hadNoRoom && view === "draft") fit(studio.modeler, !studio.readOnly);
}

function mark(tab, isOn) {
  tab.classList.toggle("is-on", isOn);
  if (isOn) tab.setAttribute("aria-current", "page");
  else tab.removeAttribute("aria-current");
}
