// Every change goes through the command stack: undo takes it back, and only what is edited changes.
import { entriesOf, extensionOf, objectOf } from "./reading.js";

const TOGETHER = "guanjia.together";
const known = new WeakSet();

class Together {
  preExecute(context) {
    context.act();
  }
}

/** Make several changes one: one undo takes all of them back. */
export function together(studio, act) {
  const stack = studio.get("commandStack");
  if (!known.has(stack)) {
    stack.registerHandler(TOGETHER, Together);
    known.add(stack);
  }
  stack.execute(TOGETHER, { act });
}

/** Change attributes of one object that belongs to `element` (a definition, a marker, a process behind a pool). */
export function setOn(studio, element, object, changes) {
  studio.get("modeling").updateModdleProperties(shown(studio, element), object, changes);
}

/** Make a new object such as `camunda:Property` inside `parent`. */
export function create(studio, type, values, parent) {
  const made = studio.get("moddle").create(type, values);
  if (parent) made.$parent = parent;
  return made;
}

/** Write `guanjia.<name>`; null or "" takes it away. Foreign properties and extension elements stay. */
export function setProperty(studio, element, name, value) {
  const full = `guanjia.${name}`;
  const text = value === null || value === undefined ? "" : String(value);
  const entry = entriesOf(element).find((one) => one.name === full);
  if ((entry?.value || "") === text && (entry || !text)) return;
  if (!text) removeEntry(studio, element, entry);
  else if (entry) setOn(studio, element, entry, { value: text });
  else addEntry(studio, element, { name: full, value: text });
}

/** Write several of our properties as one change: name → text or null. */
export function setProperties(studio, element, changes) {
  together(studio, () => {
    for (const [name, value] of Object.entries(changes)) setProperty(studio, element, name, value);
  });
}

/** Write `camunda:<name>`; null or "" takes it away. */
export function setAttribute(studio, element, name, value) {
  setAttributes(studio, element, { [name]: value });
}

/** Write several `camunda:` attributes as one change. */
export function setAttributes(studio, element, changes) {
  const named = Object.entries(changes).map(([name, value]) => [`camunda:${name}`, value || undefined]);
  setPlain(studio, element, Object.fromEntries(named));
}

/** Write attributes of BPMN itself, such as `name`. */
export function setPlain(studio, element, changes) {
  const object = objectOf(element);
  const place = shown(studio, element);
  if (place.businessObject === object) studio.get("modeling").updateProperties(place, changes);
  else setOn(studio, element, object, changes);
}

/** Write the name as it stands on the diagram. */
export function setName(studio, element, text) {
  const key = objectOf(element).$type === "bpmn:TextAnnotation" ? "text" : "name";
  if ((objectOf(element).get(key) || "") !== text) setPlain(studio, element, { [key]: text || undefined });
}

/** Put one extension element (for example `camunda:InputOutput`) beside the others, or in the place of the old one. */
export function putExtension(studio, element, made, old) {
  const extensions = objectOf(element).get("extensionElements");
  if (!extensions) {
    const holder = create(studio, "bpmn:ExtensionElements", { values: [made] }, objectOf(element));
    made.$parent = holder;
    setPlain(studio, element, { extensionElements: holder });
    return;
  }
  made.$parent = extensions;
  const kept = extensions.get("values").filter((one) => one !== old);
  setOn(studio, element, extensions, { values: [...kept, made] });
}

/** Take one extension element away; an empty holder goes with it. */
export function dropExtension(studio, element, old) {
  const extensions = objectOf(element).get("extensionElements");
  const kept = extensions.get("values").filter((one) => one !== old);
  if (kept.length) setOn(studio, element, extensions, { values: kept });
  else setPlain(studio, element, { extensionElements: undefined });
}

function addEntry(studio, element, values) {
  const list = extensionOf(element, "camunda:Properties");
  const entry = create(studio, "camunda:Property", values, list);
  if (list) {
    setOn(studio, element, list, { values: [...list.get("values"), entry] });
    return;
  }
  const made = create(studio, "camunda:Properties", { values: [entry] });
  entry.$parent = made;
  putExtension(studio, element, made);
}

function removeEntry(studio, element, entry) {
  const list = extensionOf(element, "camunda:Properties");
  const kept = list.get("values").filter((one) => one !== entry);
  if (kept.length) setOn(studio, element, list, { values: kept });
  else dropExtension(studio, element, list);
}

// the process of a pool is no element of the canvas: the command then belongs to the canvas's root
function shown(studio, element) {
  if (element.businessObject) return element.labelTarget || element;
  return studio.get("canvas").getRootElement();
}
