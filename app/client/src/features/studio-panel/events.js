// Events: when a timer is due, what a message, signal, error or escalation is called, how a case ends.
import { create, eventOf, isA, objectOf, property, setOn, setProperty, stepsOf, together } from "../studio-element/index.js";
import { field, freshId, h, selectInput, textInput } from "./parts.js";
import { section } from "./section.js";

const ABOUT = ["timer", "due-unknown", "message-missing", "message-name", "link", "reference", "uncaught"];
const NAMED = {
  "bpmn:MessageEventDefinition": ["messageRef", "bpmn:Message", "name"],
  "bpmn:SignalEventDefinition": ["signalRef", "bpmn:Signal", "name"],
  "bpmn:ErrorEventDefinition": ["errorRef", "bpmn:Error", "errorCode"],
  "bpmn:EscalationEventDefinition": ["escalationRef", "bpmn:Escalation", "escalationCode"],
};
const TIMERS = { duration: "timeDuration", date: "timeDate", cycle: "timeCycle" };
const UNITS = { 分钟: "M", 小时: "H", 天: "D" };
const SIMPLE = /^P(?:T(\d+)([HM])|(\d+)(D))$/;

/** Ask what belongs to this kind of event. */
export function eventSections(panel) {
  const holder = panel.kind === "ReceiveTask" ? objectOf(panel.element) : eventOf(panel.element);
  const found = [];
  if (holder?.$type === "bpmn:TimerEventDefinition") found.push(timerSection(panel, holder));
  if (NAMED[holder?.$type] || panel.kind === "ReceiveTask") found.push(nameSection(panel, holder));
  if (holder?.$type === "bpmn:LinkEventDefinition") found.push(linkSection(panel, holder));
  if (holder?.$type === "bpmn:MessageEventDefinition" && isA(panel.element, "CatchEvent") && !isA(panel.element, "StartEvent")) found.push(offerSection(panel));
  if (isA(panel.element, "EndEvent")) found.push(resultSection(panel));
  return found;
}

function timerSection(panel, definition) {
  const state = { unit: null };
  const one = section({ title: panel.say("timer"), about: ABOUT, body: () => timer(panel, definition, state) });
  state.redraw = () => one.draw(true);
  return one;
}

function timer(panel, definition, state) {
  const { say } = panel;
  const kind = Object.keys(TIMERS).find((name) => definition[TIMERS[name]]) || "duration";
  const text = definition[TIMERS[kind]]?.body || "";
  const options = Object.keys(TIMERS)
    .filter((name) => name !== "cycle" || name === kind || allowsCycle(panel.element))
    .map((code) => ({ code, name: say(`timer.${code}`) }));
  const choose = (wanted) => (writeTimer(panel, definition, wanted, wanted === "duration" ? "P1D" : ""), state.redraw());
  const rows = [field(say("timer"), selectInput({ key: "timer-kind", value: kind, options, write: choose }), { hidden: true })];
  const simple = text.match(SIMPLE);
  if (kind === "duration" && (simple || !text)) rows.push(simpleRow(panel, definition, simple, state));
  rows.push(field(say("timerText"), textInput({ key: "timer-text", className: "gj-in gj-mono", spellcheck: false, value: text, write: (typed) => writeTimer(panel, definition, kind, typed.trim()) }), { hint: say(`timerHint.${kind}`) }));
  return rows;
}

function simpleRow(panel, definition, simple, state) {
  const number = simple?.[1] || simple?.[3] || "";
  const letter = simple?.[2] || simple?.[4] || "D";
  const unit = Object.keys(UNITS).find((name) => UNITS[name] === letter);
  const write = (amount, sign) => Number(amount) > 0 && writeTimer(panel, definition, "duration", sign === "D" ? `P${amount}D` : `PT${amount}${sign}`);
  const options = Object.keys(UNITS).map((code) => ({ code, name: panel.say(`limit.${code}`) }));
  return h(
    "div",
    { className: "gj-panel-row" },
    field(panel.say("limitAmount"), textInput({ key: "timer-amount", type: "number", min: 1, value: number, write: (amount) => write(amount, letter) }), { hidden: true }),
    field(panel.say("limitUnit"), selectInput({ key: "timer-unit", value: unit, options, write: (name) => (write(number || 1, UNITS[name]), state.redraw()) }), { hidden: true }),
  );
}

