// The form-js editor with our palette, our words and without its own panel.
import "@bpmn-io/form-js-viewer/dist/assets/form-js.css";
import "@bpmn-io/form-js-editor/dist/assets/form-js-editor.css";
import { FormEditor } from "@bpmn-io/form-js-editor";
import { iconsByType } from "@bpmn-io/form-js-viewer";
import { CHOICES, ENTRIES, hasOptions } from "./fields.js";
import { translateWithin } from "./translate.js";
import { buildPalette } from "./palette.js";

const NO_PANEL = { attachTo() {}, detach() {}, registerProvider() {} };

/** Open the editor on a schema. Rejects when the schema cannot be drawn. */
export async function openEditor(canvas, palette, schema, say) {
  const editor = new FormEditor({
    palette: { parent: document.createElement("div") },
    propertiesPanel: { parent: document.createElement("div") },
    additionalModules: [
      { propertiesPanel: ["value", NO_PANEL], propertiesProvider: ["value", {}] },
      { __init__: ["guanjiaFields"], guanjiaFields: ["factory", named(say)] },
    ],
  });
  await editor.importSchema(schema);
  canvas.replaceChildren();
  translateWithin(canvas);
  editor.attachTo(canvas);
  buildPalette(palette, editor, say);
  return editor;
}

/** Return a factory that gives every kind its Chinese name and adds our widgets as kinds of their own. */
function named(say) {
  const factory = (formFields) => {
    for (const entry of ENTRIES) {
      const base = formFields.get(entry.type);
      const label = say(`kind.${entry.name}`);
      const name = entry.name === entry.type ? entry.type : `gj-${entry.name}`;
      formFields.register(name, dressed(base, entry, label, say));
    }
    const taglist = formFields.get("taglist");
    formFields.register("taglist", dressed(taglist, { name: "taglist", type: "taglist", more: {} }, say("kind.taglist"), say));
    return {};
  };
  factory.$inject = ["formFields"];
  return factory;
}

function dressed(base, entry, label, say) {
  const component = (props) => base(props);
  const create = (options = {}, isNew = true) => (isNew ? begun(base, entry, label, say, options) : imported(base, options));
  component.config = { ...base.config, name: label, label: undefined, icon: iconsByType(entry.type), group: base.config.group || "presentation", create };
  return component;
}

/** A new field: our label, two choices to begin with, the widget it stands for. */
function begun(base, entry, label, say, options) {
  const field = { ...base.config.create({ ...options, type: entry.type, ...entry.more }), ...entry.more, type: entry.type };
  if (!["text", "separator", "spacer", "datetime"].includes(entry.type)) field.label = label;
  if (entry.type === "datetime") Object.assign(field, { dateLabel: label, label });
  if (entry.type === "text") field.text = say("new.text");
  if (entry.type === "expression") field.expression = "=1";
  if (hasOptions(field)) field.values = [1, 2].map((number) => ({ label: say("new.option", { number }), value: `option_${number}` }));
  else delete field.values;
  return field;
}

/** A field that was there: nothing is added that its owner did not write. */
function imported(base, options) {
  const field = base.config.create(options, false);
  if (CHOICES.has(options.type) && !("values" in options)) delete field.values;
  return field;
}
