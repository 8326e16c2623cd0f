import theirs from "bpmn-js-i18n/translations/zn.js";
import ours from "./zh.js";

/** Words that the modeler showed and no dictionary has; a test looks whether there are any. */
export const untranslated = new Set();

/** The module of the modeler that says its words in the language of the page. */
export const translateModule = { translate: ["value", translate] };

function translate(template, values = {}) {
  const text = isChinese() ? chinese(template) : template;
  return text.replace(/{([^}]+)}/g, (whole, key) => (key in values ? values[key] : whole));
}

function chinese(template) {
  const found = ours[template] || theirs[template];
  if (!found && /[A-Za-z]{3}/.test(template)) untranslated.add(template);
  return found || template;
}

function isChinese() {
  return document.documentElement.lang.startsWith("zh");
}
