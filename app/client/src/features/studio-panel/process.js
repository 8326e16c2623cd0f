// The process itself: its number, title, ways to start, the vendor's limit, what lists show of a case.
import { attribute, listOf, objectOf, property, setAttribute, setOn, setPlain, setProperty } from "../studio-element/index.js";
import { chips } from "./chips.js";
import { button, field, h, textInput } from "./parts.js";
import { section } from "./section.js";

/** Ask about the process as a whole. */
export function processSections(panel) {
  return [caseSection(panel), startersSection(panel), startsSection(panel), summarySection(panel), handlingSection(panel), aboutSection(panel)];
}

function own(panel, name, more = {}) {
  const write = (text) => setProperty(panel.studio, panel.element, name, text.trim());
  return textInput({ key: name, value: property(panel.element, name), write, ...more });
}

function caseSection(panel) {
  const { say } = panel;
  const body = () => [
    field(say("number"), own(panel, "number", { className: "gj-in gj-mono", placeholder: "RW" }), { hint: say("numberHint") }),
    field(say("title"), own(panel, "title", { placeholder: "${title}" }), { hint: say("titleHint") }),
  ];
  return section({ title: say("cases"), body, about: ["attribute-value"] });
}

function startersSection(panel) {
  const { studio, element, say, choices } = panel;
  const body = () => {
    const chosen = listOf(attribute(element, "candidateStarterGroups"));
    const write = (codes) => setAttribute(studio, element, "candidateStarterGroups", codes.join(","));
    const words = { add: say("add"), search: say("search"), none: say("nothing"), remove: say("remove") };
    return [chips({ key: "starters", chosen, options: choices.roles, words, write }), h("p", { className: "gj-panel-hint" }, say("startersHint"))];
  };
  return section({ title: say("starters"), body });
}

// each way to start: code, name, English name, roles
function startsSection(panel) {
  const state = {};
  const one = section({ title: panel.say("starts"), about: ["role-unknown"], folded: true, body: () => starts(panel, state) });
  state.redraw = () => one.draw(true);
  return one;
}

function starts(panel, state) {
  const { say } = panel;
  const list = readStarts(panel);
  const save = (changed) => {
    setProperty(panel.studio, panel.element, "starts", changed.map((one) => one.join(":")).join("|"));
    state.redraw();
  };
  const add = button(say("addStart"), () => save([...readStarts(panel), [freeCode(list), say("newStart"), "", ""]]), { key: "start-add", kind: "gj-panel-chip is-add" });
  return [h("p", { className: "gj-panel-hint" }, say("startsHint")), ...list.map((one, at) => start(panel, one, at, save)), add];
}

function start(panel, [code, name, english, roles], at, save) {
  const { say, choices } = panel;
  const change = (part, text) => {
    const list = readStarts(panel);
    list[at][part] = text.replace(/[:|]/g, " ").trim();
    setProperty(panel.studio, panel.element, "starts", list.map((one) => one.join(":")).join("|"));
  };
  const words = { add: say("addRole"), search: say("search"), none: say("nothing"), remove: say("remove") };
  return h(
    "fieldset",
    { className: "gj-panel-inner" },
    h("legend", { className: "gj-sr" }, name),
    field(say("name"), textInput({ key: `start-${at}-name`, value: name, write: (text) => change(1, text) })),
    field(say("nameEn"), textInput({ key: `start-${at}-en`, lang: "en", value: english, write: (text) => change(2, text) })),
    chips({ key: `start-${at}-roles`, chosen: listOf(roles), options: choices.roles, words, write: (codes) => (change(3, codes.join(",")), save(readStarts(panel))) }),
    h("p", { className: "gj-panel-hint" }, say("startCode", { code })),
    button(say("removeStart"), () => save(readStarts(panel).filter((_one, index) => index !== at)), { key: `start-${at}-x`, kind: "is-small is-danger" }),
  );
}

function readStarts(panel) {
  const parts = property(panel.element, "starts").split("|").filter((part) => part.trim());
  return parts.map((part) => [...part.split(":").map((one) => one.trim()), "", "", ""].slice(0, 4));
}

function freeCode(list) {
  const taken = new Set(list.map(([code]) => code));
  let number = 1;
  while (taken.has(`way_${number}`)) number += 1;
  return `way_${number}`;
}

function summarySection(panel) {
  const { studio, element, say, choices } = panel;
  const body = () => {
    const fields = choices.forms.flatMap((form) => form.fields);
    const options = [...new Map(fields.map((one) => [one.code, one])).values()];
    const words = { add: say("add"), search: say("search"), none: say("nothing"), remove: say("remove") };
    const write = (codes) => setProperty(studio, element, "summary.fields", codes.join(","));
    return [chips({ key: "summary", chosen: listOf(property(element, "summary.fields")), options, words, write }), h("p", { className: "gj-panel-hint" }, say("summaryHint"))];
  };
  return section({ title: say("summary"), body });
}

function handlingSection(panel) {
  const { say } = panel;
  const body = () => field(say("handling"), own(panel, "handling", { placeholder: "2 工作日" }), { hidden: true, hint: say("handlingHint") });
  return section({ title: say("handling"), body, about: ["limit"] });
}

function aboutSection(panel) {
  const { studio, element, say } = panel;
  const write = (text) => {
    const object = objectOf(element);
    const old = (object.documentation || [])[0];
    if (old && text) setOn(studio, element, old, { text });
    else setPlain(studio, element, { documentation: text ? [studio.get("moddle").create("bpmn:Documentation", { text })] : [] });
  };
  const body = () => field(say("about"), textInput({ key: "about", lines: 4, value: (objectOf(element).documentation || [])[0]?.text || "", write }), { hidden: true });
  return section({ title: say("about"), body });
}
