/** Move the diagram sideways with a finger; up and down scrolls the page as everywhere else. */
export function dragByTouch(viewer, place) {
  let last = null;
  place.addEventListener("touchstart", (event) => {
    last = event.touches.length === 1 ? point(event) : null;
  }, { passive: true });
  place.addEventListener("touchmove", (event) => {
    if (!last || event.touches.length !== 1) return;
    const next = point(event);
    viewer.get("canvas").scroll({ dx: next.x - last.x, dy: 0 });
    last = next;
  }, { passive: true });
}

function point(event) {
  return { x: event.touches[0].clientX, y: event.touches[0].clientY };
}
