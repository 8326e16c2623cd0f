// Pictures with a caption: a figure holds its pictures and what stands below them, nothing else.
import { mergeAttributes, Node } from "@tiptap/core";
import { NodeSelection, TextSelection } from "@tiptap/pm/state";

/** Say whether an element is a figure as an article has them: pictures first, then at most one caption. */
function isFigure(element) {
  const rest = [...element.children].filter((one) => one.localName !== "figcaption");
  return rest.some((one) => one.matches("img") || one.querySelector("img")) && element.firstElementChild.localName !== "figcaption" ? null : false;
}

/** Return the pictures and the caption of a figure, without what stands around them. */
function partsOf(element) {
  const parts = element.ownerDocument.createElement("figure");
  const [caption] = element.querySelectorAll("figcaption");
  for (const one of element.querySelectorAll("img")) parts.append(one.cloneNode());
  if (caption) parts.append(caption.cloneNode(true));
  return parts;
}

/** Return a caption without paragraphs: it is one line of words. */
function lineOf(element) {
  const line = element.cloneNode(true);
  for (const one of line.querySelectorAll("p,div,h2,h3,h4")) one.replaceWith(...one.childNodes);
  return line;
}

export const Figure = Node.create({
  name: "figure",
  group: "block",
  content: "image+ caption?",
  isolating: true,
  draggable: true,
  parseHTML: () => [{ tag: "figure", getAttrs: isFigure, contentElement: partsOf }],
  renderHTML: ({ HTMLAttributes }) => ["figure", mergeAttributes(HTMLAttributes), 0],
  addKeyboardShortcuts() {
    const drop = () => dropWhole(this.editor);
    return { Backspace: drop, Delete: drop };
  },
});

export const Caption = Node.create({
  name: "caption",
  content: "inline*",
  defining: true,
  parseHTML: () => [{ tag: "figcaption", context: "figure/", contentElement: lineOf }],
  renderHTML: () => ["figcaption", 0],
  addKeyboardShortcuts() {
    return { Enter: () => leave(this.editor) };
  },
});

/** Say which picture or figure the caret is at, and where it begins; null when it is at none. */
function figureAt({ selection }) {
  const { $from, node } = selection;
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    if ($from.node(depth).type.name === "figure") return { node: $from.node(depth), at: $from.before(depth) };
  }
  return node && ["image", "figure"].includes(node.type.name) ? { node, at: selection.from } : null;
}

/** Say whether the caret is at a picture, so that it may have a caption. */
export function canCaption(editor) {
  return Boolean(figureAt(editor.state));
}

/** Say whether the picture at the caret has a caption. */
export function hasCaption(editor) {
  const found = figureAt(editor.state);
  return Boolean(found) && found.node.lastChild !== null && found.node.lastChild.type.name === "caption";
}

/** Go to the caption of the picture at the caret; one without gets an empty one. */
export function writeCaption(editor) {
  const { state, view } = editor;
  const found = figureAt(state);
  if (!found) return;
  const { figure, caption } = state.schema.nodes;
  const { node, at } = found;
  const { tr } = state;
  if (node.type.name === "image") tr.replaceWith(at, at + node.nodeSize, figure.create(null, [node, caption.create()]));
  else if (!hasCaption(editor)) tr.insert(at + node.nodeSize - 1, caption.create());
  const end = at + tr.doc.nodeAt(at).nodeSize - 2;
  view.dispatch(tr.setSelection(TextSelection.create(tr.doc, end)).scrollIntoView());
  view.focus();
}

/** A figure goes with its last picture: a caption alone says nothing. */
function dropWhole({ state, view }) {
  const { selection } = state;
  const figure = selection.$from.parent;
  if (!(selection instanceof NodeSelection) || figure.type.name !== "figure") return false;
  const pictures = figure.content.content.filter((one) => one.type.name === "image");
  if (selection.node.type.name !== "image" || pictures.length > 1) return false;
  view.dispatch(state.tr.delete(selection.$from.before(), selection.$from.after()).scrollIntoView());
  return true;
}

/** Enter in a caption goes on below the figure. */
function leave({ state, view }) {
  const { $from } = state.selection;
  if ($from.parent.type.name !== "caption") return false;
  const after = $from.after($from.depth - 1);
  const { tr } = state;
  tr.insert(after, state.schema.nodes.paragraph.create());
  view.dispatch(tr.setSelection(TextSelection.create(tr.doc, after + 1)).scrollIntoView());
  return true;
}
