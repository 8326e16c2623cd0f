// The fields beside the text: read from the page as one JSON text, put back from one.
const TEXTS = ["title", "summary", "source", "byline", "kind", "document_number", "publish_at"];
const FLAGS = ["reprint", "leader", "sensitive", "urgent"];

/** The fields of the page around the editor. */
export class Fields {
  constructor(form, files) {
    this.form = form;
    this.files = files;
  }

  /** Return everything with the text `body` as the server keeps it: keys in order. */
  text(body) {
    const fields = { body, files: this.files.list() };
    for (const name of TEXTS) fields[name] = this.form.elements[name].value;
    for (const name of FLAGS) fields[name] = this.form.elements[name].checked;
    return JSON.stringify(Object.fromEntries(Object.entries(fields).sort(([one], [other]) => (one < other ? -1 : 1))));
  }

  /** Put a kept text back on the page; return its body. */
  put(text) {
    const fields = JSON.parse(text);
    for (const name of TEXTS) this.form.elements[name].value = fields[name] ?? "";
    for (const name of FLAGS) this.form.elements[name].checked = fields[name] === true;
    this.files.set(fields.files || []);
    this.showKind();
    return fields.body || "";
  }

  /** Call `act` whenever somebody changes a field. */
  onChange(act) {
    for (const name of [...TEXTS, ...FLAGS]) {
      this.form.elements[name].addEventListener("input", act);
      this.form.elements[name].addEventListener("change", act);
    }
    this.form.elements.kind.addEventListener("change", () => this.showKind());
    this.showKind();
    this.keepTitleOneLine();
  }

  /** A title may fill several lines of the page but is one line of text. */
  keepTitleOneLine() {
    const title = this.form.elements.title;
    const fit = () => {
      if (title.value.includes("\n")) title.value = title.value.replace(/\s*\n\s*/g, " ");
      title.style.height = "auto";
      title.style.height = `${title.scrollHeight}px`;
    };
    title.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
    title.addEventListener("input", fit);
    window.addEventListener("resize", fit);
    fit();
  }

  /** A document number belongs to a policy only. */
  showKind() {
    this.form.querySelector("[data-policy]").hidden = this.form.elements.kind.value !== "policy";
  }
}
