// The page of one form or table of a draft: its text, saving, undo and redo, what the server says is wrong.
import { ask } from "../studio-server/index.js";
import { wordsOf } from "../studio-words/index.js";
import { offerKept, Saver } from "../studio-save/index.js";

const WIDE = "(min-width: 1024px)";
const LOOK_MS = 600;

/** Open the page that `root` is, as this kind of page. */
export async function openPart(Page, root) {
  const page = new Page(root, JSON.parse(document.querySelector("script[data-gj-data]").textContent));
  await page.open();
  root.dataset.ready = "true";
}

/**
 * What the pages of forms and of tables have in common. Each of them gives `stack`, the editor's commands;
 * `written()`, the text as it is kept; `put(text)`, which draws another; and `drawSeen()`.
 */
export class DraftPart {
  constructor(root, data, words) {
    Object.assign(this, { root, data, text: data.text, seen: data.seen });
    this.say = wordsOf(words);
    this.saver = new Saver({ url: data.part, rowVersion: data.row_version, text: data.text });
    this.editable = data.open && window.matchMedia(WIDE).matches;
  }

  /** The element of the page with this mark. */
  part(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  /** Say that the text cannot be drawn. */
  unopened() {
    this.part("canvas").replaceChildren(Object.assign(document.createElement("p"), { className: "gj-pad", textContent: this.say("unopened") }));
  }

  /** Let changes be taken back, now that an editor stands. */
  undoable() {
    for (const act of ["undo", "redo"]) this.part(act).onclick = () => this.stack[act]();
    this.buttons();
  }

  buttons() {
    this.part("undo").disabled = !this.stack.canUndo();
    this.part("redo").disabled = !this.stack.canRedo();
  }

  /** The owner changed something: save it, and after a pause ask what is wrong with it. */
  changed() {
    this.saver.changed(() => this.written());
    window.clearTimeout(this.looking);
    this.looking = window.setTimeout(() => this.look(), LOOK_MS);
  }

  /** Offer what an earlier page could not save. */
  offerKept() {
    offerKept(this.saver, (text) => this.take(text));
  }

  async take(text) {
    await this.put(text);
    this.text = text;
    this.saver.changed(() => text);
    await this.look();
  }

  /** Ask the server what is wrong with the text on the page. */
  async look() {
    const text = await this.written();
    try {
      const seen = await ask(this.data.check, { method: "POST", body: { text } });
      if (text === this.text) this.see(seen);
    } catch {
      // the saver tells when the server cannot be reached
    }
  }

  see(seen) {
    this.seen = seen;
    this.drawSeen();
  }
}
