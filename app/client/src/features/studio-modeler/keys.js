const REFERENCES = new Set(["incoming", "outgoing", "flowNodeRef", "sourceRef", "targetRef", "supportedInterfaceRef"]);

/** Return the children of an element by what tells them apart in every version of the file. */
export function keyed(parent) {
  const found = new Map();
  const seen = new Map();
  for (const child of parent.children) {
    const key = keyOf(child);
    const count = (seen.get(key) || 0) + 1;
    seen.set(key, count);
    found.set(`${key}#${count}`, child);
  }
  return found;
}

/** Return all elements of a document that have an id, by it. */
export function numbered(file) {
  return new Map(Array.from(file.querySelectorAll("[id]"), (element) => [element.getAttribute("id"), element]));
}

function keyOf(element) {
  const own = element.getAttribute("id") || element.getAttribute("bpmnElement") || element.getAttribute("name");
  const said = own || (REFERENCES.has(element.localName) ? element.textContent.trim() : "");
  return `${element.namespaceURI}|${element.localName}|${said}`;
}
