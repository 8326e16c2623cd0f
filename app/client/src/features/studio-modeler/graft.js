// Puts into a file only what was edited. The modeler writes a whole new file and leaves out what it does not know:
// comments, foreign elements in places of their own, the way names were written. So its text before the edits is
// compared with its text after them, and only the differences go into the file as it came.
import { fingerprints } from "./fingerprints.js";
import { append, imported, parse, putAfter, takeOut, write } from "./tree.js";
import { keyed, numbered } from "./keys.js";

/** Grafts the difference of two exports onto the text that was imported. */
export class Graft {
  constructor(original, before) {
    this.text = original;
    this.original = parse(original);
    this.before = parse(before);
    this.print = fingerprints();
  }

  /** Return the original text with what differs between the first export and `after`. */
  onto(after) {
    const now = parse(after);
    if (this.same(this.before.documentElement, now.documentElement)) return this.text;
    this.result = this.original.cloneNode(true);
    this.here = numbered(this.result);
    this.once = numbered(this.before);
    this.element(this.result.documentElement, this.before.documentElement, now.documentElement);
    return write(this.result, this.text);
  }

  same(first, second) {
    return this.print(first) === this.print(second);
  }

  element(mine, before, after) {
    if (this.same(before, after)) return;
    attributes(mine, before, after);
    const leaf = !before.children.length && !after.children.length && !mine.children.length;
    if (leaf) text(mine, before, after);
    else this.children(mine, keyed(mine), keyed(before), keyed(after));
  }

  children(parent, mine, before, after) {
    for (const [key, node] of mine) {
      if (before.has(key) && !after.has(key) && node.parentNode === parent) takeOut(node);
    }
    const moved = isReordered(before, after);
    let last = null;
    for (const [key, node] of after) {
      const own = mine.get(key);
      const kept = own && own.parentNode === parent && before.has(key);
      if (!own && (isIdle(node) || this.wasNot(before.get(key), node))) continue;
      if (kept) this.element(own, before.get(key), node);
      const placed = kept ? own : this.brought(node);
      if (!kept || moved) putAfter(parent, placed, last);
      last = placed;
    }
  }

  /** Say whether the modeler itself wrote this into its first export: the file never had it. */
  wasNot(before, after) {
    return before !== undefined && this.same(before, after);
  }

  /** Return an element that comes to a new place: as the file has it if it had it elsewhere, else a new one. */
  brought(after) {
    const id = after.getAttribute("id");
    const mine = id && this.here.get(id);
    const before = id && this.once.get(id);
    if (!mine || !before || before.localName !== after.localName || mine.localName !== after.localName) return imported(this.result, after);
    takeOut(mine);
    this.element(mine, before, after);
    return mine;
  }
}

/** Add the drawn positions of a laid-out text to a file that has none. */
export function withPositions(text, laidOut) {
  const file = parse(text);
  for (const diagram of parse(laidOut).getElementsByTagNameNS("http://www.omg.org/spec/BPMN/20100524/DI", "BPMNDiagram")) {
    append(file.documentElement, imported(file, diagram));
  }
  return write(file, text);
}

function attributes(mine, before, after) {
  for (const { namespaceURI, localName, name, value } of after.attributes) {
    if (before.getAttributeNS(namespaceURI, localName) !== value) mine.setAttributeNS(namespaceURI, name, value);
  }
  for (const { namespaceURI, localName } of before.attributes) {
    if (!after.hasAttributeNS(namespaceURI, localName)) mine.removeAttributeNS(namespaceURI, localName);
  }
}

function text(mine, before, after) {
  if (before.textContent !== after.textContent) mine.textContent = after.textContent;
}

/** Say whether an element says nothing: the modeler adds such labels on the way. */
function isIdle(element) {
  return element.localName === "BPMNLabel" && !element.children.length && !element.attributes.length;
}

function isReordered(before, after) {
  const common = [...before.keys()].filter((key) => after.has(key));
  const wanted = [...after.keys()].filter((key) => before.has(key));
  return common.some((key, place) => key !== wanted[place]);
}
