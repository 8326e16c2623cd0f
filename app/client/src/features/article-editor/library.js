// The dialog that shows the media library: choose a picture or a file, or bring a new one.
import { ask } from "../studio-server/index.js";
import { upload } from "./server.js";

const WAIT_MS = 250;

/** The dialog of a page; `pick(kind)` resolves with the chosen medium or null. */
export class Library {
  constructor(dialog, { library, add, say }) {
    Object.assign(this, { dialog, library, add, say });
    this.list = dialog.querySelector("[data-list]");
    this.note = dialog.querySelector("[data-note]");
    this.search = dialog.querySelector("[data-search]");
    this.alt = dialog.querySelector("[data-alt]");
    this.file = dialog.querySelector("[data-file]");
    this.search.addEventListener("input", () => {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.fill(), WAIT_MS);
    });
    this.file.addEventListener("change", () => this.bring());
    dialog.addEventListener("close", () => this.answer(null));
    dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  }

  pick(kind) {
    this.kind = kind;
    this.dialog.dataset.kind = kind;
    this.dialog.querySelector("h2").textContent = this.say(kind === "picture" ? "pickPicture" : "pickFile");
    this.file.accept = kind === "picture" ? ".jpg,.jpeg,.png" : "";
    this.search.value = this.alt.value = this.note.textContent = "";
    this.dialog.showModal();
    this.fill();
    return new Promise((resolve) => (this.resolve = resolve));
  }

  answer(media) {
    const resolve = this.resolve;
    this.resolve = null;
    if (this.dialog.open) this.dialog.close();
    if (resolve) resolve(media);
  }

  async fill() {
    const query = new URLSearchParams({ q: this.search.value, kind: this.kind });
    try {
      const { media } = await ask(`${this.library}?${query}`);
      this.list.replaceChildren(...media.map((one) => this.tile(one)));
      this.note.textContent = media.length ? "" : this.say("nothing");
    } catch (error) {
      this.note.textContent = error.message || this.say("unreachable");
    }
  }

  tile(media) {
    const row = document.createElement("li");
    const tile = Object.assign(document.createElement("button"), { type: "button" });
    if (media.width) tile.append(Object.assign(document.createElement("img"), { src: media.url, alt: "" }));
    tile.append(Object.assign(document.createElement("b"), { textContent: media.name }));
    tile.append(Object.assign(document.createElement("span"), { textContent: media.alt || (media.width ? this.say("noAlt") : "") }));
    tile.addEventListener("click", () => this.answer(media));
    row.append(tile);
    return row;
  }

  async bring() {
    const [file] = this.file.files;
    if (!file) return;
    this.note.textContent = this.say("uploading", { name: file.name });
    try {
      const media = await upload(this.add, file, file.name, this.alt.value);
      this.answer(media);
    } catch (error) {
      this.note.textContent = error.message || this.say("unreachable");
    }
    this.file.value = "";
  }
}
