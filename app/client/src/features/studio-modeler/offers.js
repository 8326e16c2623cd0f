// What may be drawn: only what the checker lets pass, so that nobody draws what cannot run.
import * as options from "bpmn-js/lib/features/replace/ReplaceOptions";
import { withoutStyles } from "./plain.js";

const LATE = 200; // after the modeler's own providers
const NEVER = ["append.condition-intermediate-event", "append.compensation-activity"];
const HEADERS = ["toggle-parallel-mi", "toggle-sequential-mi", "toggle-loop", "toggle-non-interrupting"];
const FLOWS = ["replace-with-sequence-flow", "replace-with-default-flow", "replace-with-conditional-flow"];

/** Takes out of the menus around an element what the product does not run. */
class Offers {
  constructor(offered, contextPad, popupMenu, elementFactory, autoPlace, create) {
    Object.assign(this, { elementFactory, autoPlace, create, actions: allowedActions(new Set(offered)) });
    contextPad.getPad = (target) => padOf(contextPad, target);
    contextPad.registerProvider(LATE, this);
    popupMenu.registerProvider("bpmn-replace", LATE, this);
    popupMenu.registerProvider("align-elements", LATE, { getPopupMenuEntries: () => mapped });
  }

  getContextPadEntries() {
    return (entries) => this.offered(entries);
  }

  getMultiElementContextPadEntries() {
    return (entries) => mapped(entries);
  }

  getPopupMenuEntries(target) {
    return (entries) => kept(entries, (name) => this.actions.has(name) || isPool(target, name));
  }

  getPopupMenuHeaderEntries() {
    return (entries) => kept(entries, (name) => HEADERS.includes(name));
  }

  /** A step that is appended is one for people, an event one that waits for a time: both run as they are. */
  offered(entries) {
    const left = kept(entries, (name) => !NEVER.includes(name));
    this.turn(left, "append.append-task", { type: "bpmn:UserTask" }, "bpmn-icon-user-task");
    const timer = { type: "bpmn:IntermediateCatchEvent", eventDefinitionType: "bpmn:TimerEventDefinition" };
    this.turn(left, "append.intermediate-event", timer, "bpmn-icon-intermediate-event-catch-timer");
    return mapped(left);
  }

  turn(entries, name, attributes, className) {
    if (!entries[name]) return;
    const shape = () => this.elementFactory.createShape({ ...attributes });
    const click = (_event, element) => this.autoPlace.append(element, shape());
    const dragstart = (event, element) => this.create.start(event, shape(), { source: element });
    entries[name] = { ...entries[name], className, action: { click, dragstart } };
  }
}

Offers.$inject = ["config.offered", "contextPad", "popupMenu", "elementFactory", "autoPlace", "create"];

export const offersModule = { __init__: ["offers"], offers: ["type", Offers] };

/** Return the pad of an element, as the modeler's own method does; that one warns of its end on the console. */
function padOf(contextPad, target) {
  return { html: contextPad.isOpen(target) ? contextPad._current.html : contextPad._createHtml(target) };
}

function allowedActions(offered) {
  const lists = Object.values(options).filter(Array.isArray).flat();
  const allowed = lists.filter((option) => option.target && offered.has(keyOf(option.target)));
  return new Set([...FLOWS, ...allowed.map((option) => option.actionName)]);
}

/** Return the name that the checker's table has for what a menu makes. */
function keyOf({ type, eventDefinitionType, cancelActivity, triggeredByEvent }) {
  const name = type.replace("bpmn:", "");
  const kind = name.charAt(0).toLowerCase() + name.slice(1);
  if (triggeredByEvent) return `${kind}:event`;
  if (!kind.endsWith("Event")) return STARTS_WITH_TOPIC[kind] || kind;
  const event = (eventDefinitionType || "bpmn:NoneEventDefinition").slice("bpmn:".length, -"EventDefinition".length);
  return `${kind}:${event.toLowerCase()}${cancelActivity === false ? ".beside" : ""}`;
}

const STARTS_WITH_TOPIC = { serviceTask: "serviceTask:external" };

function isPool(target, name) {
  return target.type === "bpmn:Participant" && /pool/.test(name);
}

function kept(entries, isKept) {
  return Object.fromEntries(Object.entries(entries).filter(([name]) => isKept(name)));
}

function mapped(entries) {
  const plain = (entry) => ({ ...entry, ...(entry.html && { html: withoutStyles(entry.html) }), ...(entry.imageHtml && { imageHtml: withoutStyles(entry.imageHtml) }) });
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, plain(entry)]));
}
