// The palette: drag a kind onto the form, or press it to add it after what is selected.
import { h, render } from "preact";
import { iconsByType } from "@bpmn-io/form-js-viewer";
import { GROUPS } from "./fields.js";

/** Fill the palette with what may be put on a form. */
export function buildPalette(root, editor, say) {
  const find = document.createElement("input");
  Object.assign(find, { type: "search", className: "gj-in", placeholder: say("palette.find") });
  find.setAttribute("aria-label", say("palette.find"));
  const groups = GROUPS.map((group) => buildGroup(group, editor, say));
  find.addEventListener("input", () => filter(groups, find.value.trim()));
  root.replaceChildren(find, ...groups);
}

function buildGroup(group, editor, say) {
  const section = document.createElement("section");
  const title = document.createElement("h3");
  title.textContent = say(`palette.${group.name}`);
  const list = document.createElement("div");
  list.className = "gj-fe-kinds fjs-palette-fields fjs-drag-container fjs-no-drop";
  list.append(...group.entries.map((entry) => buildEntry(entry, editor, say)));
  section.append(title, list);
  return section;
}

function buildEntry(entry, editor, say) {
  const type = entry.name === entry.type ? entry.type : `gj-${entry.name}`;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "gj-fe-kind fjs-palette-field fjs-drag-copy fjs-no-drop";
  button.dataset.fieldType = type;
  const icon = document.createElement("span");
  icon.setAttribute("aria-hidden", "true");
  render(h(iconsByType(entry.type), { width: 26, height: 26, viewBox: "0 0 54 54" }), icon);
  const label = document.createElement("span");
  label.textContent = say(`kind.${entry.name}`);
  button.append(icon, label);
  button.title = say("palette.add", { name: label.textContent });
  button.addEventListener("click", () => add(editor, type));
  return button;
}

/** Add a field after the selected one, or inside a selected group, else at the end. */
function add(editor, type) {
  const root = editor._getState().schema;
  const chosen = editor.get("selection").get() || root;
  const registry = editor.get("formFieldRegistry");
  const within = ["group", "dynamiclist"].includes(chosen.type) && !["group", "dynamiclist"].includes(type);
  const parent = within ? chosen : registry.get(chosen._parent) || root;
  const place = parent.components.findIndex((one) => one.id === chosen.id);
  const index = place < 0 ? parent.components.length : place + 1;
  const field = editor.get("modeling").addFormField({ type, _parent: parent.id }, parent, index);
  editor.get("selection").set(registry.get(field.id));
}

function filter(groups, text) {
  for (const group of groups) {
    const buttons = [...group.querySelectorAll("button")];
    buttons.forEach((button) => (button.hidden = !button.textContent.includes(text)));
    group.hidden = buttons.every((button) => button.hidden);
  }
}
