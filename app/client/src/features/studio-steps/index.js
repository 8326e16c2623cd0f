// The steps of a draft as a table: the same diagram, edited cell by cell.
import "./steps.css";
import { readStep } from "../studio-element/index.js";
import { wordsOf } from "../studio-words/index.js";
import { columnsOf } from "./columns.js";
import { el, icon } from "./dom.js";
import { insertOn, neighbour, placesAfter, removable, removeStep, swap } from "./insert.js";
import { rowsOf } from "./rows.js";
import { Table, rowMenu } from "./table.js";

const NOTHING = { people: [], roles: [], units: [], posts: [], forms: [], tables: [] };

/** Draw the table of steps of the studio's draft in `node`, and keep it in step with the diagram. */
export function mountSteps(studio, node) {
  const steps = new Steps(studio, node);
  steps.learn();
  studio.onChange(() => steps.draw());
  document.addEventListener("gj:view", () => steps.stale && steps.draw());
  document.addEventListener("gj:checked", () => {
    steps.mended.clear();
    steps.draw();
  });
}

class Steps {
  constructor(studio, node) {
    const page = JSON.parse(document.querySelector("script[data-studio-steps]").textContent);
    const say = wordsOf("steps");
    const leave = (url) => studio.saver.flush().then(() => window.location.assign(url));
    Object.assign(this, { studio, page, say, base: page.base && new Set(page.base), mended: new Set() });
    this.context = { studio, say, leave, facts: { ...NOTHING }, nameOf: (id) => this.nameOf(id) };
    this.node = node;
    this.place = el("div", { class: "gj-steps-scroll" });
    node.classList.add("gj-steps-work");
    node.append(this.note(), this.place, this.foot());
    this.table = new Table(this.place, {
      columns: columnsOf(this.context),
      say,
      readOnly: studio.readOnly,
      menu: (row) => this.menu(row),
      insert: (id) => this.insertAfter(id),
      undo: (again) => this.studio.get("commandStack")[again ? "redo" : "undo"](),
    });
    this.table.changed = (written) => {
      if (written) this.mended.add(written);
      this.draw();
    };
  }

  /** Learn who and what can be chosen, which the page has mostly asked already, and draw; if need be without. */
  async learn() {
    const found = await this.studio.choices().catch(() => ({}));
    Object.assign(this.context.facts, found);
    this.draw();
  }

  /** Draw the rows, if anybody can see them; else when somebody comes to look. */
  draw() {
    this.stale = this.node.hidden;
    if (this.stale || this.table.editing) return;
    this.rows = rowsOf(this.studio, this.base, (id, column) => this.mended.has(`${id} ${column}`));
    this.context.facts.steps = this.rows.map((row) => ({ code: row.id, name: row.step.name || row.id }));
    this.table.show(this.rows);
  }

  insertAfter(id) {
    const row = this.rows.find((one) => one.id === id);
    const [place] = row ? placesAfter(row.element) : [];
    if (place) this.insert(place.flow);
  }

  insert(flow) {
    const made = insertOn(this.studio, flow, this.say("name-new"));
    this.draw();
    this.table.focus(made.id, "name");
    this.table.edit();
  }

  menu(row) {
    const { say, studio } = this;
    const again = (act) => () => {
      act();
      this.draw();
      this.table.focus(row.id, "name");
    };
    const places = () => placesAfter(row.element).map(({ flow, text }) => [text ? say("insert-way", { way: text }) : say("insert"), "plus", () => this.insert(flow)]);
    return rowMenu(say("more-of", { name: row.step.name }), () => [
      ...places(),
      [say("up"), "arrow-up", neighbour(row.element, false) && again(() => swap(studio, row.element, false))],
      [say("down"), "arrow-down", neighbour(row.element, true) && again(() => swap(studio, row.element, true))],
      [say("see"), "sitemap", () => this.see(row)],
      [say("remove"), "trash", removable(row.element) && (() => this.remove(row))],
    ]);
  }

  see(row) {
    document.querySelector('[data-draft-tab="draft"]').click();
    this.studio.select(row.id);
  }

  remove(row) {
    const number = this.rows.indexOf(row);
    removeStep(this.studio, row.element);
    this.draw();
    this.table.focus(this.rows[Math.min(number, this.rows.length - 1)]?.id, "name");
  }

  nameOf(id) {
    const element = this.studio.get("elementRegistry").get(id);
    return (element && readStep(element).name) || id;
  }

  note() {
    return el("p", { class: "gj-note is-info" }, icon("info-circle"), el("span", {}, this.say("same")));
  }

  foot() {
    const { say } = this;
    const key = (...texts) => texts.map((text) => el("kbd", { class: "gj-key" }, text));
    const hints = [[key("Tab"), say("key-tab")], [key("Enter"), say("key-enter")], [key("Alt", "Insert"), say("insert")], [key("Ctrl", "Z"), say("key-undo")]];
    const shown = this.studio.readOnly ? [] : hints.map(([keys, text]) => el("span", {}, keys, " ", text));
    const print = el("a", { href: this.page.print }, say("print"));
    print.addEventListener("click", (event) => {
      event.preventDefault();
      this.context.leave(this.page.print);
    });
    return el("div", { class: "gj-steps-foot" }, shown, el("span", { class: "gj-push" }), print);
  }
}
