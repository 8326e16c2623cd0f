// The page of one decision table: the table, what is wrong with it, a row to try it.
import { ask } from "../studio-server/index.js";
import { wordsOf } from "../studio-words/index.js";
import { offerKept, Saver } from "../studio-save/index.js";
import { drawProblems } from "./problems.js";
import { markRows } from "./rows.js";
import { Trial } from "./trial.js";

const WIDE = "(min-width: 1024px)";
const LOOK_MS = 600;

/** Open the page of a table. */
export async function openTableEditor(root) {
  const page = new Page(root, JSON.parse(document.querySelector("script[data-gj-data]").textContent));
  await page.open();
  root.dataset.ready = "true";
}

class Page {
  constructor(root, data) {
    Object.assign(this, { root, data, text: data.text, seen: data.seen });
    this.say = wordsOf("table-editor");
    this.part = (name) => root.querySelector(`[data-${name}]`);
    this.saver = new Saver({ url: data.part, rowVersion: data.row_version, text: data.text });
    this.trial = new Trial(this);
    this.editable = data.open && window.matchMedia(WIDE).matches;
  }

  async open() {
    this.drawSeen();
    await this.draw(this.text);
    if (this.editable) offerKept(this.saver, (text) => this.take(text));
  }

  async draw(text) {
    const { openTables } = await import("./editor.js");
    const canvas = this.part("canvas");
    canvas.replaceChildren();
    try {
      const { manager } = await openTables(canvas, text, this.editable);
      this.manager = manager;
    } catch {
      canvas.replaceChildren(Object.assign(document.createElement("p"), { className: "gj-pad", textContent: this.say("unopened") }));
      return;
    }
    this.choose();
    this.listen();
    this.trial.draw();
    this.mark();
  }

  /** Several tables in one file: let the owner choose. */
  choose() {
    const views = this.manager.getViews();
    const label = this.part("which");
    label.hidden = views.length < 2;
    const box = label.querySelector("select");
    box.replaceChildren(...views.map((view, at) => new Option(view.name || view.id, String(at))));
    box.onchange = async () => {
      await this.manager.open(views[Number(box.value)]);
      this.listen();
      this.trial.draw();
      this.mark();
    };
  }

  listen() {
    const viewer = this.manager.getActiveViewer();
    if (!this.editable || viewer === this.heard) return;
    this.heard = viewer;
    viewer.on("elements.changed", () => this.changed());
    viewer.on("commandStack.changed", () => this.buttons());
    for (const act of ["undo", "redo"]) {
      this.part(act).onclick = () => viewer.get("commandStack")[act]();
    }
    this.buttons();
  }

  buttons() {
    const stack = this.manager.getActiveViewer().get("commandStack");
    this.part("undo").disabled = !stack.canUndo();
    this.part("redo").disabled = !stack.canRedo();
  }

  /** The id of the decision that is shown. */
  get decision() {
    const view = this.manager && this.manager.getActiveView();
    return view ? view.element.id : (this.seen.decisions[0] || {}).id;
  }

  /** What the columns of the shown table are called, by what they look at. */
  labels() {
    const view = this.manager && this.manager.getActiveView();
    const columns = (view && view.element.decisionLogic.input) || [];
    return new Map(columns.map((one) => [(one.inputExpression && one.inputExpression.text) || "", one.label]));
  }

  changed() {
    this.saver.changed(() => this.written());
    window.clearTimeout(this.looking);
    this.looking = window.setTimeout(() => this.look(), LOOK_MS);
  }

  async written() {
    const { xml } = await this.manager.saveXML({ format: true });
    this.text = xml;
    return xml;
  }

  async take(text) {
    this.manager.destroy();
    await this.draw(text);
    this.text = text;
    this.saver.changed(() => text);
    await this.look();
  }

  /** Ask the server what is wrong with the table as it is on the page. */
  async look() {
    const text = await this.written();
    try {
      const seen = await ask(this.data.check, { method: "POST", body: { text } });
      if (text === this.text) this.seen = seen;
      this.drawSeen();
    } catch {
      // the saver tells when the server cannot be reached
    }
  }

  drawSeen() {
    drawProblems(this.part("problems"), this.seen.problems, this.say, (row) => this.show(row));
    this.trial.draw();
    this.mark();
  }

  mark() {
    if (this.manager) markRows(this.part("canvas"), this.ids(), this.seen.problems, this.hits || []);
  }

  /** The ids of the rules in the order of the table. */
  ids() {
    const view = this.manager.getActiveView();
    return ((view && view.element.decisionLogic.rule) || []).map((rule) => rule.id);
  }

  show(row) {
    const cell = this.part("canvas").querySelector(`td[data-row-id="${CSS.escape(this.ids()[row - 1] || "")}"]`);
    if (!cell) return;
    cell.scrollIntoView({ block: "center", inline: "nearest" });
    const target = cell.querySelector("[contenteditable], textarea, .content-editable") || cell;
    cell.click();
    target.focus();
  }
}
