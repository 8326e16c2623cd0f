// Pictures of the text: those with their bytes are brought to the library; those without words are listed.
import { bytesOf, describe, upload } from "./server.js";
import { MEDIA } from "./schema.js";

const MOST = 60;

/** Watches the pictures of an editor. */
export class Pictures {
  constructor(editor, { url, place, say, tell }) {
    Object.assign(this, { editor, url, place, say, tell });
    this.known = new Map();
    this.sending = new Map();
    this.failed = new Set();
  }

  /** Bring every picture that stands in the text with its own bytes to the library. */
  settle() {
    const found = [];
    this.each((node) => MEDIA.test(node.attrs.src || "") || found.push(node.attrs.src));
    for (const src of new Set(found)) if (!this.sending.has(src) && !this.failed.has(src)) this.sending.set(src, this.send(src));
    this.list();
  }

  /** Wait until all pictures are in the library or have failed. */
  async settled() {
    while (this.sending.size) await Promise.all(this.sending.values());
  }

  /** Put files into the library and their pictures into the text. */
  async insert(files) {
    for (const file of files) {
      if (this.count() >= MOST) return this.tell(this.say("tooMany"));
      try {
        this.show(await upload(this.url, file, file.name || "picture.png"));
      } catch (error) {
        this.tell(error.message || this.say("pictureFailed"));
      }
    }
  }

  /** Put a picture of the library into the text. */
  show(media) {
    this.known.set(media.url, media);
    this.editor.chain().focus().setImage({ src: media.url, alt: media.alt }).run();
  }

  count() {
    let count = 0;
    this.each(() => (count += 1));
    return count;
  }

  each(act) {
    this.editor.state.doc.descendants((node, place) => {
      if (node.type.name === "image") act(node, place);
    });
  }

  async send(src) {
    try {
      const blob = bytesOf(src);
      const media = await upload(this.url, blob, `${this.say("pasted")}.${blob.type === "image/png" ? "png" : "jpg"}`);
      this.known.set(media.url, media);
      this.change((node) => node.attrs.src === src, { src: media.url });
    } catch (error) {
      this.failed.add(src);
      this.tell(error.message || this.say("pictureFailed"));
    } finally {
      this.sending.delete(src);
    }
  }

  change(which, values) {
    const { tr } = this.editor.state;
    this.each((node, place) => which(node) && tr.setNodeMarkup(place, null, { ...node.attrs, ...values }));
    if (tr.docChanged) this.editor.view.dispatch(tr);
  }

  /** List the pictures that say nothing to somebody who cannot see them, each with a field. */
  list() {
    const silent = [];
    this.each((node) => MEDIA.test(node.attrs.src || "") && !node.attrs.alt.trim() && silent.push(node.attrs.src));
    const wanted = [...new Set(silent)];
    const box = this.place.querySelector("ul");
    for (const row of [...box.children]) if (!wanted.includes(row.dataset.src) && !row.contains(document.activeElement)) row.remove();
    for (const src of wanted) if (![...box.children].some((row) => row.dataset.src === src)) box.append(this.row(src));
    this.place.hidden = !box.children.length;
  }

  row(src) {
    const row = document.createElement("li");
    row.dataset.src = src;
    const picture = Object.assign(document.createElement("img"), { src, alt: "" });
    const label = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { className: "gj-in", maxLength: 300 });
    const words = Object.assign(document.createElement("span"), { textContent: this.say("alt") });
    input.addEventListener("change", () => this.word(src, input.value.trim()));
    label.append(words, input);
    row.append(picture, label);
    return row;
  }

  word(src, alt) {
    if (!alt) return;
    this.change((node) => node.attrs.src === src, { alt });
    const media = this.known.get(src);
    if (media && !media.alt) describe(media.describe, alt).then((told) => this.known.set(src, told)).catch(() => {}); // the text has the words already
    this.list();
  }
}
