// The palette: tools, then what owners draw most. Everything else is in the menu of an element.
const TOOLS = ["hand-tool", "lasso-tool", "space-tool", "global-connect-tool"];
const EARLIER = ["create.start-event", "create.end-event", "create.exclusive-gateway", "create.subprocess-expanded", "create.participant-expanded", "create.group"];
const LATE = 200;

class OwnPalette {
  constructor(palette, elementFactory, create, words) {
    Object.assign(this, { elementFactory, create, words });
    palette.registerProvider(LATE, this);
  }

  getPaletteEntries() {
    return (entries) => this.entries(entries);
  }

  entries(theirs) {
    const found = {};
    for (const name of TOOLS) found[name] = theirs[name];
    found["tool-separator"] = theirs["tool-separator"];
    for (const [name, entry] of this.own()) found[name] = entry;
    for (const name of EARLIER) {
      const title = this.words(name);
      found[name] = { ...theirs[name], title, group: ORDER.get(name) };
    }
    return sorted(found);
  }

  own() {
    return [
      this.entry("create.timer-event", "bpmn-icon-intermediate-event-catch-timer", { type: "bpmn:IntermediateCatchEvent", eventDefinitionType: "bpmn:TimerEventDefinition" }),
      this.entry("create.parallel-gateway", "bpmn-icon-gateway-parallel", { type: "bpmn:ParallelGateway" }),
      this.entry("create.user-task", "bpmn-icon-user-task", { type: "bpmn:UserTask" }),
      this.entry("create.service-task", "bpmn-icon-service-task", { type: "bpmn:ServiceTask" }),
      this.entry("create.rule-task", "bpmn-icon-business-rule-task", { type: "bpmn:BusinessRuleTask" }),
      this.entry("create.call-activity", "bpmn-icon-call-activity", { type: "bpmn:CallActivity" }),
      this.entry("create.annotation", "bpmn-icon-text-annotation", { type: "bpmn:TextAnnotation" }),
    ];
  }

  entry(name, className, attributes) {
    const start = (event) => this.create.start(event, this.elementFactory.createShape({ ...attributes }));
    return [name, { group: ORDER.get(name), className, title: this.words(name), action: { dragstart: start, click: start } }];
  }
}

OwnPalette.$inject = ["palette", "elementFactory", "create", "config.words"];

const ORDER = new Map([
  ["create.start-event", "event"],
  ["create.timer-event", "event"],
  ["create.end-event", "event"],
  ["create.exclusive-gateway", "event"],
  ["create.parallel-gateway", "event"],
  ["create.user-task", "step"],
  ["create.service-task", "step"],
  ["create.rule-task", "step"],
  ["create.call-activity", "step"],
  ["create.subprocess-expanded", "step"],
  ["create.participant-expanded", "frame"],
  ["create.group", "frame"],
  ["create.annotation", "frame"],
]);

/** Put the entries into the order above; tools stay first. */
function sorted(entries) {
  const rest = [...ORDER.keys()].filter((name) => entries[name]);
  const tools = Object.keys(entries).filter((name) => !ORDER.has(name));
  return Object.fromEntries([...tools, ...rest].map((name) => [name, entries[name]]));
}

export const paletteModule = { __init__: ["ownPalette"], ownPalette: ["type", OwnPalette] };
