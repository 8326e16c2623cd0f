// What is filled in at the step.
import { attribute, setAttributes } from "../studio-element/index.js";
import { field, h, link, selectInput } from "./parts.js";
import { section } from "./section.js";

/** Ask which form is filled in. */
export function formSection(panel) {
  const { studio, element, say, choices, urls } = panel;
  const body = () => {
    const value = shownForm(element);
    const write = (form) => setAttributes(studio, element, { formRef: form, formKey: null });
    const form = choices.forms.find((one) => one.code === value);
    return [
      field(say("form"), selectInput({ key: "form", value, options: choices.forms, empty: say("noForm"), write }), { hidden: true }),
      h(
        "p",
        { className: "gj-panel-links" },
        form ? h("span", {}, say("fieldCount", { count: form.fields.length })) : null,
        link(say("newForm"), urls.forms),
      ),
    ];
  };
  const aside = () => {
    const value = shownForm(element);
    return value ? link(say("openForm"), `${urls.forms}/${encodeURIComponent(value)}`) : null;
  };
  return section({ title: say("form"), body, aside, about: ["form-missing", "form-unknown", "field-unknown"] });
}

function shownForm(element) {
  const text = attribute(element, "formRef") || attribute(element, "formKey");
  return text.replace(/^.*:/, "").replace(/\.form$/, "");
}
