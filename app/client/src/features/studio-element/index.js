// The one place that reads and writes an element of a diagram in the owner's words.
export { actionsOf, codeFor, plainPart, setActions } from "./actions.js";
export { conditionOf, decides, isDefault, setCondition, setDefault } from "./flows.js";
export {
  attribute,
  entriesOf,
  eventOf,
  extensionOf,
  isA,
  kindOf,
  listOf,
  objectOf,
  propertiesFrom,
  property,
} from "./reading.js";
export { isHuman, readStep, stepsBefore, stepsOf } from "./steps.js";
export { ruleOf, setWho, unitInWords, unquoted, whoInWords, whoOf, writeRule } from "./who.js";
export {
  create,
  dropExtension,
  putExtension,
  setAttribute,
  setAttributes,
  setName,
  setOn,
  setPlain,
  setProperties,
  setProperty,
  together,
} from "./writing.js";
