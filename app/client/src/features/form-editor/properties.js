// What the selected field is, in the owner's questions.
import { choice, make, pressed, question, textBox, tick } from "./controls.js";
import { conditionQuestion } from "./condition-question.js";
import { hasOptions, KEYED, kindWord, WIDGETS, widgetOf } from "./fields.js";
import { optionsQuestion } from "./options-question.js";

const LABELLED = new Set(["group", "dynamiclist", ...KEYED]);
const WIDTHS = [["16", "full"], ["8", "half"], ["5", "third"], ["11", "twoThirds"], ["4", "quarter"]];
const LIMITS = {
  textfield: [["minLength", "number"], ["maxLength", "number"], ["pattern", "text"]],
  textarea: [["minLength", "number"], ["maxLength", "number"]],
  number: [["min", "number"], ["max", "number"]],
};

/** The panel beside the form: shows the selected field and writes what is changed, each change undoable. */
export class Properties {
  constructor(root, editor, say, problems) {
    Object.assign(this, { root, editor, say, problems });
    editor.on("selection.changed", () => this.draw());
    editor.on("commandStack.changed", ({ trigger }) => {
      // a listener that returns something keeps the event from all that come after it
      if (["undo", "redo", "clear"].includes(trigger)) this.draw();
    });
    this.draw();
  }

  /** Draw the panel anew for what is selected. */
  draw() {
    const field = this.editor.get("selection").get();
    this.id = field && field.type !== "default" ? field.id : null;
    this.root.replaceChildren(...(this.id ? this.questions() : this.hint()));
  }

  /** The selected field as it is now. */
  get field() {
    return this.editor.get("formFieldRegistry").get(this.id);
  }

  /** Change attributes of the field. */
  edit(changes) {
    if (this.field) this.editor.get("modeling").editFormField(this.field, changes);
  }

  /** Write or remove one of the field's own properties. */
  own(name, value) {
    const { [name]: _old, ...rest } = this.field.properties || {};
    const properties = value === "" || value === null ? rest : { ...rest, [name]: value };
    this.edit({ properties: Object.keys(properties).length ? properties : undefined });
  }

  /** Write or remove one limit of the answer. */
  limit(name, value) {
    const { [name]: _old, ...rest } = this.field.validate || {};
    const validate = value === "" || value === false ? rest : { ...rest, [name]: value };
    this.edit({ validate: Object.keys(validate).length ? validate : undefined });
  }

  hint() {
    return [make("div", { className: "gj-fe-question" }, make("h2", { textContent: this.say("panel.none") }), make("p", { className: "gj-mut", textContent: this.say("panel.hint") }))];
  }

  questions() {
    const { field, say } = this;
    const title = make("header", { className: "gj-fe-question" }, make("h2", { textContent: field.label || field.dateLabel || kindWord(field, say) }), make("span", { className: "gj-mut", textContent: kindWord(field, say) }));
    const wrong = this.problems().filter((one) => one.component === field.id);
    const sentences = wrong.map((one) => make("p", { className: "gj-field-error", textContent: one.sentence }));
    return [title, ...sentences, ...[this.words(), this.kind(), this.options(), this.needed(), this.formula(), conditionQuestion(this), this.layout(), this.name()].filter(Boolean)];
  }

  words() {
    const { field, say } = this;
    if (field.type === "text") return this.text();
    if (!LABELLED.has(field.type)) return null;
    const properties = field.properties || {};
    const label = (text) => this.edit(field.type === "datetime" ? { label: text, dateLabel: text } : { label: text });
    const shown = [
      textBox(say("p.label"), field.label || field.dateLabel, label),
      textBox(say("p.labelEn"), properties["label.en"], (text) => this.own("label.en", text)),
    ];
    if (field.type !== "expression") {
      shown.push(textBox(say("p.description"), field.description, (text) => this.edit({ description: text || undefined })));
      if (field.description) shown.push(textBox(say("p.descriptionEn"), properties["description.en"], (text) => this.own("description.en", text)));
    }
    return question(say("q.words"), ...shown);
  }

  text() {
    const { field, say } = this;
    const shown = textBox(say("p.text"), field.text, (text) => this.edit({ text }), { long: true, hint: say("p.textHint") });
    return question(say("q.text"), shown, textBox(say("p.textEn"), (field.properties || {})["text.en"], (text) => this.own("text.en", text), { long: true }));
  }

