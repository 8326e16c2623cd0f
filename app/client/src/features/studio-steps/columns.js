// What each column shows and how its cells are edited.
import { setAttribute, setName, setProperties, setProperty, setWho } from "../studio-element/index.js";
import { el } from "./dom.js";
import { editLists, editMany, editText } from "./editors.js";
import { limitChoices, parseLimit, sayLimit } from "./limits.js";
import { ESCALATIONS, REMINDERS, sayEscalation, sayReminder, sayReports } from "./reports.js";
import { backChoices } from "./rows.js";
import { parseWho, sayWho, whoChoices } from "./who.js";

const DASH = "—";

/** Return the columns: each with key, what a row shows, whether it can be edited, and its editor. */
export function columnsOf(context) {
  return [name, who, limit, form, back, remind, basis].map((make) => make(context));
}

function name({ studio, say }) {
  return {
    key: "name",
    show: (row) => row.step.name || say("unnamed"),
    edits: () => true,
    edit: (row, cell, done) =>
      editText(cell, { text: row.step.name, label: say("name"), placeholder: say("name-new"), parse: (text) => text.trim() || null, problem: say("name-empty") }, done),
    write: (row, text) => setName(studio, row.element, text),
  };
}

function who(context) {
  const { studio, say } = context;
  return {
    key: "who",
    show: (row) => (row.human ? sayWho(row, context) || say("who-none") : say(row.step.type === "BusinessRuleTask" ? "by-rule" : "by-system")),
    edits: (row) => row.human,
    edit: (row, cell, done) => {
      const choices = whoChoices(row, context);
      editText(cell, { text: sayWho(row, context), label: say("who"), choices, parse: (text) => parseWho(text, choices), problem: say("who-unknown"), placeholder: say("who-hint") }, done);
    },
    write: (row, value) => setWho(studio, row.element, value),
  };
}

function limit({ studio, say }) {
  return {
    key: "limit",
    show: (row) => (row.human ? sayLimit(row.step.limit, say) : say("at-once")),
    edits: (row) => row.human,
    edit: (row, cell, done) =>
      editText(cell, { text: sayLimit(row.step.limit, say), label: say("limit"), choices: limitChoices(say), parse: (text) => limitOf(text, say), problem: say("limit-unread") }, done),
    write: (row, text) => setProperty(studio, row.element, "limit", text || null),
  };
}

function limitOf(text, say) {
  const chosen = limitChoices(say).find((one) => one.text === text.trim());
  return chosen ? chosen.value : parseLimit(text);
}

function form(context) {
  const { studio, say, facts } = context;
  const named = (code) => facts.forms.find((one) => one.code === code)?.name || code;
  const choices = () => [
    { value: "", text: say("form-none") },
    ...facts.forms.map((one) => ({ value: one.code, text: one.name, note: one.name === one.code ? "" : one.code })),
    ...(studio.data.urls?.forms ? [{ value: "+", text: say("form-new") }] : []),
  ];
  return {
    key: "form",
    show: (row) => formLink(row, context, named),
    edits: (row) => row.human,
    edit: (row, cell, done) =>
      editText(cell, { text: named(row.step.form), label: say("form"), choices: choices(), parse: (text) => (text.trim() ? choices().find((one) => one.text === text.trim())?.value ?? null : ""), problem: say("form-unknown") }, done),
    write: (row, code) => (code === "+" ? context.leave(studio.data.urls.forms) : setAttribute(studio, row.element, "formRef", code || null)),
  };
}

function formLink({ step, human }, { studio, facts }, named) {
  const code = human ? step.form : step.decision;
  const pattern = human ? studio.data.urls?.form : studio.data.urls?.table;
  if (!code) return DASH;
  const text = human ? named(code) : facts.tables?.find?.((one) => one.code === code)?.name || code;
  return pattern ? el("a", { href: pattern.replace("{name}", encodeURIComponent(code)), tabindex: "-1" }, text) : text;
}

function back({ studio, say, nameOf }) {
  return {
    key: "back",
    show: (row) => row.step.backTo.map(nameOf).join(say("comma")) || DASH,
    edits: (row) => row.step.type === "UserTask",
    edit: (row, cell, done) =>
      editMany(cell, { chosen: row.step.backTo, choices: backChoices(studio, row.element), label: say("back"), empty: say("back-none"), ok: say("ok") }, done),
    write: (row, ids) => setProperty(studio, row.element, "back.to", ids.join(",") || null),
  };
}

function remind({ studio, say }) {
  return {
    key: "remind",
    show: (row) => (row.human && row.step.limit ? sayReports(row.step, say) : DASH),
    edits: (row) => row.human && Boolean(row.step.limit),
    edit: (row, cell, done) => {
      const lists = [
        list("remind", row.step.remind, REMINDERS, sayReminder, say),
        list("escalate", row.step.escalate, ESCALATIONS, sayEscalation, say),
      ];
      editLists(cell, { lists, label: say("remind"), ok: say("ok") }, done);
    },
    write: (row, { remind: percents, escalate }) => setProperties(studio, row.element, { remind: percents || null, escalate: escalate || null }),
  };
}

function list(key, text, usual, inWords, say) {
  const values = usual.includes(text) ? usual : [...usual, text];
  return { key, text, label: say(`${key}-label`), choices: values.map((value) => ({ value, text: inWords(value, say) })) };
}

function basis({ studio, say }) {
  return {
    key: "basis",
    show: (row) => row.step.basis,
    edits: () => true,
    edit: (row, cell, done) => editText(cell, { text: row.step.basis, label: say("basis"), parse: (text) => text.trim(), placeholder: say("basis-hint") }, done),
    write: (row, text) => setProperty(studio, row.element, "basis", text || null),
  };
}
