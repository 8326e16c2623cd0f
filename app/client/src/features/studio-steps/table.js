// The table itself: drawing, moving from cell to cell, opening an editor.
import { el, icon } from "./dom.js";

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** A grid of rows and columns in `place`; `acts` are what keys and the row menu ask for. */
export class Table {
  constructor(place, { columns, say, readOnly, menu, insert, undo }) {
    Object.assign(this, { place, columns, say, readOnly, menu, insert, undo, rows: [], at: { row: null, column: "name" }, editing: false });
    this.body = el("tbody");
    const heads = ["number", ...columns.map((one) => one.key)].map((key) => el("th", { scope: "col", class: `is-${key}` }, say(key)));
    if (!readOnly) heads.push(el("th", { scope: "col", class: "is-more" }, el("span", { class: "gj-sr" }, say("more"))));
    this.table = el("table", { class: "gj-table gj-steps", role: "grid", "aria-label": say("table"), "aria-readonly": String(readOnly) }, el("thead", {}, el("tr", {}, heads)), this.body);
    place.append(this.table);
    this.table.addEventListener("keydown", (event) => this.press(event));
    this.table.addEventListener("focusin", (event) => this.noteFocus(event.target));
  }

  /** Draw these rows; the cell that had the focus keeps it. */
  show(rows) {
    const focused = this.table.contains(document.activeElement);
    this.rows = rows;
    this.body.replaceChildren(...rows.map((row) => this.line(row)));
    this.mark();
    if (focused) this.focus();
  }

  /** Put the focus on a cell. */
  focus(row = this.at.row, column = this.at.column) {
    this.at = { row, column };
    this.mark();
    this.cell()?.focus();
  }

  /** Edit the cell that has the focus. */
  edit() {
    const row = this.rows.find((one) => one.id === this.at.row);
    const column = this.columns.find((one) => one.key === this.at.column);
    if (this.readOnly || !row || !column?.edits(row)) return;
    this.editing = true;
    const cell = this.cell();
    cell.classList.add("is-editing");
    column.edit(row, cell, (value, move) => this.done(row, column, value, move));
  }

  done(row, column, value, move) {
    this.editing = false;
    if (value === undefined) this.redraw(row.id);
    else column.write(row, value);
    this.changed(value === undefined ? null : `${row.id} ${column.key}`);
    if (move === "on") this.step(0, 1);
    else if (move === "back") this.step(0, -1);
    else if (move !== "away") this.focus();
  }

  redraw(id) {
    const row = this.rows.find((one) => one.id === id);
    const old = this.body.querySelector(`tr[data-id="${CSS.escape(id)}"]`);
    if (row && old) old.replaceWith(this.line(row));
    this.mark();
  }

  line(row) {
    const cells = [el("th", { scope: "row", class: "is-number", role: "rowheader" }, row.number), ...this.columns.map((column) => this.drawn(row, column))];
    if (!this.readOnly) cells.push(el("td", { class: "is-more", "data-column": "more" }, this.menu(row)));
    return el("tr", { "data-id": row.id, class: row.isNew ? "is-new" : null }, cells);
  }

  drawn(row, column) {
    const problems = row.problems[column.key] || [];
    const worst = problems.find((one) => one.severity === "error") || problems[0];
    const editable = !this.readOnly && column.edits(row);
    const kind = worst ? (worst.severity === "error" ? "is-error" : "is-warn") : null;
    const said = problems.map((one) => [one.sentence, one.fix].filter(Boolean).join(" ")).join(" ");
    const shown = column.show(row);
    const cell = el(
      "td",
      { "data-column": column.key, tabindex: "-1", role: "gridcell", class: [`is-${column.key}`, kind].filter(Boolean).join(" "), title: said || null, "aria-readonly": String(!editable), "aria-invalid": worst?.severity === "error" ? "true" : null },
      worst && el("i", { class: "gj-steps-sign", "aria-hidden": "true" }),
      el("span", {}, shown),
      column.key === "name" && row.isNew ? el("span", { class: "gj-mark is-outline gj-steps-new" }, this.say("new")) : null,
      said && worst.severity === "error" ? el("span", { class: "gj-steps-said" }, worst.sentence) : said ? el("span", { class: "gj-sr" }, said) : null,
    );
    if (editable) cell.addEventListener("dblclick", (event) => this.open(row.id, column.key, event));
    if (editable) cell.addEventListener("click", (event) => this.open(row.id, column.key, event));
    return cell;
  }