  kind() {
    const { field, say } = this;
    const widgets = WIDGETS[field.type];
    const shown = [];
    if (field.type === "datetime") {
      shown.push(choice(say("p.subtype"), field.subtype || "date", ["date", "time", "datetime"].map((one) => [one, say(`subtype.${one}`)]), (subtype) => this.edit({ subtype })));
    } else if (widgets) {
      const pairs = [["", say(`kind.${field.type}`)], ...widgets.map((one) => [one, say(`kind.${one}`)])];
      shown.push(choice(say("p.widget"), widgetOf(field), pairs, (widget) => this.ride(widget)));
    }
    if (widgetOf(field) === "person") shown.push(choice(say("p.scope"), field.properties.scope || "", ["", "own_unit", "departments"].map((one) => [one, say(`scope.${one || "all"}`)]), (scope) => this.own("scope", scope)));
    if (widgetOf(field) === "criteria") shown.push(choice(say("p.from"), field.properties.from || "", this.lines(), (from) => this.own("from", from)));
    if (widgetOf(field) === "opinion") shown.push(...this.phrases());
    if (field.type === "filepicker") shown.push(tick(say("p.multiple"), field.multiple || widgetOf(field) === "evidence", (multiple) => this.edit({ multiple: multiple || undefined })), textBox(say("p.accept"), field.accept, (accept) => this.edit({ accept: accept || undefined }), { placeholder: ".pdf,.jpg" }));
    return shown.length ? question(say("q.kind"), ...shown) : null;
  }

  ride(widget) {
    this.own("widget", widget);
    if (hasOptions(this.field) && !this.field.values) this.edit({ values: [{ label: this.say("new.option", { number: 1 }), value: "option_1" }] });
    this.draw();
  }

  lines() {
    const fields = this.editor.get("formFieldRegistry").getAll();
    const keys = fields.filter((one) => widgetOf(one) === "lines").map((one) => [one.key, one.label || one.key]);
    const from = (this.field.properties || {}).from;
    const known = keys.some(([key]) => key === from);
    return [["", this.say("p.fromNone")], ...keys, ...(from && !known ? [[from, from]] : [])];
  }

  phrases() {
    const properties = this.field.properties || {};
    const box = (label, name) => textBox(label, (properties[name] || "").split("|").map((one) => one.trim()).join("\n").trim(), (text) => this.own(name, text.split("\n").map((one) => one.trim()).filter(Boolean).join(" | ")), { long: true });
    return [box(this.say("p.phrases"), "phrases"), box(this.say("p.phrasesEn"), "phrases.en")];
  }

  options() {
    return hasOptions(this.field) ? optionsQuestion(this) : null;
  }

  needed() {
    const { field, say } = this;
    if (!KEYED.has(field.type) || field.type === "expression") return field.type === "dynamiclist" ? question(say("q.needed"), this.required()) : null;
    const validate = field.validate || {};
    const limits = (!widgetOf(field) && LIMITS[field.type]) || [];
    const boxes = limits.map(([name, kind]) => textBox(say(`limit.${name}`), validate[name], (text) => this.limit(name, kind === "number" && text !== "" && !Number.isNaN(Number(text)) ? Number(text) : text)));
    if (field.type === "number") boxes.push(textBox(say("p.digits"), field.decimalDigits, (text) => this.edit({ decimalDigits: text === "" ? undefined : Number(text) })));
    const actions = textBox(say("p.requiredFor"), (field.properties || {})["required.for"], (text) => this.own("required.for", text), { mono: true, hint: say("p.requiredForHint") });
    return question(say("q.needed"), this.required(), ...(validate.required ? [] : [actions]), ...boxes, tick(say("p.fixed"), field.disabled || field.readonly, (disabled) => this.edit({ disabled: disabled || undefined, readonly: undefined })));
  }

  required() {
    return tick(this.say("p.required"), (this.field.validate || {}).required, (required) => {
      this.limit("required", required);
      this.draw();
    });
  }

  formula() {
    if (this.field.type !== "expression") return null;
    const written = (text) => this.edit({ expression: text && !text.startsWith("=") ? `=${text}` : text });
    return question(this.say("q.formula"), textBox(this.say("p.formula"), this.field.expression, written, { long: true, mono: true, hint: this.say("p.formulaHint") }));
  }

  layout() {
    const { field, say } = this;
    const columns = String((field.layout && field.layout.columns) || 16);
    const pairs = WIDTHS.map(([value, word]) => [value, say(`width.${word}`)]);
    if (!WIDTHS.some(([value]) => value === columns)) pairs.push([columns, say("width.other", { columns })]);
    return question(say("q.layout"), choice(say("p.width"), columns, pairs, (value) => this.edit({ layout: { ...field.layout, columns: Number(value) === 16 ? null : Number(value) } })));
  }

  name() {
    const { field, say } = this;
    const name = field.type === "dynamiclist" ? "path" : "key";
    const keyed = KEYED.has(field.type) || name === "path";
    const remove = pressed(say("p.remove"), () => this.remove());
    if (!keyed) return question(say("q.more"), remove);
    return question(say("q.more"), textBox(say("p.key"), field[name], (text) => this.rename(name, text), { mono: true, hint: say("p.keyHint") }), remove);
  }

  /** Give the field another name of its data; a name that another field has is not taken. */
  rename(attribute, text) {
    const taken = this.editor.get("formFieldRegistry").getAll().some((one) => one.id !== this.id && one._parent === this.field._parent && (one.key === text || one.path === text));
    if (!text || taken) this.draw();
    else this.edit({ [attribute]: text });
  }

  remove() {
    const { field, editor } = this;
    const parent = editor.get("formFieldRegistry").get(field._parent);
    editor.get("modeling").removeFormField(field, parent, parent.components.findIndex((one) => one.id === field.id));
  }
}
