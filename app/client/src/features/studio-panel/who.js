// Who does the step: a rule with its parts, and who it would be today.
import { ruleOf, setWho, stepsBefore, unquoted, whoOf, writeRule } from "../studio-element/index.js";
import { ask } from "../studio-server/index.js";
import { bringsCase } from "./brought.js";
import { chips } from "./chips.js";
import { button, field, freshId, h, selectInput, textInput } from "./parts.js";
import { picker } from "./picker.js";
import { section } from "./section.js";

const KINDS = ["starter", "users", "roles", "role", "head", "chain", "earlier", "duty", "field", "expression"];
const ABOUT = ["assignee-missing", "assignee", "role-unknown"];

/** Ask who does the step. */
export function whoSection(panel) {
  const state = { kind: null, sample: panel.sample || panel.choices.starter, text: null };
  const today = h("p", { className: "gj-panel-today", role: "status" });
  const one = section({
    title: panel.say("who"),
    about: ABOUT,
    body: () => {
      const rule = shownRule(panel, state);
      return [kindPicker(panel, state, rule), ...parts(panel, state, rule), today, sample(panel, state)];
    },
  });
  const update = one.update;
  one.update = () => {
    update();
    tell(panel, state, today, one);
  };
  state.redraw = () => {
    one.draw(true);
    tell(panel, state, today, one, true);
  };
  tell(panel, state, today, one, true);
  return one;
}

// a kind that was chosen but has no parts yet shows what it asks; the diagram keeps the old rule until then
function shownRule(panel, state) {
  const rule = ruleOf(whoOf(panel.element));
  if (state.kind && state.kind !== rule.kind) return { kind: state.kind };
  state.kind = null;
  return rule;
}

function kindPicker(panel, state, rule) {
  const options = KINDS.map((code) => ({ code, name: panel.say(`who.${code}`) }));
  const write = (kind) => {
    state.kind = kind;
    const ready = READY[kind]?.(panel);
    if (ready) setWho(panel.studio, panel.element, writeRule(ready));
    state.redraw();
  };
  const value = rule.kind === "none" ? "" : rule.kind;
  const select = selectInput({ key: "who-kind", value, options, write, empty: rule.kind === "none" ? panel.say("choose") : undefined });
  return field(panel.say("who"), select, { hidden: true });
}

// what a kind means as soon as it is chosen, where that asks nothing more
const READY = {
  starter: () => ({ kind: "starter" }),
  head: () => ({ kind: "head", unit: "starter.unit" }),
  chain: () => ({ kind: "chain", unit: "starter.unit", n: 2 }),
};

function parts(panel, state, rule) {
  const write = (made) => {
    setWho(panel.studio, panel.element, writeRule({ ...made, kind: rule.kind }));
    state.kind = rule.kind;
    state.redraw();
  };
  const draw = PARTS[rule.kind];
  return draw ? [draw(panel, rule, write)].flat() : [];
}

const words = (panel) => ({ add: panel.say("add"), search: panel.say("search"), none: panel.say("nothing"), remove: panel.say("remove") });

const PARTS = {
  users: (panel, rule, write) =>
    chips({ key: "who-users", chosen: rule.names || [], options: panel.choices.people, words: words(panel), write: (names) => write({ names }) }),
  roles: (panel, rule, write) =>
    chips({ key: "who-roles", chosen: rule.names || [], options: panel.choices.roles, words: words(panel), write: (names) => write({ names }) }),
  role: (panel, rule, write) => {
    const unit = rule.unit || "starter.unit";
    const role = rule.role || "";
    return [
      field(panel.say("role"), selectInput({ key: "who-role", value: role, options: panel.choices.roles, empty: role ? undefined : panel.say("choose"), write: (code) => write({ role: code, unit: fitting(panel, code, unit, rule) }) })),
      unitField(panel, unit, (code) => role && write({ role, unit: code })),
    ];
  },
  head: (panel, rule, write) => unitField(panel, rule.unit || "starter.unit", (unit) => write({ unit })),
  chain: (panel, rule, write) => [
    unitField(panel, rule.unit || "starter.unit", (unit) => write({ unit, n: rule.n || 2 })),
    field(panel.say("levels"), textInput({ key: "who-n", type: "number", min: 1, max: 20, value: String(rule.n || 2), write: (n) => Number(n) > 0 && write({ unit: rule.unit || "starter.unit", n: Math.min(20, Math.round(Number(n))) }) })),
  ],
  earlier: (panel, rule, write) => {
    const options = stepsBefore(panel.studio, panel.element).map((one) => ({ code: one.id, name: one.businessObject.name || one.id }));
    return field(panel.say("step"), selectInput({ key: "who-step", value: rule.node || "", options, empty: rule.node ? undefined : panel.say("choose"), write: (node) => write({ node }) }));
  },
  duty: (panel, rule, write) => {
    const box = picker({ key: "who-post", label: panel.say("search"), none: panel.say("nothing"), options: panel.choices.posts, shown: rule.post || "", pick: (one) => write({ post: one.code }) });
    return labelled(panel.say("post"), box);
  },
  field: (panel, rule, write) => {
    const options = personFields(panel);
    return field(panel.say("formField"), selectInput({ key: "who-field", value: rule.name || "", options, empty: rule.name ? undefined : panel.say("choose"), write: (name) => write({ name }) }), { hint: options.length ? "" : panel.say("noPersonField") });
  },
  expression: (panel, rule, write) => {
    const now = whoOf(panel.element);
    const input = textInput({ key: "who-text", className: "gj-in gj-mono", spellcheck: false, value: now.text, write: (text) => write({ text: text.trim(), attr: now.attr || "assignee" }) });
    return field(panel.say("expression"), input, { hint: panel.say("expressionHint") });
  },
};

