// Which step may fill in, only see or not see a field: written into the diagram of the draft.
import { ask, Refused } from "../studio-server/index.js";
import { make } from "./controls.js";

const MODES = ["edit", "read", "hidden"];

/** The table of fields and the steps that use the form. */
export class Rights {
  constructor(page) {
    this.page = page;
    this.root = page.part("rights");
  }

  /** Draw the table anew. */
  draw() {
    const { say, seen } = this.page;
    if (!seen.steps.length || !seen.fields.length) {
      this.root.replaceChildren(make("p", { className: "gj-pad gj-mut", textContent: say(seen.steps.length ? "rights.noFields" : "rights.noSteps") }));
      return;
    }
    const head = make("tr", {}, make("th", { scope: "col", textContent: say("rights.field") }), ...seen.steps.map((step) => this.column(step)));
    const rows = seen.fields.map((field) => this.row(field));
    this.told = make("p", { className: "gj-pad gj-mut", "-role": "status", textContent: say("rights.hint") });
    this.root.replaceChildren(this.told, make("div", { className: "gj-fe-scroll" }, make("table", { className: "gj-table is-tight" }, make("thead", {}, head), make("tbody", {}, ...rows))));
  }

  column(step) {
    const { say, seen } = this.page;
    const all = this.chooser("", say("rights.all", { step: step.name }), [["", say("rights.each")]]);
    all.addEventListener("change", () => this.save(seen.fields.map((field) => ({ step: step.id, key: field.key, mode: all.value }))));
    return make("th", { scope: "col" }, make("span", { textContent: step.name }), all);
  }

  row(field) {
    const cells = this.page.seen.steps.map((step) => {
      const box = this.chooser(field.rights[step.id], this.page.say("rights.cell", { field: field.label, step: step.name }));
      box.addEventListener("change", () => this.save([{ step: step.id, key: field.key, mode: box.value }]));
      return make("td", { className: `is-${field.rights[step.id]}` }, box);
    });
    return make("tr", {}, make("th", { scope: "row" }, make("span", { textContent: field.label }), make("small", { className: "gj-mono", textContent: field.key })), ...cells);
  }

  chooser(mode, label, before = []) {
    const pairs = [...before, ...MODES.map((one) => [one, this.page.say(`rights.${one}`)])];
    return make("select", { className: "gj-in", disabled: !this.page.editable, "-aria-label": label }, ...pairs.map(([value, text]) => make("option", { value, textContent: text, selected: value === mode })));
  }

  async save(changes) {
    const { page } = this;
    await page.saver.flush();
    try {
      const body = { changes, text: page.text, row_version: page.saver.rowVersion };
      const answer = await ask(page.data.rights, { method: "POST", body });
      page.saver.rowVersion = answer.row_version;
      page.preview.outdate();
      page.see(answer);
      this.told.textContent = page.say("rights.saved", { time: answer.saved_at });
    } catch (error) {
      this.draw();
      this.told.textContent = error instanceof Refused && error.message ? error.message : page.say("rights.failed");
    }
  }
}
