// The choices of a field: value kept, name shown, English name.
import { afterPause, make, pressed, question, textBox } from "./controls.js";

/** Return the question that lists the choices of the selected field. */
export function optionsQuestion(panel) {
  const { field, say } = panel;
  if (field.valuesKey || field.valuesExpression) return computed(panel);
  const rows = (field.values || []).map((option, at) => row(panel, option, at));
  const head = make("tr", {}, ...["label", "labelEn", "value"].map((name) => make("th", { scope: "col", textContent: say(`option.${name}`) })), make("th", { scope: "col" }, make("span", { className: "gj-sr", textContent: say("option.acts") })));
  const table = make("table", { className: "gj-fe-options" }, make("thead", {}, head), make("tbody", {}, ...rows));
  return question(say("q.options"), table, pressed(say("option.add"), () => add(panel)));
}

function computed(panel) {
  const { field, say } = panel;
  return question(
    say("q.options"),
    textBox(say("option.key"), field.valuesKey, (valuesKey) => panel.edit({ valuesKey: valuesKey || undefined }), { mono: true }),
    textBox(say("option.expression"), field.valuesExpression, (text) => panel.edit({ valuesExpression: text || undefined }), { mono: true }),
  );
}

function row(panel, option, at) {
  const { say } = panel;
  const english = option["label.en"] ?? (panel.field.properties || {})[`option.${option.value}.en`];
  const box = (name, value) => {
    const input = make("input", { className: `gj-in${name === "value" ? " gj-mono" : ""}`, value: value ?? "", "-aria-label": say("option.of", { name: say(`option.${name}`), number: at + 1 }) });
    afterPause(input, () => write(panel, at, name, input.value.trim()));
    return make("td", {}, input);
  };
  const drop = pressed("×", () => change(panel, (values) => values.filter((_one, place) => place !== at), true), { name: say("option.drop", { number: at + 1 }), quiet: true });
  return make("tr", {}, box("label", option.label), box("labelEn", english), box("value", option.value), make("td", {}, drop));
}

function write(panel, at, name, text) {
  const attribute = name === "labelEn" ? "label.en" : name;
  change(panel, (values) => values.map((one, place) => {
    if (place !== at) return one;
    const { [attribute]: _old, ...rest } = one;
    return text || attribute !== "label.en" ? { ...one, [attribute]: text } : rest;
  }));
}

function add(panel) {
  const values = panel.field.values || [];
  const taken = new Set(values.map((one) => String(one.value)));
  let number = values.length + 1;
  while (taken.has(`option_${number}`)) number += 1;
  change(panel, (known) => [...known, { label: panel.say("new.option", { number }), value: `option_${number}` }], true);
}

function change(panel, make_, anew = false) {
  panel.edit({ values: make_(panel.field.values || []) });
  if (anew) panel.draw();
}
