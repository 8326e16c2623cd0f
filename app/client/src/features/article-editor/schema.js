// What an article may consist of; the server keeps the same list (app/content/bodies.py).
import { Extension, mergeAttributes } from "@tiptap/core";
import Image from "@tiptap/extension-image";
import { Table, TableCell, TableHeader, TableRow } from "@tiptap/extension-table";
import StarterKit from "@tiptap/starter-kit";
import { Caption, Figure } from "./figure.js";

const ALIGNED = ["align-center", "align-right", "align-justify"];
const INDENT = "indent-2";
const ADDRESS = /^(https?:\/\/[^\s<>"']+|mailto:[^\s<>"']+@[^\s<>"']+|\/(?!\/)[^\s<>"'\\]*)$/i;
export const MEDIA = /^\/content\/media\/[1-9][0-9]*$/;

/** Say whether an address may stand in an article. */
export function isAddress(text) {
  return ADDRESS.test(text);
}

/** Alignment and indent are classes: the pages of the product and of the sites allow no styles. */
const Layout = Extension.create({
  name: "layout",
  addGlobalAttributes() {
    const aligned = {
      default: null,
      parseHTML: (element) => ALIGNED.find((name) => element.classList.contains(name)) || null,
      renderHTML: ({ aligned: name }) => (name ? { class: name } : {}),
    };
    const indented = {
      default: false,
      parseHTML: (element) => element.classList.contains(INDENT),
      renderHTML: ({ indented: on }) => (on ? { class: INDENT } : {}),
    };
    return [
      { types: ["paragraph", "heading", "tableCell", "tableHeader", "figure"], attributes: { aligned } },
      { types: ["paragraph"], attributes: { indented } },
    ];
  },
  addCommands() {
    const set = (values) => ({ commands }) =>
      ["paragraph", "heading"].map((type) => commands.updateAttributes(type, values)).some(Boolean);
    return {
      alignTo: (name) => set({ aligned: name }),
      indentBy: (on) => ({ commands }) => commands.updateAttributes("paragraph", { indented: on }),
    };
  },
  addKeyboardShortcuts() {
    const align = (name) => () => this.editor.commands.alignTo(name);
    return { "Mod-Shift-l": align(null), "Mod-Shift-e": align("align-center"), "Mod-Shift-r": align("align-right"), "Mod-Shift-j": align("align-justify") };
  },
});

const Picture = Image.extend({
  addAttributes() {
    return { src: { default: null }, alt: { default: "" } };
  },
  parseHTML() {
    // a picture still on its way to the library stands in the text with its own bytes
    return [{ tag: "img[src]", getAttrs: (one) => (MEDIA.test(one.getAttribute("src")) || one.src.startsWith("data:image/") || one.src.startsWith("blob:") ? null : false) }];
  },
  renderHTML({ HTMLAttributes }) {
    return ["img", HTMLAttributes];
  },
  addInputRules: () => [],
});

const PlainTable = Table.extend({
  renderHTML: () => ["table", ["tbody", 0]],
});

/** Merged cells keep how far they reach; widths are the site's business. */
function cell(base, tag) {
  return base.extend({
    addAttributes() {
      const { colspan, rowspan } = this.parent();
      return { colspan, rowspan, colwidth: { default: null, parseHTML: () => null, renderHTML: () => ({}) } };
    },
    renderHTML({ HTMLAttributes }) {
      const { colspan, rowspan, ...rest } = HTMLAttributes;
      const spans = Object.fromEntries(Object.entries({ colspan, rowspan }).filter(([, value]) => Number(value) > 1));
      return [tag, mergeAttributes(rest, spans), 0];
    },
  });
}

/** The parts of the editor. */
export function extensions() {
  return [
    StarterKit.configure({
      code: false,
      codeBlock: false,
      horizontalRule: false,
      heading: { levels: [2, 3, 4] },
      dropcursor: { color: false, class: "gj-ae-drop" },
      link: { openOnClick: false, autolink: false, linkOnPaste: false, isAllowedUri: isAddress, HTMLAttributes: { target: null, rel: null, class: null } },
    }),
    Layout,
    Picture,
    Figure,
    Caption,
    PlainTable.configure({ resizable: false, View: null, allowTableNodeSelection: true }),
    TableRow,
    cell(TableHeader, "th"),
    cell(TableCell, "td"),
  ];
}
