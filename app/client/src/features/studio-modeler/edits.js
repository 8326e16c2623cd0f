// The text of a draft as it is now: the text that was opened, and from the first edit on what was edited in it.
import { Graft } from "./graft.js";

const FIRST = 10000; // before everything else that hears of a command

/** Knows what was opened and, once somebody edits, how the modeler wrote it before: saving compares with that. */
export class Edits {
  constructor(modeler, opened) {
    Object.assign(this, { modeler, opened, graft: null });
  }

  /** Note how the modeler writes the diagram while nothing is edited yet. It is written at once, compared later. */
  begin() {
    this.graft ||= this.exported().then((before) => new Graft(this.opened, before));
  }

  /** Return the text with what was edited. */
  async text() {
    if (!this.graft) return this.opened;
    const graft = await this.graft;
    return graft.onto(await this.exported());
  }

  async exported() {
    return (await this.modeler.saveXML({ format: true })).xml;
  }
}

/** Have `begin()` called before each edit. Most who open a large diagram only look; they need not wait for it. */
export function beforeEdits(modeler, begin) {
  modeler.on("commandStack.preExecute", FIRST, begin);
}
