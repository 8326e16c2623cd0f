// Pictures of the text: those with their bytes are brought to the library; those without words are listed.
import { Selection } from "@tiptap/pm/state";
import { bytesOf, describe, upload } from "./server.js";
import { MEDIA } from "./schema.js";

const MOST = 60;

/** Return where the last change of a transaction ends. */
function endOf(tr) {
  let end = 0;
  tr.mapping.maps[tr.mapping.maps.length - 1].forEach((_from, _to, _newFrom, newTo) => (end = newTo));
  return end;
}

/** Set the caret into the text below a position; where there is none, into a new paragraph. */
function goBelow(tr, at, schema) {
  const { parent, nodeAfter } = tr.doc.resolve(at);
  if (!parent.isTextblock && !(nodeAfter && nodeAfter.isTextblock)) tr.insert(at, schema.nodes.paragraph.create());
  tr.setSelection(Selection.near(tr.doc.resolve(at), 1)).scrollIntoView();
}

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

  /** Put files into the library and their pictures into the text, where they were asked for; `at` is a position. */
  async insert(files, at = this.editor.state.selection.to) {
    const spot = { at };
    const follow = ({ transaction }) => (spot.at = transaction.mapping.map(spot.at, -1));
    this.editor.on("transaction", follow);
    for (const file of files) {
      if (this.count() >= MOST) {
        this.tell(this.say("tooMany"));
        break;
      }
      try {
        const media = await upload(this.url, file, file.name || "picture.png");
        spot.at = this.put(media, spot.at);
      } catch (error) {
        this.tell(error.message || this.say("pictureFailed"));
      }
    }
    this.editor.off("transaction", follow);
  }

  /** Put a picture of the library into the text and go on writing below it. */
  show(media) {
    this.put(media, this.editor.state.selection.to);
    this.editor.commands.focus();
  }

  /** Put a picture at a position and return the one behind it; a caret that went on elsewhere stays where it is. */
  put(media, at) {
    this.known.set(media.url, media);
    const { tr, selection, schema } = this.editor.state;
    const waits = selection.to === at;
    tr.replaceRangeWith(at, at, schema.nodes.image.create({ src: media.url, alt: media.alt }));
    const end = endOf(tr);
    if (waits) goBelow(tr, end, schema);
    this.editor.view.dispatch(tr);
    return end;
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
    // an attribute alone: a node that is replaced would take a caret at it along
    this.each((node, place) => which(node) && Object.entries(values).forEach(([name, value]) => tr.setNodeAttribute(place, name, value)));
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
