// The rows of the table: every step of the diagram with its number, its problems and whether it is new.
import { isHuman, readStep, stepsBefore, stepsOf } from "../studio-element/index.js";

const COLUMN_OF = {
  "assignee-missing": "who",
  assignee: "who",
  "role-unknown": "who",
  "user-unknown": "who",
  limit: "limit",
  remind: "remind",
  escalate: "remind",
  "back-to": "back",
  "form-missing": "form",
  "form-unknown": "form",
  form: "form",
  "decision-missing": "form",
  "decision-unknown": "form",
};

/**
 * Return the rows; `base` are the ids of the version the draft is based on, null when there is none. `mended` says of an
 * id and a column that it was edited since the last check: what was wrong there is not shown any more.
 */
export function rowsOf(studio, base, mended) {
  const problems = byElement(studio.problems || []);
  const numbers = counter();
  const isOld = (element) => !base || base.has(element.id);
  return besideTheirStep(stepsOf(studio), isOld).map((element) => {
    const isNew = !isOld(element);
    return {
      id: element.id,
      element,
      step: readStep(element),
      human: isHuman(element),
      isNew,
      number: numbers(isNew),
      problems: byColumn(problems.get(element.id) || [], (column) => mended(element.id, column)),
    };
  });
}

// an inserted step stands right below the one it was inserted after, wherever the ways of the diagram part
function besideTheirStep(steps, isOld) {
  const found = [];
  for (const step of steps) {
    const place = isOld(step) ? -1 : found.indexOf(stepBefore(step, steps));
    if (place < 0) found.push(step);
    else found.splice(place + 1, 0, step);
  }
  return found;
}

function stepBefore(element, steps) {
  const seen = new Set();
  let one = element;
  while (one && !seen.has(one)) {
    seen.add(one);
    one = (one.incoming || []).find((flow) => flow.type === "bpmn:SequenceFlow")?.source;
    if (steps.includes(one)) return one;
  }
  return null;
}

/** Return the steps a row may go back to: those of people that come before it in the same part of the diagram. */
export function backChoices(studio, element) {
  return stepsBefore(studio, element)
    .filter((one) => one.type === "bpmn:UserTask" && scopeOf(one) === scopeOf(element))
    .map((one) => ({ value: one.id, text: readStep(one).name || one.id }));
}

function scopeOf(element) {
  return element.businessObject.$parent;
}

// inserted steps take the number before them with a letter, as in regulations
function counter() {
  let number = 0;
  let letters = 0;
  return (isNew) => {
    if (isNew && number) {
      letters += 1;
      return `${number}${letter(letters)}`;
    }
    number += 1;
    letters = 0;
    return String(number);
  };
}

function letter(count) {
  return count <= 26 ? String.fromCharCode(96 + count) : `-${count}`;
}

function byElement(problems) {
  const found = new Map();
  for (const one of problems) found.set(one.element, [...(found.get(one.element) || []), one]);
  return found;
}

function byColumn(problems, mended) {
  const found = {};
  for (const one of problems) {
    const column = COLUMN_OF[one.rule] || "name";
    if (!mended(column)) (found[column] ||= []).push(one);
  }
  return found;
}
