// The attachments of an article and its cover.

/** The list of files beside the text. */
export class Files {
  constructor(place, { files, say, onChange }) {
    Object.assign(this, { place, say, onChange });
    this.box = place.querySelector("ul");
    this.set(files);
  }

  /** Return the files as they are saved. */
  list() {
    return this.files.map(({ media_id, kind, name }) => ({ media_id, kind, name }));
  }

  set(files) {
    this.files = files;
    this.draw();
  }

  add(media, kind) {
    const others = this.files.filter((one) => one.media_id !== media.id && (kind !== "cover" || one.kind !== "cover"));
    this.files = [...others, { media_id: media.id, kind, name: media.name }];
    this.draw();
    this.onChange();
  }

  draw() {
    this.box.replaceChildren(...this.files.map((one) => this.row(one)));
  }

  row(file) {
    const row = document.createElement("li");
    const link = Object.assign(document.createElement("a"), { href: `/content/media/${file.media_id}`, textContent: file.name, target: "_blank" });
    const drop = Object.assign(document.createElement("button"), { type: "button", className: "gj-button is-small is-quiet", textContent: this.say("drop") });
    drop.setAttribute("aria-label", this.say("dropFile", { name: file.name }));
    drop.addEventListener("click", () => {
      this.files = this.files.filter((one) => one !== file);
      this.draw();
      this.onChange();
    });
    if (file.kind === "cover") row.append(Object.assign(document.createElement("span"), { className: "gj-mark", textContent: this.say("cover") }));
    row.append(link, drop);
    return row;
  }
}
