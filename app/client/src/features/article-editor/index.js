// The article editor: the text, its fields, saving, pictures, findings, preview.
import { Editor } from "@tiptap/core";
import { Slice } from "@tiptap/pm/model";
import "../polyfills/index.js";
import { offerKept, Saver, wakeFrame } from "../studio-save/index.js";
import { wordsOf } from "../studio-words/index.js";
import { Fields } from "./fields.js";
import { Files } from "./files.js";
import { Findings } from "./findings.js";
import { Library } from "./library.js";
import { cleanPasted } from "./paste.js";
import { Pictures } from "./pictures.js";
import { extensions } from "./schema.js";
import { wakeLink, wakeToolbar } from "./toolbar.js";

const SPACES = /\s/g;

/** Open the editor on its page; without it the page is a plain form. */
export function openArticleEditor(root) {
  const data = JSON.parse(root.querySelector("[data-gj-data]").textContent);
  const say = wordsOf("article-editor");
  const form = root.querySelector("form[data-fields]");
  const note = noteOf(root.querySelector("[data-paste-note]"));
  const page = { data, say, form, note, root };
  page.saver = new Saver({ url: data.draft, rowVersion: data.row_version, text: data.text });
  page.saver.fileName = say("fileName");
  page.files = new Files(root.querySelector("[data-files]"), { files: data.files, say, onChange: () => changed(page) });
  page.fields = new Fields(form, page.files);
  page.editor = editorOf(page, form.elements.body);
  page.pictures = new Pictures(page.editor, { url: data.upload, place: root.querySelector("[data-silent]"), say, tell: note });
  page.findings = new Findings(root.querySelector("[data-findings]"), { editor: page.editor, form, url: data.check, waive: data.waive, say });
  wake(page);
  root.classList.add("is-live");
  root.gjEditor = page.editor;
  wakeFrame();
  offerKept(page.saver, (text) => take(page, text));
  page.pictures.settle();
  count(page);
  page.findings.soon(() => page.fields.text(page.editor.getHTML()));
}

function editorOf(page, area) {
  const place = page.root.querySelector("[data-article-text]");
  const editor = new Editor({
    element: place,
    extensions: extensions(),
    content: area.value,
    injectCSS: false, // the content policy refuses a style element; the page's sheet has the rules
    editorProps: {
      attributes: { class: "gj-article-text", role: "textbox", "aria-multiline": "true", "aria-label": page.say("text"), lang: "zh-CN" },
      transformPastedHTML: (html) => pasted(page, html),
      transformPasted: wholeBlocks,
      handlePaste: (_view, event) => pastedFiles(page, event.clipboardData),
      handleDrop: (view, event, _slice, moved) => !moved && pastedFiles(page, event.dataTransfer, view.posAtCoords({ left: event.clientX, top: event.clientY })),
    },
    onUpdate: () => changed(page),
  });
  area.hidden = true;
  area.disabled = true;
  return editor;
}

function wake(page) {
  const { root, editor, say, data } = page;
  const library = new Library(root.querySelector("dialog[data-library]"), { library: data.library, add: data.upload, say });
  const link = wakeLink(root.querySelector("dialog[data-link]"), editor, say);
  const picture = async () => {
    const media = await library.pick("picture");
    if (media) page.pictures.show(media);
  };
  wakeToolbar(root.querySelector("[data-toolbar]"), editor, { link: { run: link, on: () => editor.isActive("link") }, picture: { run: picture } });
  page.fields.onChange(() => changed(page));
  page.form.addEventListener("submit", (event) => event.preventDefault());
  for (const [name, kind, wanted] of [["attach", "attachment", "file"], ["cover", "cover", "picture"]]) {
    root.querySelector(`[data-${name}]`).addEventListener("click", async () => {
      const media = await library.pick(wanted);
      if (media) page.files.add(media, kind);
    });
  }
  root.querySelector("[data-preview]").addEventListener("click", () => preview(page));
  root.querySelector("[data-preview-close]").addEventListener("click", () => root.querySelector("dialog[data-preview-dialog]").close());
  root.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "k" && editor.isFocused) {
      event.preventDefault();
      link();
    }
  });
}

function changed(page) {
  if (!page.pictures) return; // still opening
  page.pictures.settle();
  count(page);
  page.saver.changed(async () => {
    await page.pictures.settled();
    return page.fields.text(page.editor.getHTML());
  });
  page.findings.soon(() => page.fields.text(page.editor.getHTML()));
}

function take(page, text) {
  page.editor.commands.setContent(page.fields.put(text));
  changed(page);
  return page.saver.flush();
}

function count(page) {
  const words = page.editor.getText({ blockSeparator: "" }).replace(SPACES, "").length;
  page.root.querySelector("[data-count-words]").textContent = page.say("count", { count: words });
}

function pasted(page, html) {
  const { html: cleaned, missing } = cleanPasted(html);
  if (missing.length) page.note(page.say("missing", { count: missing.length, names: missing.slice(0, 5).join("、") }));
  return cleaned;
}

/** Into an empty paragraph whole blocks come: the first keeps its own kind and alignment. */
function wholeBlocks(slice, view) {
  const { $from, empty } = view.state.selection;
  return empty && !$from.parent.content.size && slice.content.childCount > 1 ? new Slice(slice.content, 0, 0) : slice;
}

/** A picture from the clipboard or dragged from a folder; text beside it is the editor's own business. */
function pastedFiles(page, source, dropped) {
  const files = [...((source && source.files) || [])].filter((file) => /^image\/(png|jpeg)$/.test(file.type));
  if (!files.length || source.getData("text/html")) return false;
  page.pictures.insert(files, dropped ? dropped.pos : undefined);
  return true;
}

async function preview(page) {
  const dialog = page.root.querySelector("dialog[data-preview-dialog]");
  dialog.showModal();
  await page.saver.flush();
  dialog.querySelector("iframe").src = page.data.preview;
}

function noteOf(place) {
  const text = place.querySelector("p");
  place.querySelector("button").addEventListener("click", () => (place.hidden = true));
  return (sentence) => {
    text.textContent = sentence;
    place.hidden = false;
  };
}
