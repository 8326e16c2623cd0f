// The form as the server draws it for a reader, from the text on the page, saved or not.

/** The preview: posts the text into the frame, which the server fills. */
export class Preview {
  constructor(form, text) {
    Object.assign(this, { form, text, drawn: null });
    this.frame = form.parentElement.querySelector("iframe");
    // an answer that is no form (nobody signed in, no server) is asked for again
    this.frame.addEventListener("load", () => isForm(this.frame) || this.outdate());
    form.addEventListener("change", () => this.draw());
  }

  /** Draw it anew if it would be another: what a reader tries in it stays. */
  draw() {
    this.frame.classList.toggle("is-phone", this.form.querySelector("[data-width]").value === "phone");
    const { schema, step, language, csrf_token: token } = this.form.elements;
    const wanted = JSON.stringify([this.text(), step.value, language.value]);
    if (wanted === this.drawn) return;
    this.drawn = wanted;
    schema.value = this.text();
    token.value = document.querySelector('meta[name="csrf-token"]').content;
    this.form.submit();
  }

  /** Something that the page does not show here is different now: the next drawing is a new one. */
  outdate() {
    this.drawn = null;
  }
}

function isForm(frame) {
  try {
    return Boolean(frame.contentDocument.querySelector(".gj-preview"));
  } catch {
    return false; // the browser's own page about what went wrong
  }
}
