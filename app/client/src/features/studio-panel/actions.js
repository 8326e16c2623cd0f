// The ways to finish the step: chips; the chosen one is changed below them.
import { actionsOf, codeFor, conditionOf, listOf, plainPart, property, setActions, setProperties, setProperty } from "../studio-element/index.js";
import { button, field, h, selectInput, textInput, tick } from "./parts.js";
import { section } from "./section.js";

const STYLES = ["primary", "normal", "danger"];

/** Ask which actions there are. */
export function actionsSection(panel) {
  const state = { open: null };
  const one = section({
    title: panel.say("actions"),
    about: ["action-unknown"],
    body: () => drawn(panel, state),
  });
  state.redraw = () => one.draw(true);
  return one;
}

function drawn(panel, state) {
  const actions = actionsOf(panel.element);
  const chips = h("div", { className: "gj-panel-chips" }, ...actions.map((one) => chip(panel, state, one)));
  const add = button(panel.say("addAction"), () => grow(panel, state, actions), { key: "action-add", kind: "gj-panel-chip is-add" });
  chips.append(add);
  const shown = actions.find((one) => one.code === state.open);
  const hint = actions.length ? null : h("p", { className: "gj-panel-hint" }, panel.say("submitOnly"));
  return [chips, hint, shown ? editor(panel, state, actions, shown) : null];
}

function chip(panel, state, action) {
  const open = state.open === action.code;
  return h(
    "button",
    {
      type: "button",
      className: `gj-panel-chip is-${action.style}${open ? " is-open" : " is-on"}`,
      "data-key": `action-${action.code}`,
      "aria-expanded": String(open),
      onclick: () => {
        state.open = open ? null : action.code;
        state.redraw();
      },
    },
    action.zh,
  );
}

function grow(panel, state, actions) {
  const code = codeFor("", actions);
  const made = { code, zh: panel.say("newAction"), en: "", style: actions.length ? "normal" : "primary" };
  state.open = code;
  setActions(panel.studio, panel.element, [...actions, made]);
  state.redraw();
  document.querySelector('[data-key="action-zh"]')?.focus();
}

// what is written is read again each time: another part of the action may have been changed since it was drawn
function editor(panel, state, actions, action) {
  const { studio, element, say } = panel;
  const at = actions.indexOf(action);
  const now = () => actionsOf(element)[at] || action;
  const change = (values) => {
    const list = actionsOf(element);
    list[at] = { ...list[at], ...values };
    setActions(studio, element, list);
  };
  const told = () => `consequence.${now().code}`;
  return h(
    "fieldset",
    { className: "gj-panel-inner" },
    h("legend", { className: "gj-sr" }, action.zh),
    field(say("actionZh"), textInput({ key: "action-zh", value: action.zh, write: (text) => text.trim() && change({ zh: plainPart(text) }) })),
    field(say("actionEn"), textInput({ key: "action-en", lang: "en", value: action.en, write: (text) => change(english(panel, state, text, at)) })),
    field(say("actionStyle"), selectInput({ key: "action-style", value: action.style, options: STYLES.map((code) => ({ code, name: say(`style.${code}`) })), write: (style) => change({ style }) })),
    field(say("consequence"), textInput({ key: "action-told", value: property(element, told()), write: (text) => setProperty(studio, element, told(), text.trim()) }), { hint: say("consequenceHint") }),
    marked(panel, "reason.required", say("needsReason"), now),
    marked(panel, "evidence.required", say("needsEvidence"), now),
    h(
      "div",
      { className: "gj-buttons" },
      button(say("earlierPlace"), () => swap(panel, state, at), { key: "action-left", disabled: at === 0 }),
      button(say("removeAction"), () => drop(panel, state, at), { key: "action-drop", kind: "is-small is-danger" }),
    ),
    h("p", { className: "gj-panel-hint" }, say("actionCode", { code: action.code })),
  );
}

// a new action gets its code from its English name, as long as nothing names the code yet
function english(panel, state, text, at) {
  const list = actionsOf(panel.element);
  const en = plainPart(text);
  if (!en || !/^action(_\d+)?$/.test(list[at].code) || isNamed(panel, list[at].code)) return { en };
  const code = codeFor(en, list.filter((_one, index) => index !== at));
  state.open = code;
  return { en, code };
}

function isNamed(panel, code) {
  const { element, studio } = panel;
  const here = [...listOf(property(element, "reason.required")), ...listOf(property(element, "evidence.required"))];
  const flows = studio.get("elementRegistry").filter((one) => one.type === "bpmn:SequenceFlow");
  const told = property(element, `consequence.${code}`);
  return Boolean(told) || here.includes(code) || flows.some((one) => conditionOf(one).includes(`'${code}'`));
}

function marked(panel, name, label, now) {
  const checked = listOf(property(panel.element, name)).includes(now().code);
  const write = (on) => {
    const kept = listOf(property(panel.element, name)).filter((one) => one !== now().code);
    setProperty(panel.studio, panel.element, name, (on ? [...kept, now().code] : kept).join(","));
  };
  return tick({ key: `action-${name}`, checked, label, write });
}

function drop(panel, state, at) {
  state.open = null;
  setActions(panel.studio, panel.element, actionsOf(panel.element).filter((_one, index) => index !== at));
  state.redraw();
}

function swap(panel, state, at) {
  const list = actionsOf(panel.element);
  list.splice(at - 1, 0, ...list.splice(at, 1));
  setActions(panel.studio, panel.element, list);
  state.redraw();
}

/** Ask which actions need material: the same ticks as at each action, seen together. */
export function evidenceSection(panel) {
  const { studio, element, say } = panel;
  const body = () => {
    const actions = actionsOf(element);
    const shown = actions.length ? actions : [{ code: "submit", zh: say("submit") }];
    const words = listOf(property(element, "evidence.required"));
    const write = (code) => (on) => {
      const kept = words.filter((one) => one !== code);
      setProperties(studio, element, { "evidence.required": (on ? [...kept, code] : kept).join(",") || null });
    };
    return shown.map((one) => tick({ key: `evidence-${one.code}`, checked: words.includes(one.code), label: say("evidenceFor", { action: one.zh }), write: write(one.code) }));
  };
  return section({ title: say("evidence"), body });
}
