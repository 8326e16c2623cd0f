// Two diagrams with what differs marked on them, and the list beside them.
import { openDiagram, show } from "../studio-read/viewer.js";
import { keepReasons } from "./reasons.js";

/** Draw the compared diagrams of the page and tie them to the list. */
export async function compareDiagrams() {
  for (const select of document.querySelectorAll("[data-choose] select")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
  keepReasons();
  const places = [...document.querySelectorAll("[data-compared]")];
  const viewers = (await Promise.all(places.map(drawMarked))).filter(Boolean);
  const lines = [...document.querySelectorAll("li[data-element]")];
  if (!viewers.length) return;
  for (const line of lines) {
    line.querySelector("[data-go]")?.addEventListener("click", () => choose(line.dataset.element, viewers, lines));
  }
  for (const viewer of viewers) {
    viewer.on("element.click", ({ element }) => choose(ownerOf(element), viewers, lines, false));
  }
  follow(viewers);
}

async function drawMarked(place) {
  const viewer = await openDiagram(place);
  if (!viewer) return null;
  const canvas = viewer.get("canvas");
  const registry = viewer.get("elementRegistry");
  for (const [id, how] of Object.entries(JSON.parse(place.dataset.marks))) {
    if (registry.get(id)) canvas.addMarker(id, `gj-diff-${how}`);
  }
  return viewer;
}

function choose(id, viewers, lines, near = true) {
  for (const viewer of viewers) show(viewer, id, { near });
  let first = null;
  for (const line of lines) {
    const isIt = line.dataset.element === id;
    line.classList.toggle("is-on", isIt);
    if (isIt && !first) first = line;
  }
  if (first) first.scrollIntoView({ block: "nearest" });
}

function ownerOf(element) {
  return element.labelTarget ? element.labelTarget.id : element.id;
}

/** Where one diagram is moved to, the other goes too. */
function follow(viewers) {
  if (viewers.length !== 2) return;
  let moving = false;
  viewers.forEach((viewer, index) => {
    viewer.on("canvas.viewbox.changed", () => {
      if (moving) return;
      moving = true;
      const { x, y, scale } = viewer.get("canvas").viewbox();
      const other = viewers[1 - index].get("canvas");
      const { outer } = other.viewbox();
      other.viewbox({ x, y, width: outer.width / scale, height: outer.height / scale });
      moving = false;
    });
  });
}