  open(row, column, event) {
    if (this.editing || event.target.closest("a")) return;
    this.focus(row, column);
    this.edit();
  }

  press(event) {
    if (this.editing) return;
    const { key } = event;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && "zyZY".includes(key)) this.undo(key.toLowerCase() === "y" || event.shiftKey);
    else if (event.altKey && key === "Insert") this.insert(this.at.row);
    else if (event.target.closest(".is-more") && !(key in MOVES)) return;
    else if (key === "Enter" || key === "F2") this.enter(event);
    else if (key in MOVES && !event.target.closest("[role=menu]")) this.step(...MOVES[key]);
    else if (key === "Tab") {
      if (!this.tab(event.shiftKey)) return;
    } else if (key === "Home" || key === "End") this.focus(this.at.row, this.columns.at(key === "Home" ? 0 : -1).key);
    else return;
    event.preventDefault();
  }

  enter(event) {
    const column = this.columns.find((one) => one.key === this.at.column);
    const row = this.rows.find((one) => one.id === this.at.row);
    if (column && row && !column.edits(row)) this.cell().querySelector("a")?.click();
    else if (!event.isComposing) this.edit();
  }

  // Tab goes through the cells like reading; out of the table at its ends
  tab(backwards) {
    const keys = this.keys();
    const flat = this.rows.length * keys.length;
    const next = this.rowNumber() * keys.length + keys.indexOf(this.at.column) + (backwards ? -1 : 1);
    if (next < 0 || next >= flat) return false;
    this.focus(this.rows[Math.floor(next / keys.length)].id, keys[next % keys.length]);
    return true;
  }

  step(down, right) {
    if (right && !down) return void this.tab(right < 0);
    const row = this.rows[Math.min(Math.max(this.rowNumber() + down, 0), this.rows.length - 1)];
    if (row) this.focus(row.id, this.at.column);
    return undefined;
  }

  keys() {
    return [...this.columns.map((one) => one.key), ...(this.readOnly ? [] : ["more"])];
  }

  rowNumber() {
    return Math.max(this.rows.findIndex((one) => one.id === this.at.row), 0);
  }

  cell() {
    const line = this.body.querySelector(`tr[data-id="${CSS.escape(this.at.row || "")}"]`);
    const cell = line?.querySelector(`[data-column="${this.at.column}"]`);
    return cell?.matches(".is-more") ? cell.querySelector("summary") : cell;
  }

  // one cell of the table is in the order of tabs
  mark() {
    if (!this.rows.some((one) => one.id === this.at.row)) this.at.row = this.rows[0]?.id || null;
    for (const one of this.body.querySelectorAll('[tabindex="0"]')) one.tabIndex = -1;
    const cell = this.cell();
    if (cell) cell.tabIndex = 0;
  }

  noteFocus(target) {
    const cell = target.closest("[data-column]");
    if (cell && !this.editing) {
      this.at = { row: cell.closest("tr").dataset.id, column: cell.dataset.column };
      this.mark();
    }
  }

  /** Called after an editor closed, with the id and column that was written, if any. Set by the owner. */
  changed() {}
}

/**
 * Return the menu of a row: a folded list of buttons `[text, icon, act]`; those without an act are left out. `items()`
 * is asked when the menu is opened.
 */
export function rowMenu(label, items) {
  const list = el("div", { class: "gj-pop" });
  const fill = () => list.replaceChildren(...items().filter(([, , act]) => act).map(menuButton));
  const summary = el("summary", { "aria-label": label, title: label, tabindex: "-1", onclick: fill }, icon("grip-vertical"));
  return el("details", { class: "gj-menu gj-steps-menu" }, summary, list);
}

function menuButton([text, name, act]) {
  const press = (event) => {
    event.target.closest("details").open = false;
    act();
  };
  return el("button", { type: "button", onclick: press }, icon(name), text);
}
