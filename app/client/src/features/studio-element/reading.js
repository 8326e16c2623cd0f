// What an element of the diagram says: its business object, our own properties, camunda's attributes.

const PREFIX = "guanjia.";

/** Return the business object of an element of the canvas; a label speaks for what it labels. */
export function objectOf(element) {
  return element.businessObject || element;
}

/** Return whether the element is of one of these kinds, named without `bpmn:`. */
export function isA(element, ...kinds) {
  return kinds.some((kind) => objectOf(element).$instanceOf(`bpmn:${kind}`));
}

/** Return what kind of element it is, without `bpmn:`. */
export function kindOf(element) {
  return objectOf(element).$type.replace(/^bpmn:/, "");
}

/** Return the extension element of this type (`camunda:Properties`), or undefined. */
export function extensionOf(element, type) {
  const extensions = objectOf(element).get("extensionElements");
  return (extensions?.get("values") || []).find((one) => one.$type === type);
}

/** Return the `camunda:property` entries of an element, foreign ones too. */
export function entriesOf(element) {
  return extensionOf(element, "camunda:Properties")?.get("values") || [];
}

/** Return the text of `guanjia.<name>`, or "" when it is not written. */
export function property(element, name) {
  return entriesOf(element).find((one) => one.name === PREFIX + name)?.value || "";
}

/** Return our own properties whose name begins with `start`, as name → text. */
export function propertiesFrom(element, start) {
  const wanted = entriesOf(element).filter((one) => one.name?.startsWith(PREFIX + start));
  return Object.fromEntries(wanted.map((one) => [one.name.slice(PREFIX.length), one.value || ""]));
}

/** Return the text of `camunda:<name>`, or "" when it is not written or this element cannot have it. */
export function attribute(element, name) {
  const object = objectOf(element);
  const value = object.get(`camunda:${name}`);
  return value === undefined || value === null ? "" : String(value);
}

/** Return the names in a list such as `a, b c`. */
export function listOf(text) {
  return (text || "").split(/[\s,]+/).filter(Boolean);
}

/** Return the event definition of an event, or undefined. */
export function eventOf(element) {
  return (objectOf(element).get("eventDefinitions") || [])[0];
}
