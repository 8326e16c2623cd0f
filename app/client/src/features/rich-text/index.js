// A text area that holds formatted text becomes an editor; the form posts what the text area holds, as without it.
import { Editor } from "@tiptap/core";
import "../polyfills/index.js";
import { extensions } from "../article-editor/schema.js";
import { wakeToolbar } from "../article-editor/toolbar.js";

// what the server keeps (app/formkit/richtext.py): no pictures, no tables
const KEPT = ["starterKit", "layout"];

/** Put an editor in the place of the text area of each `[data-rich-text]`. */
export function openRichTexts(root = document) {
  for (const place of root.querySelectorAll("[data-rich-text]")) open(place);
}

function open(place) {
  const area = place.querySelector("textarea");
  const box = document.createElement("div");
  box.className = "gj-rich-text";
  area.before(box);
  const editor = new Editor({
    element: box,
    extensions: extensions().filter((one) => KEPT.includes(one.name)),
    content: area.value,
    injectCSS: false,
    editorProps: { attributes: attributesOf(place, area) },
    onUpdate: () => write(area, editor),
  });
  area.hidden = true;
  const bar = place.querySelector("[data-toolbar]");
  bar.hidden = false;
  wakeToolbar(bar, editor, {});
  place.querySelector("label").addEventListener("click", () => editor.commands.focus());
}

function attributesOf(place, area) {
  const described = area.getAttribute("aria-describedby");
  return {
    class: "gj-article-text gj-plan-text",
    role: "textbox",
    "aria-multiline": "true",
    "aria-label": place.querySelector("label").textContent.trim(),
    lang: "zh-CN",
    ...(described ? { "aria-describedby": described, "aria-invalid": "true" } : {}),
  };
}

function write(area, editor) {
  area.value = editor.isEmpty ? "" : editor.getHTML();
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
