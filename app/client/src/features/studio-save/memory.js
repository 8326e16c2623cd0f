// What a draft's page has not brought to the server yet, kept in this browser until the server has it.
const PREFIX = "guanjia-draft:";

/** The kept text of one part of a draft, by reader and address. */
export class Memory {
  constructor(url) {
    this.key = `${PREFIX}${document.body.dataset.reader || ""}:${url}`;
  }

  /** Keep a text; return whether the browser had room for it. */
  keep(text) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ text, at: new Date().toISOString() }));
      return true;
    } catch {
      return false; // the browser's memory is full or switched off
    }
  }

  /** Return what was kept as `{text, at}`, or null. */
  read() {
    try {
      return JSON.parse(localStorage.getItem(this.key));
    } catch {
      return null;
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // nothing was kept then
    }
  }
}
