// What the checks find while one writes, beside the text; a click selects the words.
import { TextSelection } from "@tiptap/pm/state";
import { ask } from "../studio-server/index.js";

const WAIT_MS = 2500;

/** Watches a text and shows what is found in it. */
export class Findings {
  constructor(place, { editor, form, url, waive, say }) {
    Object.assign(this, { place, editor, form, url, waive, say });
    this.box = place.querySelector("ul");
    this.count = place.querySelector("[data-count]");
    place.hidden = !url;
  }

  /** Look once the writer pauses. */
  soon(fields) {
    if (!this.url) return;
    this.fields = fields;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.look(fields()), WAIT_MS);
  }

  async look(text) {
    const { reprint, leader, sensitive, document_number, ...fields } = JSON.parse(text);
    const body = { ...fields, meta: { reprint, leader, sensitive, document_number } };
    try {
      const { findings } = await ask(this.url, { method: "POST", body });
      this.show(findings);
    } catch {
      // handing in checks again; while one writes nothing is said about a check that was not made
    }
  }

  show(findings) {
    if (this.box.contains(document.activeElement) && document.activeElement.value) return; // a reason is being written
    this.count.textContent = this.say(findings.length ? "found" : "foundNone", { count: findings.length });
    this.box.replaceChildren(...findings.map((one) => this.row(one)));
  }

  row(finding) {
    const row = document.createElement("li");
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const blocks = finding.level === "block" && !finding.waived;
    const mark = Object.assign(document.createElement("span"), { className: `gj-mark ${blocks ? "is-urgent" : "is-outline"}` });
    mark.textContent = finding.waived ? this.say("waived") : finding.level_name;
    button.append(mark, Object.assign(document.createElement("span"), { textContent: finding.sentence }));
    if (finding.suggestion) button.append(Object.assign(document.createElement("small"), { textContent: this.say("suggested", { text: finding.suggestion }) }));
    button.addEventListener("click", () => this.go(finding));
    row.append(button);
    if (blocks) row.append(this.reason(finding));
    return row;
  }

  /** What must be mended may stand for a reason instead. */
  reason({ rule, text }) {
    const row = Object.assign(document.createElement("div"), { className: "gj-ae-waive" });
    const field = Object.assign(document.createElement("input"), { className: "gj-in", maxLength: 500, placeholder: this.say("whyKept"), autocomplete: "off" });
    field.setAttribute("aria-label", this.say("whyKept"));
    const keep = Object.assign(document.createElement("button"), { type: "button", className: "gj-button is-small", textContent: this.say("keep") });
    keep.addEventListener("click", () => this.keep(rule, text, field));
    field.addEventListener("keydown", (event) => event.key === "Enter" && this.keep(rule, text, field));
    row.append(field, keep);
    return row;
  }

  async keep(rule, text, field) {
    try {
      await ask(this.waive, { method: "POST", body: { rule, text, reason: field.value } });
      field.value = "";
      await this.look(this.fields());
    } catch (error) {
      this.count.textContent = error.message || this.say("unreachable");
    }
  }

  /** Select the words of a finding, in a field or in the text. */
  go(finding) {
    const field = this.form.elements[finding.field];
    if (finding.field !== "body") {
      if (!field) return;
      field.focus();
      if (field.setSelectionRange && finding.offset >= 0) field.setSelectionRange(finding.offset, finding.offset + finding.text.length);
      return;
    }
    const range = rangeOf(this.editor.state.doc, finding);
    if (!range) return this.editor.commands.focus();
    const { tr, doc } = this.editor.state;
    this.editor.view.dispatch(tr.setSelection(TextSelection.create(doc, range.from, range.to)).scrollIntoView());
    this.editor.view.focus();
  }
}

/** Return where the words of a finding stand: the place nearest to what the check counted. */
function rangeOf(doc, { text, offset }) {
  const words = (text || "").trim();
  if (!words) return null;
  const found = [];
  let seen = 0;
  doc.descendants((node, place) => {
    if (!node.isTextblock) return true;
    const line = node.textBetween(0, node.content.size, "", "\ufffc");
    for (let at = line.indexOf(words); at >= 0; at = line.indexOf(words, at + 1)) found.push({ at: seen + at, from: place + 1 + at });
    seen += line.length + 1;
    return false;
  });
  found.sort((one, other) => Math.abs(one.at - offset) - Math.abs(other.at - offset));
  return found.length ? { from: found[0].from, to: found[0].from + words.length } : null;
}
