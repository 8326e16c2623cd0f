import BpmnFactory from "bpmn-js/lib/features/modeling/BpmnFactory";

const PREFIXES = [
  ["bpmn:StartEvent", "start"],
  ["bpmn:EndEvent", "end"],
  ["bpmn:Event", "event"],
  ["bpmn:Gateway", "gate"],
  ["bpmn:SubProcess", "part"],
  ["bpmn:Activity", "step"],
  ["bpmn:SequenceFlow", "flow"],
  ["bpmn:Lane", "lane"],
  ["bpmn:Participant", "pool"],
];

/** Gives new elements ids that a person can read: step_3, flow_12. */
class ReadableIds extends BpmnFactory {
  _ensureId(element) {
    const found = element.id ? null : PREFIXES.find(([type]) => element.$instanceOf?.(type));
    if (found) element.id = this.free(found[1]);
    super._ensureId(element);
  }

  free(prefix) {
    let number = 1;
    while (this._model.ids.assigned(`${prefix}_${number}`)) number += 1;
    return `${prefix}_${number}`;
  }
}

ReadableIds.$inject = ["moddle"];

export const idsModule = { bpmnFactory: ["type", ReadableIds] };