// a vendor's role is asked of the vendor that does the case
function fitting(panel, role, unit, rule) {
  const vendor = panel.choices.roles.find((one) => one.code === role)?.vendor;
  if (rule.unit && (!vendor || rule.unit === "case.vendor")) return unit;
  return vendor && bringsCase(panel, "vendor") ? "case.vendor" : unit;
}

function unitField(panel, value, write) {
  const brought = ["unit", "vendor"].filter((name) => bringsCase(panel, name)).map((name) => `case.${name}`);
  const fixed = ["starter.unit", ...brought].map((code) => ({ code, name: panel.say(`unit.${code}`) }));
  const units = panel.choices.units.map((one) => ({ code: `'${one.code}'`, name: one.name }));
  const shown = [...fixed, ...units].find((one) => one.code === value)?.name || unquoted(value) || value;
  const box = picker({ key: "who-unit", label: panel.say("search"), none: panel.say("nothing"), options: [...fixed, ...units], shown, pick: (one) => write(one.code) });
  return labelled(panel.say("unit"), box);
}

function labelled(label, box) {
  box.input.id = freshId();
  return h("div", { className: "gj-panel-field" }, h("label", { className: "gj-panel-label", for: box.input.id }, label), box.node);
}

function personFields(panel) {
  const found = panel.choices.forms.flatMap((form) => form.fields.filter((one) => one.kind === "person"));
  const brought = bringsCase(panel, "requester") ? [{ code: "case.requester", name: panel.say("requesterField") }] : [];
  return [...brought, ...new Map(found.map((one) => [one.code, one])).values()];
}

// who starts is asked only where that decides who does it
function sample(panel, state) {
  if (!/\b(starter|case)\b/.test(whoOf(panel.element).text)) return null;
  const person = panel.choices.people.find((one) => one.code === state.sample);
  const shown = panel.say("sample", { name: person?.name || state.sample });
  const line = h("p", { className: "gj-panel-sample" }, shown, " ");
  const change = button(panel.say("changeSample"), () => {
    const box = picker({
      key: "who-sample",
      label: panel.say("search"),
      none: panel.say("nothing"),
      options: panel.choices.people,
      pick: (one) => {
        state.sample = panel.sample = one.code;
        state.redraw();
      },
    });
    line.replaceChildren(box.node);
    box.input.setAttribute("aria-label", panel.say("sampleLabel"));
    box.input.focus();
    box.open();
  }, { key: "who-sample", kind: "gj-panel-inline" });
  line.append(change);
  return line;
}

async function tell(panel, state, today, one, anyway = false) {
  const who = whoOf(panel.element);
  const asked = `${who.attr} ${who.text} ${state.sample}`;
  if (asked === state.text && !anyway) return;
  state.text = asked;
  if (!who.attr) return said(today, one, "", "");
  try {
    const answer = await ask(panel.urls.who, { method: "POST", body: { ...who, starter: state.sample } });
    if (state.text === asked) show(panel, who, answer, today, one);
  } catch {
    if (state.text === asked) said(today, one, "", panel.say("todayUnknown"));
  }
}

function show(panel, who, answer, today, one) {
  const { say } = panel;
  // what cannot be read the checker says below
  if (answer.problem) return said(today, one, "", "");
  if (answer.needs?.length) return said(today, one, "", say("todayNeeds", { names: answer.needs.map((name) => fieldName(panel, name)).join(say("comma")) }));
  if (answer.earlier?.length) return said(today, one, "", say("todayEarlier", { step: stepName(panel, answer.earlier[0]) }));
  const names = answer.names.slice(0, 4).join(say("comma"));
  const shown = answer.names.length > 4 ? say("todayMore", { names, count: answer.names.length }) : names;
  if (answer.fell_back) return said(today, one, "", say("todayNobody", { names: shown }), true);
  return said(today, one, say("today", { names: shown }), say("nobodyThen"));
}

function said(today, one, aside, text, bad = false) {
  one.side.textContent = aside;
  today.textContent = text;
  today.classList.toggle("is-bad", bad);
}

function fieldName(panel, code) {
  const found = panel.choices.forms.flatMap((form) => form.fields).find((one) => one.code === code);
  const words = panel.say(`unit.${code}`);
  return found?.name || (words.startsWith("unit.") ? code : words);
}

function stepName(panel, id) {
  return panel.studio.get("elementRegistry").get(id)?.businessObject.name || id;
}