function writeTimer(panel, definition, kind, text) {
  const { studio, element } = panel;
  const name = TIMERS[kind];
  const old = definition[name];
  if (old && text) return setOn(studio, element, old, { body: text });
  const made = create(studio, "bpmn:FormalExpression", { body: text }, definition);
  const none = Object.fromEntries(Object.values(TIMERS).map((one) => [one, undefined]));
  return setOn(studio, element, definition, { ...none, [name]: made });
}

function allowsCycle(element) {
  const object = objectOf(element);
  return object.$type === "bpmn:BoundaryEvent" && object.cancelActivity === false;
}

// a message or signal is shared by all events of the same name
function nameSection(panel, holder) {
  const [reference, type, key] = NAMED[holder.$type] || NAMED["bpmn:MessageEventDefinition"];
  const word = type.replace("bpmn:", "").toLowerCase();
  const body = () => {
    const names = rootsOf(panel.studio, type).map((one) => one[key] || one.name).filter(Boolean);
    const offered = h("datalist", { id: freshId() }, ...[...new Set(names)].map((name) => h("option", { value: name })));
    const value = holder[reference]?.[key] || holder[reference]?.name || "";
    const input = textInput({ key: "event-name", value, list: offered.id, write: (text) => refer(panel, holder, NAMED[holder.$type] || NAMED["bpmn:MessageEventDefinition"], text.trim()) });
    return [field(panel.say(`event.${word}`), input, { hidden: true, hint: panel.say(`eventHint.${word}`) }), offered];
  };
  return section({ title: panel.say(`event.${word}`), body, about: ABOUT });
}

function refer(panel, holder, [reference, type, key], text) {
  const { studio, element } = panel;
  if (!text) return setOn(studio, element, holder, { [reference]: undefined });
  const known = rootsOf(studio, type).find((one) => (one[key] || one.name) === text);
  if (known) return setOn(studio, element, holder, { [reference]: known });
  const definitions = studio.modeler.getDefinitions();
  const made = create(studio, type, { id: freeId(definitions, type), name: text, ...(key === "name" ? {} : { [key]: text }) }, definitions);
  return together(studio, () => {
    setOn(studio, element, definitions, { rootElements: [...definitions.get("rootElements"), made] });
    setOn(studio, element, holder, { [reference]: made });
  });
}

function rootsOf(studio, type) {
  return studio.modeler.getDefinitions().get("rootElements").filter((one) => one.$type === type);
}

function freeId(definitions, type) {
  const taken = new Set(definitions.get("rootElements").map((one) => one.id));
  const stem = type.replace("bpmn:", "").toLowerCase();
  let number = 1;
  while (taken.has(`${stem}_${number}`)) number += 1;
  return `${stem}_${number}`;
}

function linkSection(panel, definition) {
  const write = (text) => setOn(panel.studio, panel.element, definition, { name: text.trim() || undefined });
  const body = () => field(panel.say("event.link"), textInput({ key: "event-name", value: definition.name || "", write }), { hidden: true, hint: panel.say("eventHint.link") });
  return section({ title: panel.say("event.link"), body, about: ABOUT });
}

function offerSection(panel) {
  const { studio, element, say } = panel;
  const row = (name) => field(say(name), textInput({ key: name, className: "gj-in gj-mono", spellcheck: false, value: property(element, name), write: (text) => setProperty(studio, element, name, text.trim()) }), { hint: say(`${name}.hint`) });
  const since = () => {
    const options = stepsOf(studio).map((one) => ({ code: one.id, name: one.businessObject.name || one.id }));
    const write = (id) => setProperty(studio, element, "offer.since", id);
    return field(say("offer.since"), selectInput({ key: "offer.since", value: property(element, "offer.since"), options, empty: say("offer.opened"), write }));
  };
  return section({ title: say("offer"), body: () => [...["offer.to", "offer.when", "offer.within"].map(row), since()], folded: true, about: ["limit", "attribute-value", "node-unknown"] });
}

function resultSection(panel) {
  const write = (text) => setProperty(panel.studio, panel.element, "result", text.trim());
  const body = () => field(panel.say("result"), textInput({ key: "result", value: property(panel.element, "result"), write }), { hidden: true, hint: panel.say("resultHint") });
  return section({ title: panel.say("result"), body });
}
