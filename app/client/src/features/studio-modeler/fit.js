const LARGEST = 1;
const MARGIN = 24;
const PALETTE = 108;
const BAR = 56;

/** Show the whole diagram, beside the palette and not larger than it is drawn. */
export function fit(modeler, palette = true) {
  const canvas = modeler.get("canvas");
  canvas.resized();
  const { inner, outer } = canvas.viewbox();
  if (!inner.width || !outer.width) return;
  const left = palette ? PALETTE : MARGIN;
  const room = { width: outer.width - left - MARGIN, height: outer.height - MARGIN - BAR };
  const scale = Math.min(room.width / inner.width, room.height / inner.height, LARGEST);
  const across = left + (room.width - inner.width * scale) / 2;
  const down = MARGIN + (room.height - inner.height * scale) / 2;
  const box = { x: inner.x - across / scale, y: inner.y - down / scale };
  canvas.viewbox({ ...box, width: outer.width / scale, height: outer.height / scale });
}

/** Keep the whole diagram in view while its place changes size, until the reader moves it. */
export function keepFitted(modeler, place, palette) {
  let untouched = true;
  for (const name of ["pointerdown", "wheel", "keydown"]) place.addEventListener(name, () => (untouched = false), { capture: true, passive: true });
  new ResizeObserver(() => {
    if (!place.clientWidth) return;
    if (untouched) fit(modeler, palette);
    else modeler.get("canvas").resized();
  }).observe(place);
}

/** Bring an element into view if it is outside, at a size at which it can be read. */
export function show(modeler, element) {
  const canvas = modeler.get("canvas");
  const root = canvas.findRoot?.(element);
  if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
  if (element !== root) canvas.scrollToElement(element, { top: 80, right: 80, bottom: 80, left: PALETTE + 20 });
}
