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
