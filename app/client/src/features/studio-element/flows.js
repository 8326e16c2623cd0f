// The lines between the elements: when one is taken, and which is the default.
import { kindOf, objectOf } from "./reading.js";
import { create, setOn, setPlain, together } from "./writing.js";

const DECIDING = ["ExclusiveGateway", "InclusiveGateway"];

/** Return the condition of a flow as it is written, "" when there is none. */
export function conditionOf(flow) {
  return objectOf(flow).get("conditionExpression")?.get("body") || "";
}

/** Return whether the flow is the default of what it leaves. */
export function isDefault(flow) {
  const object = objectOf(flow);
  return Boolean(object.sourceRef && object.sourceRef.get("default") === object);
}

/** Return whether a condition on this flow is ever read: it leaves a deciding gateway or an activity. */
export function decides(flow) {
  const source = objectOf(flow).sourceRef;
  if (!source) return false;
  return DECIDING.includes(kindOf(source)) || source.$instanceOf("bpmn:Activity");
}

/** Write the condition of a flow; null or "" takes it away. */
export function setCondition(studio, flow, text) {
  const old = objectOf(flow).get("conditionExpression");
  if ((old?.get("body") || "") === (text || "")) return;
  if (!text) setPlain(studio, flow, { conditionExpression: undefined });
  else if (old) setOn(studio, flow, old, { body: text });
  else {
    const made = create(studio, "bpmn:FormalExpression", { body: text }, objectOf(flow));
    setPlain(studio, flow, { conditionExpression: made });
  }
}

/** Make the flow the default of what it leaves (its own condition goes), or no longer. */
export function setDefault(studio, flow, wanted) {
  const source = studio.get("elementRegistry").get(objectOf(flow).sourceRef.id);
  together(studio, () => {
    if (wanted) setCondition(studio, flow, null);
    setPlain(studio, source, { default: wanted ? objectOf(flow) : undefined });
  });
}
