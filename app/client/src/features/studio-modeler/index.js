// The modeler of a draft: one diagram, drawn, checked and saved while one edits.
import { Saver, offerKept } from "../studio-save/index.js";
import { ask } from "../studio-server/index.js";
import { untranslated } from "../studio-i18n/index.js";
import { wordsOf } from "../studio-words/index.js";
import { newModeler, newViewer } from "./canvas.js";
import { Edits, beforeEdits } from "./edits.js";
import { fit, keepFitted, show } from "./fit.js";
import { laidOut } from "./layout.js";
import { draw, painted } from "./opening.js";
import { wakeTools } from "./tools.js";
import { widenLabels } from "../diagram/labels.js";

const SOON_MS = 150;

/** Open the modeler in `root`, whose page holds the draft as JSON; resolve when the diagram is drawn and fitted. */
export async function openStudio(root) {
  const data = JSON.parse(document.querySelector("script[data-studio-data]").textContent);
  const studio = new Studio(root, data, wordsOf("modeler"));
  root.studio = studio;
  await studio.open();
  return studio;
}

/** What panel, table of steps and checks share: the modeler, what the server told, who listens. */
class Studio {
  constructor(root, data, words) {
    Object.assign(this, { root, data, words, problems: [], listeners: { change: [], select: [] } });
    this.readOnly = !data.open || window.innerWidth < data.narrowest;
    this.saver = new Saver({ url: data.urls.part, rowVersion: data.row_version, text: data.text });
  }

  async open() {
    const place = this.root.querySelector("[data-canvas]");
    await painted(); // the page stands while the script works
    this.modeler = this.readOnly ? await newViewer(place) : newModeler(place, this.data, this.words);
    await this.show(this.data.text);
    this.listen();
    keepFitted(this.modeler, place, !this.readOnly);
    wakeTools(this);
    this.root.dataset.ready = "true";
    if (!this.readOnly) offerKept(this.saver, (text) => this.restore(text));
  }

  /** Return a service of the modeler by its name. */
  get(name) {
    return this.modeler.get(name);
  }

  /** Return the diagram as it is now: the text that was opened with what was edited. */
  xml() {
    this.written ||= this.write(); // once for each change: saving, keeping and checking ask for the same text
    return this.written;
  }

  async write() {
    if (this.readOnly) return this.data.text;
    return this.edits.text();
  }

  /** Call `heard()` soon after each change of the diagram. */
  onChange(heard) {
    this.listeners.change.push(heard);
  }

  /** Call `heard(element or null, {focus})` when something else is selected; `focus` names the rule to look at. */
  onSelect(heard) {
    this.listeners.select.push(heard);
  }

  /** Select an element by its id, or nothing; `focus` is the rule of a problem that the panel should lead to. */
  select(id, { focus } = {}) {
    this.focus = focus;
    const element = id ? this.get("elementRegistry").get(id) : null;
    const selected = element && element.parent ? [element] : [];
    if (element) show(this.modeler, element);
    const same = this.selected() === (selected[0] || null);
    this.get("selection").select(selected);
    if (same) this.tellSelected();
  }

  /** Return the selected element, null when none or several are. */
  selected() {
    const selected = this.get("selection").get();
    return selected.length === 1 ? selected[0] : null;
  }

  /** Return who and what can be chosen in this draft: people, roles, forms …; asked once. */
  choices() {
    this.chosen ||= ask(this.data.urls.choices);
    return this.chosen;
  }

  /** Return the words of the modeler that no dictionary has. */
  untranslated() {
    return [...untranslated];
  }

  /** Say one sentence below the canvas. */
  say(sentence) {
    const place = this.root.querySelector("[data-say]");
    place.textContent = sentence;
    place.hidden = !sentence;
  }

  /** Draw a text that an earlier page could not save, and save it. */
  async restore(text) {
    await this.show(text);
    this.changed();
  }

  async show(text) {
    const found = await laidOut(text);
    await draw(this, found.text);
    widenLabels(this.modeler);
    this.written = null;
    this.edits = new Edits(this.modeler, found.text);
    fit(this.modeler, !this.readOnly);
    this.say(found.say ? this.words(found.say) : "");
  }

  listen() {
    if (this.readOnly) return;
    beforeEdits(this.modeler, () => this.edits.begin());
    this.modeler.on("commandStack.changed", () => this.changed());
    this.modeler.on("selection.changed", () => this.tellSelected());
  }

  changed() {
    this.written = null;
    this.saver.changed(() => this.xml());
    this.soon ||= window.setTimeout(() => {
      this.soon = 0;
      for (const heard of this.listeners.change) heard();
    }, SOON_MS);
  }

  tellSelected() {
    const focus = this.focus;
    this.focus = undefined;
    for (const heard of this.listeners.select) heard(this.selected(), { focus });
  }
}
