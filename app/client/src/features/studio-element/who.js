// Who does a step: the text of the diagram as a rule with its parts, and the rule in words.
import { wordsOf } from "../studio-words/index.js";
import { attribute } from "./reading.js";
import { setAttributes } from "./writing.js";

export const WHO = ["assignee", "candidateUsers", "candidateGroups"];
const NAME = /^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)?$/u;
const CALL = /^(\w+)\((.*)\)$/s;
let said = null;

/** Return who does the step as it is written: the attribute and its text; `attr` is null when nobody is named. */
export function whoOf(element) {
  const attr = WHO.find((name) => attribute(element, name)) || null;
  return { attr, text: attr ? attribute(element, attr) : "" };
}

/** Write who does the step; the other two attributes go. */
export function setWho(studio, element, { attr, text }) {
  const changes = Object.fromEntries(WHO.map((name) => [name, name === attr ? text : null]));
  setAttributes(studio, element, changes);
}

/**
 * Return the rule behind a text: `{kind, …}` with kind none, starter, users {names}, roles {names},
 * role {role, unit}, head {unit}, chain {unit, n}, earlier {node}, duty {post}, field {name} or expression {text}.
 * A unit is written as in the text: `case.unit`, `'NRT-KFB'`, or "" for none.
 */
export function ruleOf({ attr, text }) {
  if (!attr || !text) return { kind: "none" };
  const inner = text.trim().match(/^[$#]\{([^{}]*)\}$/);
  if (inner) return ruleOfExpression(inner[1].trim());
  if (text.includes("{")) return { kind: "expression", text };
  const names = text.split(",").map((one) => one.trim()).filter(Boolean);
  return { kind: attr === "candidateGroups" ? "roles" : "users", names };
}

/** Return the attribute and text that say a rule. */
export function writeRule(rule) {
  const writer = WRITERS[rule.kind];
  return writer ? writer(rule) : { attr: null, text: "" };
}

/** Return who does a step in the owner's words; `data` holds roles, units, people, steps as [{code, name}]. */
export function whoInWords(who, data = {}) {
  const say = words();
  const rule = ruleOf(who);
  const name = NAMES[rule.kind] || (() => rule.text || "");
  return name(rule, data, say);
}

/** Return a unit expression in words. */
export function unitInWords(unit, data = {}) {
  const say = words();
  if (["starter.unit", "case.unit", "case.vendor"].includes(unit)) return say(unit);
  return named(data.units, unquoted(unit) ?? unit);
}

/** Return the text inside '…', or null when it is no quoted text. */
export function unquoted(text) {
  const match = (text || "").trim().match(/^(['"])([^'"\\]*)\1$/);
  return match ? match[2] : null;
}

// read from the page once: a table of steps asks thousands of times
function words() {
  said ||= wordsOf("element");
  return said;
}

function ruleOfExpression(inner) {
  const text = `\${${inner}}`;
  if (inner === "starter") return { kind: "starter" };
  const call = inner.match(CALL);
  const parts = call && argumentsOf(call[2]);
  const read = parts && READERS[call[1]]?.(parts);
  if (read) return read;
  if (!call && NAME.test(inner)) return { kind: "field", name: inner };
  return { kind: "expression", text };
}

const READERS = {
  user: ([name]) => quotedRule("users", name, (code) => ({ names: [code] })),
  role: ([name, unit = "", ...more]) => (more.length ? null : quotedRule("role", name, (role) => ({ role, unit }))),
  head: ([unit, ...more]) => (unit && !more.length ? { kind: "head", unit } : null),
  chain: ([unit, n = "1", ...more]) => (unit && /^\d+$/.test(n) && !more.length ? { kind: "chain", unit, n: Number(n) } : null),
  earlier: ([node]) => quotedRule("earlier", node, (id) => ({ node: id })),
  duty: ([post]) => quotedRule("duty", post, (title) => ({ post: title })),
};

function quotedRule(kind, text, make) {
  const value = unquoted(text);
  return value === null ? null : { kind, ...make(value) };
}

// top-level commas only; null when brackets or quotes do not match
function argumentsOf(text) {
  const parts = [""];
  let depth = 0;
  let quote = "";
  for (const sign of text) {
    if (quote) quote = sign === quote ? "" : quote;
    else if (sign === "'" || sign === '"') quote = sign;
    else if ("([".includes(sign)) depth += 1;
    else if (")]".includes(sign)) depth -= 1;
    if (depth < 0) return null;
    if (sign === "," && !depth && !quote) parts.push("");
    else parts[parts.length - 1] += sign;
  }
  return depth || quote ? null : parts.map((one) => one.trim());
}

const quote = (text) => `'${String(text).replace(/['"\\{}]/g, "")}'`;
const assignee = (inner) => ({ attr: "assignee", text: `\${${inner}}` });
const group = (inner) => ({ attr: "candidateGroups", text: `\${${inner}}` });

const WRITERS = {
  starter: () => assignee("starter"),
  users: ({ names }) => ({ attr: names.length > 1 ? "candidateUsers" : "assignee", text: names.join(",") }),
  roles: ({ names }) => ({ attr: "candidateGroups", text: names.join(",") }),
  role: ({ role, unit }) => (unit ? group(`role(${quote(role)}, ${unit})`) : { attr: "candidateGroups", text: role }),
  head: ({ unit }) => assignee(`head(${unit})`),
  chain: ({ unit, n }) => ({ attr: "candidateUsers", text: `\${chain(${unit}, ${n})}` }),
  earlier: ({ node }) => assignee(`earlier(${quote(node)})`),
  duty: ({ post }) => assignee(`duty(${quote(post)})`),
  field: ({ name }) => assignee(name),
  expression: ({ text, attr }) => ({ attr: attr || "assignee", text }),
};

const NAMES = {
  none: () => "",
  starter: (_rule, _data, say) => say("starter"),
  users: ({ names }, data, say) => names.map((one) => named(data.people, one)).join(say("comma")),
  roles: ({ names }, data, say) => names.map((one) => named(data.roles, one)).join(say("comma")),
  role: ({ role, unit }, data, say) =>
    unit ? say("role-in", { role: named(data.roles, role), unit: unitInWords(unit, data) }) : named(data.roles, role),
  head: ({ unit }, data, say) => say("head-of", { unit: unitInWords(unit, data) }),
  chain: ({ unit, n }, data, say) => say("chain-of", { unit: unitInWords(unit, data), n }),
  earlier: ({ node }, data, say) => say("earlier-of", { step: named(data.steps, node) }),
  duty: ({ post }, _data, say) => say("on-duty", { post }),
  field: ({ name }, data, say) => say("field-of", { field: named(data.fields, name) }),
};

function named(list, code) {
  const found = Array.isArray(list) ? list.find((one) => one.code === code)?.name : (list || {})[code];
  return found || code;
}
