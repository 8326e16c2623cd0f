// The buttons above the text. Which ones there are is written in the page; here is what each does.
import { canCaption, hasCaption, writeCaption } from "./figure.js";
import { isAddress } from "./schema.js";

const chain = (editor) => editor.chain().focus();
const ACTS = {
  undo: { run: (e) => chain(e).undo().run(), can: (e) => e.can().undo() },
  redo: { run: (e) => chain(e).redo().run(), can: (e) => e.can().redo() },
  bold: { run: (e) => chain(e).toggleBold().run(), on: (e) => e.isActive("bold") },
  italic: { run: (e) => chain(e).toggleItalic().run(), on: (e) => e.isActive("italic") },
  underline: { run: (e) => chain(e).toggleUnderline().run(), on: (e) => e.isActive("underline") },
  strike: { run: (e) => chain(e).toggleStrike().run(), on: (e) => e.isActive("strike") },
  bullets: { run: (e) => chain(e).toggleBulletList().run(), on: (e) => e.isActive("bulletList") },
  numbers: { run: (e) => chain(e).toggleOrderedList().run(), on: (e) => e.isActive("orderedList") },
  quote: { run: (e) => chain(e).toggleBlockquote().run(), on: (e) => e.isActive("blockquote") },
  left: { run: (e) => chain(e).alignTo(null).run() },
  center: { run: (e) => chain(e).alignTo(aligned(e, "align-center") ? null : "align-center").run(), on: (e) => aligned(e, "align-center") },
  right: { run: (e) => chain(e).alignTo(aligned(e, "align-right") ? null : "align-right").run(), on: (e) => aligned(e, "align-right") },
  justify: { run: (e) => chain(e).alignTo(aligned(e, "align-justify") ? null : "align-justify").run(), on: (e) => aligned(e, "align-justify") },
  indent: { run: (e) => chain(e).indentBy(!e.isActive({ indented: true })).run(), on: (e) => e.isActive({ indented: true }) },
  clear: { run: clear },
  caption: { run: writeCaption, can: canCaption, on: hasCaption },
  table: { run: (e) => chain(e).insertTable({ rows: 3, cols: 3, withHeaderRow: true }).run(), can: (e) => !e.isActive("table") },
  rowAdd: { run: (e) => chain(e).addRowAfter().run(), table: true },
  rowDrop: { run: (e) => chain(e).deleteRow().run(), table: true },
  columnAdd: { run: (e) => chain(e).addColumnAfter().run(), table: true },
  columnDrop: { run: (e) => chain(e).deleteColumn().run(), table: true },
  merge: { run: (e) => chain(e).mergeOrSplit().run(), table: true },
  tableDrop: { run: (e) => chain(e).deleteTable().run(), table: true },
  unlink: { run: (e) => chain(e).extendMarkRange("link").unsetLink().run(), can: (e) => e.isActive("link") },
};

function aligned(editor, name) {
  return editor.isActive({ aligned: name });
}

function clear(editor) {
  chain(editor).unsetAllMarks().clearNodes().alignTo(null).indentBy(false).run();
}

/** Wake the toolbar; `own` adds acts that need the page: `{link, picture}`. */
export function wakeToolbar(bar, editor, own) {
  const acts = { ...ACTS, ...own };
  const buttons = [...bar.querySelectorAll("button[data-act]")];
  const block = bar.querySelector("select[data-block]");
  for (const button of buttons) button.addEventListener("click", () => acts[button.dataset.act].run(editor));
  block.addEventListener("change", () => setBlock(editor, block.value));
  const show = () => {
    block.value = blockOf(editor);
    bar.querySelector("[data-in-table]").hidden = !editor.isActive("table");
    for (const button of buttons) showButton(button, acts[button.dataset.act], editor);
  };
  editor.on("transaction", show);
  show();
  moveByArrows(bar);
}

function showButton(button, act, editor) {
  if (act.on) button.setAttribute("aria-pressed", String(act.on(editor)));
  if (act.can) button.setAttribute("aria-disabled", String(!act.can(editor)));
}

function blockOf(editor) {
  const level = [2, 3, 4].find((one) => editor.isActive("heading", { level: one }));
  return level ? `h${level}` : "p";
}

function setBlock(editor, value) {
  const name = ["align-center", "align-right", "align-justify"].find((one) => aligned(editor, one)) || null;
  const begun = value === "p" ? chain(editor).setParagraph() : chain(editor).setHeading({ level: Number(value.slice(1)) });
  begun.alignTo(name).run();
}

/** One stop for the tab key, arrows within: as screen readers expect of a toolbar. */
function moveByArrows(bar) {
  const controls = () => [...bar.querySelectorAll("button,select")].filter((one) => one.offsetParent);
  const settle = (chosen) => bar.querySelectorAll("button,select").forEach((one) => (one.tabIndex = one === chosen ? 0 : -1));
  settle(controls()[0]);
  bar.addEventListener("focusin", (event) => settle(event.target));
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = controls();
    all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
  });
}

/** The small dialog in which the address of a link is typed. */
export function wakeLink(dialog, editor, say) {
  const [address, problem] = [dialog.querySelector("input"), dialog.querySelector("[data-problem]")];
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const href = completed(address.value.trim());
    if (!isAddress(href)) {
      problem.textContent = say("badLink");
      return;
    }
    dialog.close();
    const { empty } = editor.state.selection;
    if (empty && !editor.isActive("link")) chain(editor).insertContent({ type: "text", text: href, marks: [{ type: "link", attrs: { href } }] }).run();
    else chain(editor).extendMarkRange("link").setLink({ href }).run();
  });
  return () => {
    address.value = editor.getAttributes("link").href || "";
    problem.textContent = "";
    dialog.showModal();
    address.select();
  };
}

function completed(text) {
  if (/^[\w.-]+@[\w-]+\.[\w.-]+$/.test(text)) return `mailto:${text}`;
  return /^[\w-]+(\.[\w-]+)+(\/|$)/.test(text) ? `https://${text}` : text;
}
