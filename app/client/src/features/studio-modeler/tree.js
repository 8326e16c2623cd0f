// Reading, moving and writing the elements of a file without touching the lines around them.
const HEAD = /^\s*<\?xml[^>]*\?>\s*/;
const USUAL_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';
const STEP = "  ";
const TEXT = 3;

export function parse(text) {
  return new DOMParser().parseFromString(text, "application/xml");
}

/** Write a document with the first line its text began with. */
export function write(file, text) {
  const head = text.match(HEAD);
  const end = /\n$/.test(text) ? "\n" : "";
  const body = new XMLSerializer().serializeToString(file).replace(HEAD, "").trimEnd();
  return `${head ? head[0] : USUAL_HEAD}${body}${end}`;
}

export function imported(file, element) {
  return file.importNode(element, true);
}

/** Take an element out, with the line break before it. */
export function takeOut(element) {
  const space = element.previousSibling;
  if (isSpace(space)) space.remove();
  element.remove();
}

/** Put an element behind another child of `parent`, or before its first one. */
export function putAfter(parent, element, last) {
  if (element.parentNode) takeOut(element);
  const indent = `\n${STEP.repeat(depth(parent) + 1)}`;
  const space = parent.ownerDocument.createTextNode(indent);
  if (last) last.after(space, element);
  else if (parent.childNodes.length) parent.prepend(space, element);
  else parent.append(space, element, `\n${STEP.repeat(depth(parent))}`);
}

/** Put an element behind all others. */
export function append(parent, element) {
  const last = parent.lastElementChild;
  putAfter(parent, element, last);
}

function isSpace(node) {
  return Boolean(node && node.nodeType === TEXT && !node.data.trim());
}

function depth(element) {
  let count = 0;
  for (let one = element.parentElement; one; one = one.parentElement) count += 1;
  return count;
}
