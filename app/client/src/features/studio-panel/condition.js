// When a way is taken: rows of name, comparison and value, or a text for experts; or always when nothing else holds.
import { conditionOf, isDefault, setCondition, setDefault } from "../studio-element/index.js";
import { readCondition, writeCondition } from "../studio-conditions/index.js";
import { conditionRows } from "../studio-conditions/rows.js";
import { ask } from "../studio-server/index.js";
import { button, field, h, textInput, tick } from "./parts.js";
import { section } from "./section.js";

/** Ask in which case this way is taken. */
export function conditionSection(panel) {
  const state = { names: null, free: false, draft: null, problem: null };
  const one = section({ title: panel.say("condition"), about: ["condition", "condition-missing", "condition-ignored", "name-unknown", "function"], body: () => drawn(panel, state) });
  state.redraw = () => one.draw(true);
  loadNames(panel, state);
  return one;
}

async function loadNames(panel, state) {
  try {
    const xml = await panel.studio.xml();
    const answer = await ask(panel.urls.names, { method: "POST", body: { element: panel.element.id, xml } });
    state.names = answer.names;
  } catch {
    state.names = [];
  }
  state.redraw();
}

function drawn(panel, state) {
  const { studio, element, say } = panel;
  const elsewhere = tick({ key: "default", checked: isDefault(element), label: say("isDefault"), write: (on) => (setDefault(studio, element, on), state.redraw()) });
  if (isDefault(element)) return [elsewhere, h("p", { className: "gj-panel-hint" }, say("defaultHint"))];
  if (!state.names) return [h("p", { className: "gj-panel-hint" }, say("reading"))];
  const text = conditionOf(element);
  const read = state.draft || readCondition(text);
  if (state.free || !read) return [free(panel, state, text), elsewhere];
  return [builder(panel, state, read), elsewhere];
}

// a row that is not yet complete stays on the page; the diagram gets the text once every row is
function builder(panel, state, read) {
  const { studio, element, say } = panel;
  const save = (changed, redraw = true) => {
    const text = writeCondition(changed);
    state.draft = text === null ? changed : null;
    if (text !== null) setCondition(studio, element, text);
    if (redraw) state.redraw();
  };
  const toText = button(say("asText"), () => {
    state.free = true;
    state.redraw();
  }, { key: "as-text", kind: "gj-panel-inline" });
  return h("div", {}, conditionRows({ read, names: state.names, say, save }), h("p", { className: "gj-panel-links" }, toText));
}

function free(panel, state, text) {
  const { studio, element, say } = panel;
  const wrong = h("p", { className: "gj-panel-error", role: "status", hidden: true });
  const input = textInput({
    key: "condition-text",
    className: "gj-in gj-mono",
    spellcheck: false,
    lines: 3,
    value: text,
    write: (typed) => {
      setCondition(studio, element, typed.trim());
      judge(panel, typed.trim(), wrong);
    },
  });
  if (text) judge(panel, text, wrong);
  const names = h("p", { className: "gj-panel-hint" }, say("knownHere", { names: state.names.map((one) => one.code).join(say("comma")) }));
  const back = readCondition(text)
    ? button(say("asRows"), () => {
        state.free = false;
        state.redraw();
      }, { key: "as-rows", kind: "gj-panel-inline" })
    : null;
  return h("div", {}, field(say("expression"), input), wrong, names, back);
}

async function judge(panel, text, wrong) {
  try {
    const answer = text ? await ask(panel.urls.condition, { method: "POST", body: { text } }) : {};
    const place = answer.column ? panel.say("column", { column: answer.column }) : "";
    wrong.textContent = answer.problem ? `${place}${answer.problem}` : "";
  } catch {
    wrong.textContent = "";
  }
  wrong.hidden = !wrong.textContent;
}
