// Which questions are asked of which kind of element.
import { decides, eventOf, isA, isHuman, objectOf } from "../studio-element/index.js";
import { actionsSection } from "./actions.js";
import { basisSection, ccSection, chargeSection, moreSection, peopleListsSections } from "./about-step.js";
import { conditionSection } from "./condition.js";
import { eventSections } from "./events.js";
import { formSection } from "./form.js";
import { limitSection } from "./limit.js";
import { defaultSection, namingSection, noteSection } from "./naming.js";
import { processSections } from "./process.js";
import { repetitionSection } from "./repetition.js";
import { callSection, decisionSection, parametersSection, scriptSection, topicSection } from "./automatic.js";
import { whoSection } from "./who.js";

/** Return the sections of the element the panel shows. */
export function sectionsFor(panel) {
  return questions(panel).filter(Boolean);
}

function questions(panel) {
  const { element, kind } = panel;
  if (kind === "Process") return [namingSection(panel), ...processSections(panel)];
  if (kind === "TextAnnotation") return [noteSection(panel)];
  if (kind === "SequenceFlow") return [namingSection(panel), decides(element) && conditionSection(panel)];
  if (isHuman(element)) return ofPerson(panel);
  if (isA(element, "Activity")) return [namingSection(panel), ...automatic(panel), repeats(element) && repetitionSection(panel)];
  if (isA(element, "Event")) return [namingSection(panel), ...(eventOf(element) || isEnd(element) ? eventSections(panel) : [])];
  if (isA(element, "ExclusiveGateway", "InclusiveGateway")) return [namingSection(panel), defaultSection(panel)];
  return objectOf(element).$descriptor.propertiesByName.name ? [namingSection(panel)] : [];
}

// a program seldom repeats; where the diagram says so, it is shown
function repeats(element) {
  return isA(element, "SubProcess", "CallActivity") || Boolean(objectOf(element).loopCharacteristics);
}

function isEnd(element) {
  return isA(element, "EndEvent");
}

function ofPerson(panel) {
  return [
    whoSection(panel),
    limitSection(panel),
    formSection(panel),
    actionsSection(panel),
    ...peopleListsSections(panel),
    ccSection(panel),
    repetitionSection(panel),
    basisSection(panel),
    chargeSection(panel),
    namingSection(panel),
    moreSection(panel),
  ];
}

function automatic(panel) {
  const ask = {
    ServiceTask: [topicSection, parametersSection],
    SendTask: [topicSection, parametersSection],
    BusinessRuleTask: [decisionSection],
    ScriptTask: [scriptSection],
    CallActivity: [callSection],
    ReceiveTask: [],
  }[panel.kind];
  if (panel.kind === "ReceiveTask") return eventSections(panel);
  return (ask || []).map((make) => make(panel));
}
