// A step inside a subprocess keeps its lane. bpmn-js looks only at what lies directly in a pool, and takes every other
// step that is moved, by hand or to make room, out of the lane the file names for it.
import CommandInterceptor from "diagram-js/lib/command/CommandInterceptor";

const HOLDERS = new Set(["bpmn:SubProcess", "bpmn:Transaction", "bpmn:AdHocSubProcess"]);

class KeptLanes extends CommandInterceptor {
  constructor(eventBus) {
    super(eventBus);
    this.preExecute("lane.updateRefs", ({ context }) => {
      context.flowNodeShapes = context.flowNodeShapes.filter((one) => !one.parent || !HOLDERS.has(one.parent.type));
    });
  }
}
KeptLanes.$inject = ["eventBus"];

export const lanesModule = { __init__: ["keptLanes"], keptLanes: ["type", KeptLanes] };
