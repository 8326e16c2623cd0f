// What an owner may put on a form: kinds that the server draws, and this product's own widgets riding on them.

const plain = (type, more = {}) => ({ name: type, type, more });
const own = (name, type, more = {}) => ({ name, type, more: { ...more, properties: { widget: name } } });

/** The palette, group by group; `more` is what a new one begins with. */
export const GROUPS = [
  { name: "fill", entries: ["textfield", "textarea", "number", "datetime", "checkbox", "radio", "select", "checklist", "filepicker"].map((type) => plain(type)) },
  {
    name: "own",
    entries: [
      own("person", "select"),
      own("unit", "select"),
      own("vendor", "select"),
      own("site", "select"),
      own("category", "select"),
      own("opinion", "textarea"),
      own("richtext", "textarea"),
      own("lines", "textarea"),
      own("criteria", "checklist"),
      own("rating", "radio"),
      own("phone", "textfield"),
      own("caselink", "textfield"),
      own("evidence", "filepicker"),
      own("subject", "textfield"),
    ],
  },
  { name: "layout", entries: ["group", "dynamiclist", "expression", "text", "separator", "spacer"].map((type) => plain(type)) },
];

export const ENTRIES = GROUPS.flatMap((group) => group.entries);
export const SOURCES = new Set(["person", "unit", "vendor", "site", "category"]);
export const CHOICES = new Set(["select", "radio", "checklist", "taglist"]);
export const KEYED = new Set(["textfield", "textarea", "number", "datetime", "checkbox", "radio", "select", "checklist", "taglist", "filepicker", "expression"]);

const WRITTEN = ["richtext", "opinion", "lines", "caselink", "criteria"];
/** The widgets that may ride on a kind. */
export const WIDGETS = {
  textfield: [...SOURCES, ...WRITTEN, "rating", "evidence", "phone", "subject"],
  textarea: WRITTEN,
  select: [...SOURCES, "rating"],
  radio: [...SOURCES, "criteria", "rating"],
  checklist: [...SOURCES, "criteria"],
  taglist: [...SOURCES],
  number: ["rating"],
  filepicker: ["evidence"],
};

/** Return the widget of a field, empty when it has none. */
export function widgetOf(field) {
  return (field.properties && field.properties.widget) || "";
}

/** Say whether the owner lists the choices of a field. */
export function hasOptions(field) {
  return CHOICES.has(field.type) && !SOURCES.has(widgetOf(field)) && !["criteria", "rating"].includes(widgetOf(field));
}

/** Return the word for a field's kind. */
export function kindWord(field, say) {
  return say(`kind.${widgetOf(field) || field.type}`);
}
