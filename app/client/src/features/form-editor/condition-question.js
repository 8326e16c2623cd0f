// When the selected field is shown: rows to choose from, or the formula that hides it.
import { readCondition, writeCondition } from "./conditions.js";
import { afterPause, choice, make, pressed, question, textBox } from "./controls.js";
import { KEYED, hasOptions } from "./fields.js";

const OPERATORS = { number: ["=", "!=", ">", ">=", "<", "<="], text: ["=", "!="], flag: ["="], list: ["has"] };

/** Return the question 什么时候显示 of the selected field. */
export function conditionQuestion(panel) {
  const hide = (panel.field.conditional || {}).hide || "";
  const condition = readCondition(hide);
  const section = question(panel.say("q.condition"));
  if (condition) section.append(...builder(panel, condition, section));
  else section.append(formula(panel, hide));
  return section;
}

function save(panel, hide) {
  const { hide: _old, ...rest } = panel.field.conditional || {};
  const conditional = hide ? { ...rest, hide } : rest;
  panel.edit({ conditional: Object.keys(conditional).length ? conditional : undefined });
}

function formula(panel, hide) {
  return textBox(panel.say("condition.formula"), hide, (text) => save(panel, text && !text.startsWith("=") ? `=${text}` : text), { long: true, mono: true, hint: panel.say("condition.formulaHint") });
}

function builder(panel, condition, section) {
  const { say } = panel;
  const again = () => {
    save(panel, writeCondition(condition));
    section.replaceChildren(make("h3", { textContent: say("q.condition") }), ...builder(panel, condition, section));
  };
  const rows = condition.rows.map((row, at) => draw(panel, condition, row, at, again));
  const shown = condition.rows.length ? [] : [make("p", { className: "gj-mut", textContent: say("condition.always") })];
  if (condition.rows.length > 1) shown.push(choice(say("condition.joined"), condition.joined, [["and", say("condition.and")], ["or", say("condition.or")]], (joined) => { condition.joined = joined; again(); }));
  const add = pressed(say("condition.add"), () => {
    const [first] = others(panel);
    if (!first) return;
    condition.rows.push(begun(first));
    again();
  });
  const write = pressed(say("condition.write"), () => section.replaceChildren(make("h3", { textContent: say("q.condition") }), formula(panel, writeCondition(condition))), { quiet: true });
  return [...shown, ...rows, make("div", { className: "gj-buttons" }, ...(others(panel).length ? [add] : []), write)];
}

/** The fields whose answers may decide: those of the same form, not the field itself. */
function others(panel) {
  return panel.editor.get("formFieldRegistry").getAll().filter((one) => one.id !== panel.id && KEYED.has(one.type) && one.key);
}

function kindOf(field) {
  if (field.type === "number" || field.type === "expression") return "number";
  if (field.type === "checkbox") return "flag";
  return ["checklist", "taglist", "filepicker"].includes(field.type) ? "list" : "text";
}

function begun(field) {
  const kind = kindOf(field);
  const first = hasOptions(field) && field.values && field.values[0];
  return { key: field.key, operator: OPERATORS[kind][0], kind: kind === "list" ? "text" : kind, value: kind === "flag" ? "true" : first ? String(first.value) : "" };
}

function draw(panel, condition, row, at, again) {
  const { say } = panel;
  const fields = others(panel);
  const field = fields.find((one) => one.key === row.key);
  const label = (one) => one.label || one.dateLabel || one.key;
  const pairs = fields.map((one) => [one.key, label(one)]);
  if (!field) pairs.push([row.key, row.key]);
  const which = choice(say("condition.field"), row.key, pairs, (key) => { condition.rows[at] = begun(fields.find((one) => one.key === key)); again(); });
  const kind = field ? kindOf(field) : row.operator === "has" ? "list" : row.kind;
  const how = choice(say("condition.how"), row.operator, OPERATORS[kind].map((one) => [one, say(`operator.${one}`)]), (operator) => { row.operator = operator; again(); });
  const drop = pressed("×", () => { condition.rows.splice(at, 1); again(); }, { name: say("condition.drop", { number: at + 1 }), quiet: true });
  return make("div", { className: "gj-fe-condition" }, which, how, valueBox(panel, row, field, kind, again), drop);
}

function valueBox(panel, row, field, kind, again) {
  const { say } = panel;
  const change = (value) => { row.value = value; again(); };
  if (kind === "flag") return choice(say("condition.value"), row.value, [["true", say("yes")], ["false", say("no")]], change);
  if (field && hasOptions(field) && field.values) return choice(say("condition.value"), row.value, field.values.map((one) => [String(one.value), one.label || String(one.value)]), change);
  const box = make("input", { className: "gj-in", value: row.value, "-aria-label": say("condition.value") });
  afterPause(box, () => { if (kind !== "number" || /^-?\d+(\.\d+)?$/.test(box.value.trim())) change(box.value.trim()); });
  return make("div", { className: "gj-fe-control" }, make("label", { textContent: say("condition.value") }), box);
}
