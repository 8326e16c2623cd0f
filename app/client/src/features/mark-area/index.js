// A picture of a page and the part of it that is wrong: shown once it is chosen, marked by dragging.

const SIDES = ["x", "y", "width", "height"];
const SMALLEST = 0.01;

/** Let the pictures of the page be marked. */
export function markAreas() {
  document.querySelectorAll("[data-mark-area]").forEach((box) => {
    const input = box.querySelector("input[type=file]");
    input.addEventListener("change", () => show(box, input.files[0]));
  });
}

function show(box, file) {
  box.querySelectorAll(".gj-shot, .gj-shot-hint, input[type=hidden]").forEach((node) => node.remove());
  if (!file || !/^image\/(png|jpeg)$/.test(file.type)) return;
  const reader = new FileReader();
  reader.addEventListener("load", () => box.append(hint(box), picture(box, reader.result)));
  reader.readAsDataURL(file);
}

function hint(box) {
  return Object.assign(document.createElement("p"), { className: "gj-hint gj-shot-hint", textContent: box.dataset.markHint });
}

function picture(box, source) {
  const figure = Object.assign(document.createElement("figure"), { className: "gj-shot is-live" });
  const image = Object.assign(document.createElement("img"), { src: source, alt: "", draggable: false });
  figure.append(image);
  figure.addEventListener("pointerdown", (event) => drag(box, figure, event));
  return figure;
}

function drag(box, figure, start) {
  const frame = figure.getBoundingClientRect();
  const at = (event) => [share(event.clientX - frame.left, frame.width), share(event.clientY - frame.top, frame.height)];
  const from = at(start);
  const move = (event) => mark(box, figure, area(from, at(event)));
  figure.setPointerCapture(start.pointerId);
  figure.addEventListener("pointermove", move);
  figure.addEventListener("pointerup", () => figure.removeEventListener("pointermove", move), { once: true });
  start.preventDefault();
}

function share(length, whole) {
  return Math.min(1, Math.max(0, length / whole));
}

function area([ax, ay], [bx, by]) {
  return { x: Math.min(ax, bx), y: Math.min(ay, by), width: Math.abs(ax - bx), height: Math.abs(ay - by) };
}

function mark(box, figure, found) {
  figure.querySelectorAll("svg").forEach((node) => node.remove());
  box.querySelectorAll("input[type=hidden]").forEach((node) => node.remove());
  if (found.width < SMALLEST || found.height < SMALLEST) return;
  figure.append(drawn(found));
  for (const side of SIDES) {
    box.append(Object.assign(document.createElement("input"), { type: "hidden", name: `area_${side}`, value: found[side].toFixed(4) }));
  }
}

function drawn(found) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const rect = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const side of SIDES) rect.setAttribute(side, found[side]);
  for (const [name, value] of [["viewBox", "0 0 1 1"], ["preserveAspectRatio", "none"], ["class", "gj-shot-area"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
  svg.append(rect);
  return svg;
}
