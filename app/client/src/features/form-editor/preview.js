// The form as the server draws it for a reader, from the text on the page, saved or not.

/** The preview: posts the text into the frame, which the server fills. */
export class Preview {
  constructor(form, text) {
    Object.assign(this, { form, text });
    this.frame = form.parentElement.querySelector("iframe");
    form.addEventListener("change", () => this.draw());
  }

  /** Draw it anew. */
  draw() {
    this.frame.classList.toggle("is-phone", this.form.querySelector("[data-width]").value === "phone");
    this.form.elements.schema.value = this.text();
    this.form.elements.csrf_token.value = document.querySelector('meta[name="csrf-token"]').content;
    this.form.submit();
  }
}
