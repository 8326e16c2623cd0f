// Several people at once (会签): for whom, side by side or one after the other, when it is enough.
import { attribute, create, isHuman, objectOf, setOn, setPlain, together } from "../studio-element/index.js";
import { field, h, selectInput, textInput } from "./parts.js";
import { section } from "./section.js";

const ENOUGH = /^\$\{nrOfCompletedInstances >= (\d+)\}$/;
const SHARE = /^\$\{nrOfCompletedInstances \* 100 >= nrOfInstances \* (\d+)\}$/;

/** Ask whether the step is done by several, and when it is finished. */
export function repetitionSection(panel) {
  const state = { kind: null };
  const one = section({ title: panel.say(isHuman(panel.element) ? "several" : "repeated"), about: ["repetition", "loop-endless"], body: () => drawn(panel, state) });
  state.redraw = () => one.draw(true);
  return one;
}

function drawn(panel, state) {
  const marker = objectOf(panel.element).loopCharacteristics;
  const rows = [field(panel.say("several"), how(panel, marker, state), { hidden: true })];
  if (marker?.$type === "bpmn:StandardLoopCharacteristics") rows.push(h("p", { className: "gj-panel-hint" }, panel.say("loopHint")));
  if (marker?.$type === "bpmn:MultiInstanceLoopCharacteristics") rows.push(...parts(panel, marker, state));
  return rows;
}

function how(panel, marker, state) {
  const standard = marker?.$type === "bpmn:StandardLoopCharacteristics";
  const value = !marker ? "" : standard ? "loop" : marker.isSequential ? "sequential" : "parallel";
  const options = ["parallel", "sequential"].map((code) => ({ code, name: panel.say(`${isHuman(panel.element) ? "several" : "repeated"}.${code}`) }));
  if (standard) options.push({ code: "loop", name: panel.say("several.loop") });
  const write = (wanted) => {
    if (!wanted) setPlain(panel.studio, panel.element, { loopCharacteristics: undefined });
    else if (marker && !standard) setOn(panel.studio, panel.element, marker, { isSequential: wanted === "sequential" });
    else if (wanted !== "loop") begin(panel, wanted === "sequential");
    state.redraw();
  };
  return selectInput({ key: "several", value, options, empty: panel.say(isHuman(panel.element) ? "several.none" : "repeated.none"), write });
}

function begin(panel, isSequential) {
  const { studio, element } = panel;
  const field = lists(panel)[0]?.code;
  const values = { isSequential, ...(field ? { collection: `\${${field}}`, elementVariable: "member" } : {}) };
  const marker = create(studio, "bpmn:MultiInstanceLoopCharacteristics", {}, objectOf(element));
  marker.set("isSequential", values.isSequential);
  if (field) {
    marker.set("camunda:collection", values.collection);
    marker.set("camunda:elementVariable", values.elementVariable);
  }
  together(studio, () => {
    setPlain(studio, element, { loopCharacteristics: marker });
    if (field && panel.kind === "UserTask") setPlain(studio, element, { "camunda:assignee": "${member}", "camunda:candidateUsers": undefined, "camunda:candidateGroups": undefined });
  });
}

function parts(panel, marker, state) {
  const { studio, element, say } = panel;
  const list = attribute(marker, "collection");
  const name = (list || "").match(/^\$\{(\w+)\}$/)?.[1];
  const options = lists(panel);
  const known = !list || (name && options.some((one) => one.code === name));
  const setList = (code) => setOn(studio, element, marker, { "camunda:collection": code || undefined });
  const from = known
    ? selectInput({ key: "several-list", value: name || "", options, empty: list ? undefined : say("choose"), write: (code) => (setList(`\${${code}}`), state.redraw()) })
    : textInput({ key: "several-list", className: "gj-in gj-mono", value: list, write: setList });
  return [
    marker.loopCardinality ? h("p", { className: "gj-panel-hint" }, say("times", { count: marker.loopCardinality.body })) : field(say("severalList"), from, { hint: options.length ? "" : say("noPeopleField") }),
    field(say("memberName"), textInput({ key: "several-item", className: "gj-in gj-mono", value: attribute(marker, "elementVariable"), write: (text) => setOn(studio, element, marker, { "camunda:elementVariable": text.trim() || undefined }) }), { hint: say("memberHint") }),
    ...enough(panel, marker, state),
  ];
}

function enough(panel, marker, state) {
  const { say } = panel;
  const text = marker.completionCondition?.body || "";
  const kind = state.kind ?? kindOfEnd(text);
  state.kind = null;
  const options = ["count", "share", "text"].map((code) => ({ code, name: say(`enough.${code}`) }));
  const write = (wanted) => {
    if (wanted === "text") state.kind = "text";
    else finish(panel, marker, WRITE[wanted]?.(wanted === "share" ? 50 : 1) || "");
    state.redraw();
  };
  const number = (text.match(ENOUGH) || text.match(SHARE))?.[1] || "1";
  const value = (typed) => Number(typed) > 0 && finish(panel, marker, WRITE[kind](Math.round(Number(typed))));
  return [
    field(say("enough"), selectInput({ key: "enough", value: kind, options, empty: say("enough.all"), write })),
    kind === "count" || kind === "share" ? field(say(`enough.${kind}Label`), textInput({ key: "enough-n", type: "number", min: 1, value: number, write: value })) : null,
    kind === "text" ? field(say("expression"), textInput({ key: "enough-text", className: "gj-in gj-mono", value: text, write: (typed) => finish(panel, marker, typed.trim()) }), { hint: say("enoughHint") }) : null,
  ];
}

const WRITE = {
  count: (n) => `\${nrOfCompletedInstances >= ${n}}`,
  share: (n) => `\${nrOfCompletedInstances * 100 >= nrOfInstances * ${Math.min(100, n)}}`,
};

function kindOfEnd(text) {
  if (!text) return "";
  return ENOUGH.test(text) ? "count" : SHARE.test(text) ? "share" : "text";
}

function finish(panel, marker, text) {
  const { studio, element } = panel;
  const old = marker.completionCondition;
  if (text && old) setOn(studio, element, old, { body: text });
  else setOn(studio, element, marker, { completionCondition: text ? create(studio, "bpmn:FormalExpression", { body: text }, marker) : undefined });
}

// lists of people that a form asks for
function lists(panel) {
  const fields = panel.choices.forms.flatMap((form) => form.fields).filter((one) => one.many && one.kind === "person");
  return [...new Map(fields.map((one) => [one.code, one])).values()];
}
