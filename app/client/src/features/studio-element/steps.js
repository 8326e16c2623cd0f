// The steps of a diagram in the order in which a case meets them, each read in the owner's words.
import { actionsOf } from "./actions.js";
import { conditionOf, isDefault } from "./flows.js";
import { attribute, isA, kindOf, listOf, objectOf, property } from "./reading.js";
import { whoOf } from "./who.js";

const HUMAN = ["UserTask", "ManualTask", "Task"];
const AUTOMATIC = ["ServiceTask", "ScriptTask", "BusinessRuleTask", "SendTask", "ReceiveTask", "CallActivity"];

/** Return whether a person does this step. */
export function isHuman(element) {
  return HUMAN.includes(kindOf(element));
}

/** Return what an element says, in the words of the panel and the table. */
export function readStep(element) {
  const own = (name) => property(element, name);
  const object = objectOf(element);
  return {
    id: object.id,
    type: kindOf(element),
    name: (isA(element, "TextAnnotation") ? object.text : object.get("name")) || "",
    nameEn: own("name.en"),
    who: whoOf(element),
    limit: own("limit"),
    clock: own("limit.clock"),
    form: attribute(element, "formRef") || attribute(element, "formKey"),
    actions: actionsOf(element),
    backTo: listOf(own("back.to")),
    basis: own("basis"),
    remind: own("remind"),
    escalate: own("escalate"),
    distinctFrom: listOf(own("distinct.from")),
    reasonRequired: listOf(own("reason.required")),
    evidenceRequired: listOf(own("evidence.required")),
    cc: own("cc"),
    side: own("side"),
    shows: listOf(own("shows")),
    pauses: own("pauses"),
    urgeable: own("urgeable") !== "false",
    transfer: own("transfer") !== "false",
    topic: attribute(element, "topic"),
    decision: attribute(element, "decisionRef"),
    condition: kindOf(element) === "SequenceFlow" ? conditionOf(element) : "",
    isDefault: kindOf(element) === "SequenceFlow" && isDefault(element),
  };
}

/** Return the elements that are steps, those of people and automatic ones, in the order a case meets them. */
export function stepsOf(studio) {
  const registry = studio.get("elementRegistry");
  return inOrder(registry).filter((one) => isHuman(one) || AUTOMATIC.includes(kindOf(one)));
}

/** Return the steps from which a way leads to this element, in order. */
export function stepsBefore(studio, element) {
  const seen = new Set();
  const waiting = [element];
  while (waiting.length) {
    for (const one of into(waiting.pop())) {
      if (!seen.has(one.id)) {
        seen.add(one.id);
        waiting.push(one);
      }
    }
  }
  return stepsOf(studio).filter((one) => seen.has(one.id) && one.id !== element.id);
}

// what leads to an element: its flows, the host it sits on, the sub-process around a start, the end of one before it
function into(element) {
  const found = (element.incoming || []).filter((one) => isA(one, "SequenceFlow")).map((one) => one.source);
  if (isA(element, "SequenceFlow")) found.push(element.source);
  if (element.host) found.push(element.host);
  if (isA(element, "StartEvent") && element.parent && isA(element.parent, "SubProcess")) found.push(element.parent);
  return [...found, ...found.flatMap((one) => insideOf(one))];
}

function insideOf(element) {
  return isA(element, "SubProcess") ? (element.children || []).filter((one) => isA(one, "FlowNode")) : [];
}

function inOrder(registry) {
  const nodes = registry.filter((one) => !one.labelTarget && isA(one, "FlowNode"));
  const starts = nodes.filter((one) => isA(one, "StartEvent") && !isA(one.parent, "SubProcess"));
  const seen = new Set();
  for (const one of [...starts, ...nodes.sort(leftFirst)]) walk(one, seen);
  return [...seen];
}

function walk(first, seen) {
  const waiting = [first];
  while (waiting.length) {
    const one = waiting.shift();
    if (seen.has(one)) continue;
    seen.add(one);
    const inside = insideOf(one).filter((child) => isA(child, "StartEvent"));
    for (const child of inside) walk(child, seen);
    waiting.push(...after(one));
  }
}

function after(element) {
  const targets = (element.outgoing || []).filter((one) => isA(one, "SequenceFlow")).map((one) => one.target);
  const beside = (element.attachers || []).filter((one) => isA(one, "BoundaryEvent"));
  // as drawn: the first way is the usual one, boundary events come last
  return [...targets, ...beside];
}

function leftFirst(one, other) {
  return one.x - other.x || one.y - other.y;
}
