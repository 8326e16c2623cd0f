// The page of one decision table: the table, what is wrong with it, a row to try it.
import { DraftPart, openPart } from "../draft-part/index.js";
import { keepMenusOpen } from "./menus.js";
import { drawProblems } from "./problems.js";
import { markRows } from "./rows.js";
import { Trial } from "./trial.js";

/** Open the page of a table. */
export const openTableEditor = (root) => openPart(Page, root);

class Page extends DraftPart {
  constructor(root, data) {
    super(root, data, "table-editor");
    this.trial = new Trial(this);
    keepMenusOpen(this.part("canvas"));
  }

  async open() {
    this.drawSeen();
    await this.draw(this.text);
    if (this.editable) this.offerKept();
  }

  async draw(text) {
    const { openTables } = await import("./editor.js");
    const canvas = this.part("canvas");
    canvas.replaceChildren();
    try {
      const { manager } = await openTables(canvas, text, this.editable);
      this.manager = manager;
    } catch {
      this.unopened();
      return;
    }
    this.choose();
    this.shown();
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
      this.shown();
    };
  }

  /** Another table is shown now. */
  shown() {
    this.listen();
    this.trial.draw();
    this.mark();
  }

  listen() {
    const viewer = this.manager.getActiveViewer();
    if (!this.editable || viewer === this.heard) return;
    this.heard = viewer;
    viewer.on("elements.changed", () => this.changed());
    viewer.on("commandStack.changed", () => this.buttons());
    this.undoable();
  }

  get stack() {
    return this.manager.getActiveViewer().get("commandStack");
  }

  async put(text) {
    if (this.manager) this.manager.destroy();
    await this.draw(text);
  }

  async written() {
    const { xml } = await this.manager.saveXML({ format: true });
    this.text = xml;
    return xml;
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
