// Steps without a person: what a program does, a decision table, another process, lines of a script.
import { attribute, create, dropExtension, extensionOf, objectOf, putExtension, setAttributes, setOn, setPlain } from "../studio-element/index.js";
import { button, field, h, link, selectInput, textInput } from "./parts.js";
import { section } from "./section.js";

/** Ask what the program does. */
export function topicSection({ studio, element, say, choices }) {
  const body = () => {
    const write = (topic) => setAttributes(studio, element, { type: topic ? "external" : null, topic });
    return field(say("topic"), selectInput({ key: "topic", value: attribute(element, "topic"), options: choices.topics, empty: say("choose"), write }), { hidden: true });
  };
  return section({ title: say("topic"), body, about: ["topic-missing", "topic-unknown"] });
}

/** Ask which table decides. */
export function decisionSection({ studio, element, say, choices, urls }) {
  const table = () => choices.tables.find((one) => one.code === attribute(element, "decisionRef"));
  const body = () => [
    field(say("decision"), selectInput({ key: "decision", value: attribute(element, "decisionRef"), options: choices.tables, empty: say("choose"), write: (code) => setAttributes(studio, element, { decisionRef: code }) }), { hidden: true }),
    choices.tables.length ? null : h("p", { className: "gj-panel-hint" }, say("noTables")),
    field(say("resultVariable"), textInput({ key: "result-variable", className: "gj-in gj-mono", value: attribute(element, "resultVariable"), write: (text) => setAttributes(studio, element, { resultVariable: text.trim() }) }), { hint: say("resultVariableHint") }),
  ];
  const aside = () => (table() ? link(say("openTable"), `${urls.tables}/${encodeURIComponent(table().file)}`) : link(say("newTable"), urls.tables));
  return section({ title: say("decision"), body, aside, about: ["decision-missing", "decision-unknown"] });
}

/** Ask which process is run inside this one. */
export function callSection({ studio, element, say, choices }) {
  const body = () => [
    field(say("called"), selectInput({ key: "called", value: objectOf(element).calledElement || "", options: choices.processes, empty: say("choose"), write: (slug) => setPlain(studio, element, { calledElement: slug || undefined }) }), { hidden: true }),
    h("p", { className: "gj-panel-hint" }, say("calledHint")),
  ];
  return section({ title: say("called"), body, about: ["call", "call-missing", "call-unknown", "call-recursive"] });
}

/** Ask for the lines `name = expression`. */
export function scriptSection({ studio, element, say }) {
  const write = (text) => setPlain(studio, element, { script: text || undefined, scriptFormat: undefined });
  const body = () => field(say("script"), textInput({ key: "script", className: "gj-in gj-mono", spellcheck: false, lines: 6, value: objectOf(element).script || "", write }), { hidden: true, hint: say("scriptHint") });
  return section({ title: say("script"), body, about: ["script", "script-empty"] });
}

/** Ask what the program gets and what is kept of its result. */
export function parametersSection(panel) {
  const state = { grown: null };
  const one = section({ title: panel.say("parameters"), about: ["parameter"], folded: true, body: () => ["inputParameters", "outputParameters"].map((side) => rows(panel, side, state)) });
  state.redraw = () => one.draw(true);
  return one;
}

function rows(panel, side, state) {
  const { say, element } = panel;
  const list = extensionOf(element, "camunda:InputOutput")?.get(side) || [];
  const add = button(say("add"), () => {
    state.grown = side;
    state.redraw();
  }, { key: `${side}-add`, kind: "gj-panel-chip is-add" });
  const shown = list.map((one, index) => row(panel, side, one, index, state));
  if (state.grown === side) shown.push(row(panel, side, { name: "", value: "" }, list.length, state));
  return h("div", { className: "gj-panel-group" }, h("p", { className: "gj-panel-label" }, say(side)), ...shown, add);
}

function row(panel, side, one, index, state) {
  const { say, element } = panel;
  const plain = !one.definition;
  const now = () => (extensionOf(element, "camunda:InputOutput")?.get(side) || [])[index] || one;
  const write = (values) => save(panel, side, index, { name: now().name || "", value: now().value || "", ...values }, state);
  return h(
    "div",
    { className: "gj-panel-row is-parameter" },
    textInput({ key: `${side}-${index}-name`, className: "gj-in gj-mono", "aria-label": say("parameterName"), placeholder: say("parameterName"), value: one.name || "", write: (text) => write({ name: text.trim() }) }),
    plain
      ? textInput({ key: `${side}-${index}-value`, className: "gj-in gj-mono", "aria-label": say("parameterValue"), placeholder: "${…}", value: one.value || "", write: (text) => write({ value: text }) })
      : h("span", { className: "gj-panel-hint" }, say("foreignValue")),
    h("button", { type: "button", className: "gj-panel-cross", "aria-label": say("remove", { name: one.name || "" }), "data-key": `${side}-${index}-x`, onclick: () => save(panel, side, index, null, state) }, "×"),
  );
}

function save(panel, side, index, values, state) {
  const { studio, element } = panel;
  const old = extensionOf(element, "camunda:InputOutput");
  const list = [...(old?.get(side) || [])];
  state.grown = null;
  if (!values && !list[index]) return state.redraw();
  if (values && list[index]) return setOn(studio, element, list[index], { name: values.name, value: values.value });
  const type = side === "inputParameters" ? "camunda:InputParameter" : "camunda:OutputParameter";
  if (values) list.push(create(studio, type, values, old));
  else list.splice(index, 1);
  const other = side === "inputParameters" ? "outputParameters" : "inputParameters";
  if (!list.length && !(old?.get(other) || []).length) dropExtension(studio, element, old);
  else if (old) setOn(studio, element, old, { [side]: list });
  else {
    const made = create(studio, "camunda:InputOutput", { [side]: list });
    for (const one of list) one.$parent = made;
    putExtension(studio, element, made);
  }
  return state.redraw();
}
