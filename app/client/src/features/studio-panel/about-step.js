// The shorter questions about a person's step: where it may go back to, who may not do it, copies, reasons, sides.
import { isHuman, listOf, property, setProperty, stepsBefore, stepsOf } from "../studio-element/index.js";
import { evidenceSection } from "./actions.js";
import { chips } from "./chips.js";
import { field, h, selectInput, textInput, tick } from "./parts.js";
import { bringsCase } from "./brought.js";
import { section } from "./section.js";

const SIDES = ["client", "vendor", "office"];

/** Ask where the step may be sent back to, whose people may not do it, and which actions need material. */
export function peopleListsSections(panel) {
  const back = panel.kind === "UserTask" ? stepList(panel, "back.to", "back", { about: ["back-to"], returns: true }) : null;
  return [back, stepList(panel, "distinct.from", "distinct"), evidenceSection(panel)];
}

/** Ask who gets the case for reading once the step is done. */
export function ccSection(panel) {
  const { studio, element, say, choices } = panel;
  const body = () => {
    const text = property(element, "cc");
    const write = (codes) => setProperty(studio, element, "cc", codes.join(","));
    if (text.includes("{")) return expressionField(panel, "cc", text);
    const words = wordsOfChips(panel);
    return [
      chips({ key: "cc", chosen: listOf(text), options: choices.people, words, write }),
      listOf(text).length ? null : selectInput({ key: "cc-rule", value: "", options: ccRules(panel), empty: say("ccNobody"), "aria-label": say("cc"), write: (value) => setProperty(studio, element, "cc", value) }),
    ];
  };
  return section({ title: say("cc"), body });
}

/** Ask for the rule or clause behind the step. */
export function basisSection(panel) {
  const { studio, element, say } = panel;
  const write = (text) => setProperty(studio, element, "basis", text.trim());
  const body = () => field(say("basis"), textInput({ key: "basis", value: property(element, "basis"), lines: 2, write }), { hidden: true, hint: say("basisHint") });
  return section({ title: say("basis"), body });
}

/** Ask on whose side the step's time counts. */
export function chargeSection(panel) {
  const { studio, element, say } = panel;
  const body = () => sideField(panel, "side", say("side"), say("sideOwn"), (value) => setProperty(studio, element, "side", value));
  return section({ title: say("side"), body });
}

/** Ask what is rarely needed. */
export function moreSection(panel) {
  const { studio, element, say } = panel;
  const set = (name) => (value) => setProperty(studio, element, name, value);
  const body = () => [
    h("p", { className: "gj-panel-label" }, say("shows")),
    chips({ key: "shows", chosen: listOf(property(element, "shows")), options: named(stepsBefore(studio, element).filter(isHuman)), words: wordsOfChips(panel), write: (ids) => set("shows")(ids.join(",")) }),
    sideField(panel, "pauses", say("pauses"), say("pausesNobody"), set("pauses"), true),
    tick({ key: "urgeable", checked: property(element, "urgeable") !== "false", label: say("urgeable"), write: (on) => set("urgeable")(on ? null : "false") }),
    tick({ key: "transfer", checked: property(element, "transfer") !== "false", label: say("transfer"), write: (on) => set("transfer")(on ? null : "false") }),
  ];
  return section({ title: say("more"), body, folded: true, about: ["attribute-value"] });
}

function stepList(panel, name, word, { about = [], returns = false } = {}) {
  const { studio, element, say } = panel;
  const body = () => {
    const before = stepsBefore(studio, element).filter((one) => (returns ? canReturnTo(one, element) : isHuman(one)));
    const chosen = listOf(property(element, name));
    const rest = named(stepsOf(studio)).filter((one) => chosen.includes(one.code));
    const options = [...new Map([...named(before), ...rest].map((one) => [one.code, one])).values()];
    if (!options.length) return h("p", { className: "gj-panel-hint" }, say("noneBefore"));
    const write = (ids) => setProperty(studio, element, name, ids.join(","));
    return [chips({ key: word, chosen, options, words: wordsOfChips(panel), write }), h("p", { className: "gj-panel-hint" }, say(`${word}Hint`))];
  };
  return section({ title: say(word), body, about });
}

// only to steps of people on the same level: the engine cannot step into or out of a sub-process
function canReturnTo(one, element) {
  return one.type === "bpmn:UserTask" && one.businessObject.$parent === element.businessObject.$parent;
}

function sideField(panel, name, label, empty, write, shown = false) {
  const options = SIDES.map((code) => ({ code, name: panel.say(`side.${code}`) }));
  const value = property(panel.element, name);
  return field(label, selectInput({ key: name, value, options, empty, write }), { hidden: !shown });
}

function expressionField(panel, name, text) {
  const write = (typed) => setProperty(panel.studio, panel.element, name, typed.trim());
  const known = ccRules(panel).some((one) => one.code === text);
  if (known) return selectInput({ key: "cc-rule", value: text, options: ccRules(panel), empty: panel.say("ccNobody"), "aria-label": panel.say("cc"), write });
  return field(panel.say("expression"), textInput({ key: name, className: "gj-in gj-mono", value: text, write }));
}

function ccRules(panel) {
  const fields = panel.choices.forms.flatMap((form) => form.fields).filter((one) => one.kind === "person");
  const people = [...new Map(fields.map((one) => [one.code, one])).values()];
  return [
    ...(bringsCase(panel, "requester") ? [{ code: "${case.requester}", name: panel.say("ccRequester") }] : []),
    ...people.map((one) => ({ code: `\${${one.code}}`, name: panel.say("ccField", { field: one.name }) })),
  ];
}

function named(elements) {
  return elements.map((one) => ({ code: one.id, name: one.businessObject.name || one.id }));
}

function wordsOfChips({ say }) {
  return { add: say("add"), search: say("search"), none: say("nothing"), remove: say("remove") };
}
