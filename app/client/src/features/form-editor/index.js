// The page of one form: design, preview, rights of the steps, where fields are used.
import { DraftPart, openPart } from "../draft-part/index.js";
import { Preview } from "./preview.js";
import { drawProblems } from "./problems.js";
import { Rights } from "./rights.js";
import { drawUses } from "./uses.js";

/** Open the page of a form. */
export const openFormEditor = (root) => openPart(Page, root);

class Page extends DraftPart {
  constructor(root, data) {
    super(root, data, "form-editor");
    this.preview = new Preview(this.part("preview"), () => this.text);
    this.rights = new Rights(this);
    root.querySelectorAll("[data-view]").forEach((tab) => tab.addEventListener("click", () => this.show(tab.dataset.view)));
  }

  async open() {
    this.drawSeen();
    if (!this.editable) return this.onlyShow();
    await this.design();
    this.offerKept();
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
      this.unopened();
      return;
    }
    this.properties = new Properties(this.part("properties"), this.editor, this.say, () => this.seen.problems);
    this.editor.on("commandStack.changed", () => this.changed());
    this.undoable();
  }

  get stack() {
    return this.editor.get("commandStack");
  }

  async put(text) {
    if (this.editor) await this.editor.importSchema(JSON.parse(text));
  }

  changed() {
    this.text = this.schemaText();
    super.changed();
    this.buttons();
  }

  written() {
    return this.text;
  }

  /** The form as it is kept: what the editor adds to every file is left out. */
  schemaText() {
    const { schemaVersion: _version, exporter: _exporter, ...schema } = this.editor.getSchema();
    const known = "schemaVersion" in this.schema ? { schemaVersion: this.schema.schemaVersion } : {};
    return `${JSON.stringify({ ...known, ...schema }, null, 2)}\n`;
  }

  see(seen) {
    super.see(seen);
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
