// The ways to finish a step: `guanjia.actions`, and what other attributes say about each of them.
import { listOf, propertiesFrom, property } from "./reading.js";
import { setProperties } from "./writing.js";

const STYLES = ["primary", "normal", "danger"];

/** Return the actions of a step; an unknown part behind the style is kept. */
export function actionsOf(element) {
  return property(element, "actions").split("|").filter((part) => part.trim()).map(readAction);
}

/**
 * Write the actions of a step as one change; what was said about an action that is gone goes with it.
 * `more` are other properties to change at the same time.
 */
export function setActions(studio, element, actions, more = {}) {
  const codes = new Set(actions.map((one) => one.code));
  const text = actions.map(writeAction).join("|");
  setProperties(studio, element, { ...orphans(element, codes), ...more, actions: text || null });
}

/** Return a code for a new action, made from its English name, that no other has. */
export function codeFor(english, actions, fallback = "action") {
  const bare = english.trim().toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[_0-9]+|_+$/g, "") || fallback;
  const taken = new Set(actions.map((one) => one.code));
  let code = bare;
  for (let number = 2; taken.has(code); number += 1) code = `${bare}_${number}`;
  return code;
}

/** Return a text without the signs that separate the parts of an action. */
export function plainPart(text) {
  return text.replace(/:/g, "：").replace(/\|/g, "/").trim();
}

function readAction(part) {
  const [code = "", zh = "", en = "", style = "", ...rest] = part.split(":").map((one) => one.trim());
  return { code, zh: zh || code, en, style: STYLES.includes(style) ? style : style || "normal", rest };
}

function writeAction({ code, zh, en, style, rest = [] }) {
  return [code, plainPart(zh), plainPart(en || ""), style || "normal", ...rest].join(":");
}

function orphans(element, codes) {
  const gone = {};
  for (const name of ["reason.required", "evidence.required"]) {
    const words = listOf(property(element, name));
    const kept = words.filter((code) => codes.has(code));
    if (kept.length < words.length) gone[name] = kept.join(",") || null;
  }
  for (const name of Object.keys(propertiesFrom(element, "consequence."))) {
    const code = name.replace(/^consequence\./, "").replace(/\.en$/, "");
    if (!codes.has(code)) gone[name] = null;
  }
  return gone;
}
