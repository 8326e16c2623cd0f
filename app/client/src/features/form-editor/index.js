// The page of one form: design, preview, rights of the steps, where fields are used.
import { ask } from "../studio-server/index.js";
import { wordsOf } from "../studio-words/index.js";
import { offerKept, Saver } from "../studio-save/index.js";
import { Preview } from "./preview.js";
import { drawProblems } from "./problems.js";
import { Rights } from "./rights.js";
import { drawUses } from "./uses.js";

const WIDE = "(min-width: 1024px)";
const LOOK_MS = 600;

/** Open the page of a form. */
export async function openFormEditor(root) {
  const page = new Page(root, JSON.parse(document.querySelector("script[data-gj-data]").textContent));
  await page.open();
  root.dataset.ready = "true";
}

class Page {
  constructor(root, data) {
    Object.assign(this, { root, data, text: data.text, seen: data.seen });
    this.say = wordsOf("form-editor");
    this.part = (name) => root.querySelector(`[data-${name}]`);
    this.saver = new Saver({ url: data.part, rowVersion: data.row_version, text: data.text });
    this.preview = new Preview(this.part("preview"), () => this.text);
    this.rights = new Rights(this);
    root.querySelectorAll("[data-view]").forEach((tab) => tab.addEventListener("click", () => this.show(tab.dataset.view)));
  }

  async open() {
    this.editable = this.data.open && window.matchMedia(WIDE).matches;
    this.drawSeen();
    if (!this.editable) return this.onlyShow();
    await this.design();
    if (offerKept(this.saver, (text) => this.take(text))) return undefined;
    return undefined;
  }

  /** Too narrow to edit, or sent to be published: the form is shown as it will be. */
  onlyShow() {
    this.root.querySelectorAll('[data-view="design"], [data-undo], [data-redo]').forEach((node) => (node.hidden = true));
    this.show("preview");
  }

  async design() {
    const { openEditor } = await import("./editor.js");
    const { Properties } = await import("./properties.js");
    try {
      this.schema = JSON.parse(this.text);
      this.editor = await openEditor(this.part("canvas"), this.part("palette"), this.schema, this.say);
    } catch {
      this.part("canvas").replaceChildren(Object.assign(document.createElement("p"), { className: "gj-pad", textContent: this.say("unopened") }));
      return;
    }
    this.properties = new Properties(this.part("properties"), this.editor, this.say, () => this.seen.problems);
    this.editor.on("commandStack.changed", () => this.changed());
    for (const act of ["undo", "redo"]) {
      this.part(act).addEventListener("click", () => this.editor.get("commandStack")[act]());
    }
    this.buttons();
  }

  /** Put a text on the page that an earlier page could not save. */
  async take(text) {
    this.text = text;
    if (this.editor) await this.editor.importSchema(JSON.parse(text));
    this.saver.changed(() => text);
    await this.look();
  }

  changed() {
    this.text = this.written();
    const text = this.text;
    this.saver.changed(() => text);
    this.buttons();
    window.clearTimeout(this.looking);
    this.looking = window.setTimeout(() => this.look(), LOOK_MS);
  }

  /** The form as it is kept: what the editor adds to every file is left out. */
  written() {
    const { schemaVersion: _version, exporter: _exporter, ...schema } = this.editor.getSchema();
    const known = "schemaVersion" in this.schema ? { schemaVersion: this.schema.schemaVersion } : {};
    return `${JSON.stringify({ ...known, ...schema }, null, 2)}\n`;
  }

  buttons() {
    const stack = this.editor.get("commandStack");
    this.part("undo").disabled = !stack.canUndo();
    this.part("redo").disabled = !stack.canRedo();
  }

  /** Ask the server what is wrong with the form and where its fields are used. */
  async look() {
    const text = this.text;
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
    if (this.properties && !this.part("properties").contains(document.activeElement)) this.properties.draw();
    if (this.view === "preview") this.preview.draw();
  }

  drawSeen() {
    drawProblems(this.part("problems"), this.seen.problems, this.say, (component) => this.select(component));
    this.rights.draw();
    drawUses(this.part("uses"), this.seen.fields, this.say);
  }

  select(component) {
    const field = this.editor && this.editor.get("formFieldRegistry").get(component);
    if (!field) return;
    this.show("design");
    this.editor.get("selection").set(field);
    this.properties.draw();
  }

  show(view) {
    this.view = view;
    for (const tab of this.root.querySelectorAll("[data-view]")) {
      const on = tab.dataset.view === view;
      tab.classList.toggle("is-on", on);
      tab.setAttribute("aria-selected", String(on));
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !on;
    }
    if (view === "preview") this.preview.draw();
  }
}
