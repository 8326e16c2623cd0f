// Adding, removing and moving a step in the diagram; each is one change that one undo takes back.
import { isA, objectOf, property, setName, setProperties, setProperty, stepsOf, together } from "../studio-element/index.js";
import { makeRoom, placeAfter, SIZE } from "./room.js";

/** Return the flows on which a step can be put after this one; behind a branching each of its ways is one. */
export function placesAfter(element) {
  const flows = sequence(element.outgoing);
  if (flows.length !== 1) return flows.map((flow) => ({ flow, text: wayName(flow) }));
  const next = flows[0].target;
  const ways = isA(next, "ExclusiveGateway", "InclusiveGateway") ? sequence(next.outgoing) : [];
  return ways.length > 1 ? ways.map((flow) => ({ flow, text: wayName(flow) })) : [{ flow: flows[0], text: "" }];
}

/** Put a step of a person on a flow, room made for it; return the new element. */
export function insertOn(studio, flow, name) {
  let made;
  together(studio, () => {
    const modeling = studio.get("modeling");
    const { source, target } = flow;
    const size = isA(source, "Task") && source.width >= 80 ? source : SIZE;
    makeRoom(studio, source, size);
    const shape = studio.get("elementFactory").createShape({ type: "bpmn:UserTask", width: size.width, height: size.height });
    made = modeling.createShape(shape, placeAfter(source, size), source.parent);
    modeling.reconnectEnd(flow, made, { x: made.x, y: made.y + made.height / 2 });
    modeling.connect(made, target, { type: "bpmn:SequenceFlow" });
    setName(studio, made, name);
    setProperties(studio, made, { actions: "approve:同意:Agree:primary" });
  });
  return made;
}

/** Return whether a step can be taken out without leaving a gap: one way leads on from it. */
export function removable(element) {
  return sequence(element.outgoing).length === 1 && sequence(element.incoming).length > 0;
}

/** Take a step out: what led to it leads on to what came after it; nobody is sent back to it any more. */
export function removeStep(studio, element) {
  together(studio, () => {
    const modeling = studio.get("modeling");
    const [onward] = sequence(element.outgoing);
    const { target } = onward;
    const middle = { x: target.x + target.width / 2, y: target.y + target.height / 2 };
    for (const flow of sequence(element.incoming)) {
      if (flow.source === target) modeling.removeConnection(flow);
      else modeling.reconnectEnd(flow, target, middle);
    }
    modeling.removeShape(element);
    for (const step of stepsOf(studio)) forget(studio, step, element.id);
  });
}

/** Return the step right before or after in a plain chain, or null: only there two steps can change places. */
export function neighbour(element, down) {
  const [first, second] = down ? [element, onlyTarget(element)] : [onlySource(element), element];
  if (!first || !second || !isA(first, "Task") || !isA(second, "Task")) return null;
  const plain = onlyTarget(first) === second && onlySource(second) === first && onlySource(first) && onlyTarget(second);
  const conditional = [...sequence(first.outgoing), ...sequence(second.outgoing)].some((flow) => objectOf(flow).conditionExpression);
  const alike = first.parent === second.parent && laneOf(first) === laneOf(second) && !bordered(first) && !bordered(second);
  return plain && !conditional && alike ? (down ? second : first) : null;
}

function laneOf(element) {
  return objectOf(element).get("lanes")?.[0];
}

function bordered(element) {
  return Boolean(element.attachers?.length);
}

/** Let a step and its neighbour change places. */
export function swap(studio, element, down) {
  const other = neighbour(element, down);
  const [first, second] = down ? [element, other] : [other, element];
  const [before, between, after] = [sequence(first.incoming)[0], sequence(first.outgoing)[0], sequence(second.outgoing)[0]];
  together(studio, () => {
    const modeling = studio.get("modeling");
    const shift = { x: second.x - first.x, y: second.y - first.y };
    modeling.moveElements([first], shift, first.parent);
    modeling.moveElements([second], { x: -shift.x, y: -shift.y }, second.parent);
    modeling.reconnectEnd(before, second, centre(second));
    modeling.reconnectStart(after, first, centre(first));
    modeling.reconnect(between, second, first, [centre(second), centre(first)]);
    for (const flow of [before, between, after]) modeling.layoutConnection(flow);
  });
}

function forget(studio, step, id) {
  const listed = property(step, "back.to").split(",").map((one) => one.trim()).filter(Boolean);
  if (listed.includes(id)) setProperty(studio, step, "back.to", listed.filter((one) => one !== id).join(",") || null);
}

function wayName(flow) {
  return objectOf(flow).get("name") || objectOf(flow.target).get("name") || flow.target.id;
}

function sequence(flows) {
  return (flows || []).filter((one) => isA(one, "SequenceFlow"));
}

function onlyTarget(element) {
  const flows = sequence(element.outgoing);
  return flows.length === 1 ? flows[0].target : null;
}

function onlySource(element) {
  const flows = sequence(element.incoming);
  return flows.length === 1 ? flows[0].source : null;
}

function centre(shape) {
  return { x: shape.x + shape.width / 2, y: shape.y + shape.height / 2 };
}
