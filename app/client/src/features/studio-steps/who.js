// Who does a step, for the table: the usual rules in words, roles, posts, earlier steps and people.
import { readStep, stepsBefore, whoInWords } from "../studio-element/index.js";

const USUAL = [
  ["starter", "assignee", "${starter}"],
  ["head", "assignee", "${head(case.unit)}"],
  ["requester", "assignee", "${case.requester}"],
  ["vendor-lead", "candidateGroups", "${role('vendor_lead', case.vendor)}"],
  ["vendor-staff", "candidateGroups", "${role('vendor_staff', case.vendor)}"],
];

/** Return who does the step in words; what has no words is shown as it is written. */
export function sayWho(row, { say, facts }) {
  const { attr, text } = row.step.who;
  if (!attr) return "";
  const usual = USUAL.find(([, , written]) => written === text.trim());
  return usual ? say(`who-${usual[0]}`) : whoInWords(row.step.who, facts) || text;
}

/** Return who can be chosen for a step. */
export function whoChoices(row, { studio, say, facts }) {
  const usual = USUAL.map(([key, attr, text]) => choice(say(`who-${key}`), attr, text));
  const roles = facts.roles.map((one) => choice(one.name, "candidateGroups", one.code, say("role")));
  const posts = facts.posts.map((one) => choice(one.name, "assignee", `\${duty('${one.code}')}`, say("post")));
  const earlier = stepsBefore(studio, row.element).filter((one) => one.type === "bpmn:UserTask").map((one) =>
    choice(say("who-earlier", { step: readStep(one).name || one.id }), "assignee", `\${earlier('${one.id}')}`),
  );
  const people = facts.people.map((one) => choice(one.name, "assignee", one.code, one.unit || one.more || ""));
  return [...usual, ...roles, ...posts, ...earlier, ...people];
}

/** Return what a typed text names, null when it is neither to be chosen nor an expression. */
export function parseWho(typed, choices) {
  const text = typed.trim();
  if (!text) return { attr: null, text: "" };
  const chosen = choices.find((one) => one.text === text);
  if (chosen) return chosen.value;
  return /^[$#]\{[^{}]+\}$/.test(text) ? { attr: "assignee", text } : null;
}

function choice(text, attr, written, note = "") {
  return { text, note, value: { attr, text: written } };
}
