// The rows of a condition on the page: a name that is known here, a comparison that fits it, a value.
import { button, h, selectInput, textInput } from "../studio-panel/parts.js";

const OPERATORS = {
  choice: ["==", "!=", "filled", "empty"],
  yes_no: ["=="],
  number: ["==", "!=", "<", "<=", ">", ">=", "filled", "empty"],
  many: ["contains", "filled", "empty"],
  text: ["==", "!=", "contains", "filled", "empty"],
  thing: ["filled", "empty"],
};
const SORTS = { checkbox: "yes_no", rating: "number", date: "thing", datetime: "thing", time: "thing", rows: "thing", files: "thing", criteria: "thing" };

/** Return the rows as they stand; `save(read, redraw)` gets them changed. */
export function conditionRows({ read, names, say, save }) {
  const known = new Map(names.map((one) => [one.code, one]));
  const change = (at, values, redraw = true) => {
    read.rows[at] = { ...read.rows[at], ...values };
    save(read, redraw);
  };
  const rows = read.rows.map((one, at) => row({ one, at, known, names, say, change, drop: () => save({ ...read, rows: left(read.rows, at) }) }));
  const more = button(say("addRow"), () => save({ ...read, rows: [...read.rows, { name: "", op: "==", value: "" }] }), { key: "row-add", kind: "gj-panel-chip is-add" });
  return h("div", { className: "gj-conditions" }, join(read, say, save), ...rows, more);
}

function left(rows, at) {
  const rest = rows.filter((_one, index) => index !== at);
  return rest.length ? rest : [{ name: "", op: "==", value: "" }];
}

function join(read, say, save) {
  if (read.rows.length < 2) return null;
  const options = ["and", "or"].map((code) => ({ code, name: say(`join.${code}`) }));
  return selectInput({ key: "join", value: read.join, options, "aria-label": say("join"), write: (value) => save({ ...read, join: value }) });
}

function row({ one, at, known, names, say, change, drop }) {
  const what = known.get(one.name);
  const sort = sortOf(what, one);
  const options = names.map((entry) => ({ code: entry.code, name: entry.step ? say("ofStep", { name: entry.name, step: entry.step }) : entry.name }));
  const operators = OPERATORS[sort].includes(one.op) ? OPERATORS[sort] : [...OPERATORS[sort], one.op];
  const pick = (name) => change(at, { name, op: OPERATORS[sortOf(known.get(name), {})][0], value: "" });
  const cross = h("button", { type: "button", className: "gj-panel-cross", "aria-label": say("removeRow"), "data-key": `row-${at}-x`, onclick: drop }, "×");
  return h(
    "div",
    { className: "gj-condition", role: "group", "aria-label": say("rowNumber", { number: at + 1 }) },
    h("div", { className: "gj-panel-row" }, selectInput({ key: `row-${at}-name`, value: one.name, options, empty: one.name ? undefined : say("chooseName"), "aria-label": say("rowName"), write: pick }), cross),
    one.name
      ? h(
          "div",
          { className: "gj-panel-row" },
          selectInput({ key: `row-${at}-op`, value: one.op, options: operators.map((code) => ({ code, name: say(`op.${code}`) })), "aria-label": say("rowOp"), write: (op) => change(at, { op }) }),
          one.op === "empty" || one.op === "filled" ? null : valueInput({ one, at, what, sort, say, change }),
        )
      : null,
  );
}

function valueInput({ one, at, what, sort, say, change }) {
  const key = `row-${at}-value`;
  const label = { "aria-label": say("rowValue") };
  if (sort === "yes_no") {
    const options = ["true", "false"].map((code) => ({ code, name: say(code) }));
    return selectInput({ key, value: String(one.value), options, empty: one.value === "" ? say("choose") : undefined, ...label, write: (text) => change(at, { value: text === "true" }) });
  }
  if (what?.choices.length && typeof one.value !== "boolean") {
    const write = (text) => change(at, { value: what.choices.find((choice) => String(choice.code) === text)?.code ?? text });
    return selectInput({ key, value: one.value, options: what.choices, empty: one.value === "" ? say("choose") : undefined, ...label, write });
  }
  const number = sort === "number" || typeof one.value === "number";
  const write = (text) => change(at, { value: number && text.trim() !== "" && !Number.isNaN(Number(text)) ? Number(text) : text }, false);
  return textInput({ key, value: String(one.value), ...(number ? { type: "number", step: "any" } : {}), ...label, write });
}

function sortOf(what, { value } = {}) {
  if (!what) return typeof value === "boolean" ? "yes_no" : "text";
  if (what.many) return "many";
  if (what.choices.length && what.choices.every((one) => typeof one.code === "boolean")) return "yes_no";
  if (what.choices.length) return "choice";
  if (typeof value === "boolean") return "yes_no";
  const sort = SORTS[what.kind] || what.kind;
  return OPERATORS[sort] ? sort : ["person", "unit", "vendor", "site", "category"].includes(what.kind) ? "thing" : "text";
}
