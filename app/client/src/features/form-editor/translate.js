// form-js speaks English only: its words on the canvas are replaced as they appear.
import { wordsOf } from "../studio-words/index.js";

const ATTRIBUTES = ["title", "placeholder", "aria-label", "alt"];
const OWN_TEXT = ".fjs-form-field-label, .fjs-form-field-description, .fjs-form-field-text, .fjs-form-field-html";

/** Keep everything below `root` in the reader's language. */
export function translateWithin(root) {
  const say = wordsOf("form-js");
  const observer = new MutationObserver((records) => {
    for (const record of records) {
      if (record.type === "characterData") text(record.target, say);
      else if (record.type === "attributes") attributes(record.target, say);
      else record.addedNodes.forEach((node) => all(node, say));
    }
  });
  observer.observe(root, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ATTRIBUTES });
  all(root, say);
}

function all(node, say) {
  if (node.nodeType === Node.TEXT_NODE) {
    text(node, say);
    return;
  }
  if (node.nodeType !== Node.ELEMENT_NODE) return;
  attributes(node, say);
  node.childNodes.forEach((child) => all(child, say));
}

function attributes(node, say) {
  for (const name of ATTRIBUTES) {
    const value = node.getAttribute(name);
    const said = value && word(value, say);
    if (said && said !== value) node.setAttribute(name, said);
  }
}

function text(node, say) {
  const value = node.data.trim();
  // what the owner wrote stays as it is, even where it reads like one of the editor's own words
  if (!value || (node.parentElement && node.parentElement.closest(OWN_TEXT))) return;
  const said = word(value, say);
  if (said !== value) node.data = node.data.replace(value, said);
}

function word(value, say) {
  const removed = value.match(/^Remove (.+)$/);
  if (removed && removed[1] !== "tag") return say("Remove {name}", { name: removed[1] });
  const computed = value.match(/^Expression for '(.+)'$/);
  return computed ? say("Expression for {name}", { name: computed[1] }) : say(value);
}
