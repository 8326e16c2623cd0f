const PHONE = 760;
const SMALLEST = 0.5;
const READABLE = 0.62;
const LARGEST = 1.15;
const MARGIN = 16;
const HEIGHTS = { least: 260, most: 640 };

/** Show the whole diagram where its words stay readable, else the node in hand at its centre. */
export function fit(viewer, place, focus) {
  const canvas = viewer.get("canvas");
  const narrow = window.innerWidth <= PHONE;
  if (!narrow) adoptHeight(canvas, place);
  canvas.resized();
  const { inner, outer } = canvas.viewbox();
  const scale = Math.min((outer.width - MARGIN) / inner.width, (outer.height - MARGIN) / inner.height, LARGEST);
  if (narrow || scale < SMALLEST) centre(canvas, viewer.get("elementRegistry").get(focus), READABLE);
  else around(canvas, middle(inner), scale);
}

function adoptHeight(canvas, place) {
  const { inner, outer } = canvas.viewbox();
  const scale = Math.min((outer.width - MARGIN) / inner.width, LARGEST);
  const height = Math.min(Math.max(inner.height * scale + MARGIN, HEIGHTS.least), HEIGHTS.most);
  place.style.height = `${Math.round(height)}px`;
}

function centre(canvas, element, scale) {
  const { inner } = canvas.viewbox();
  if (element) around(canvas, middle(element), scale);
  else around(canvas, { x: inner.x + canvas.viewbox().outer.width / scale / 2, y: middle(inner).y }, scale);
}

function around(canvas, point, scale) {
  const { inner, outer } = canvas.viewbox();
  const width = outer.width / scale;
  const height = outer.height / scale;
  const x = within(point.x - width / 2, inner.x, inner.x + inner.width - width);
  const y = within(point.y - height / 2, inner.y, inner.y + inner.height - height);
  canvas.viewbox({ x, y, width, height });
}

/** Keep the view on the drawing; a drawing smaller than the view stays in its middle. */
function within(value, first, last) {
  return last < first ? (first + last) / 2 : Math.min(Math.max(value, first - MARGIN), last + MARGIN);
}

function middle(box) {
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
