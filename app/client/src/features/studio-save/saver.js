import { ask, Refused } from "../studio-server/index.js";
import { Memory } from "./memory.js";
import { refreshToken } from "./presence.js";
import { showState, words } from "./state.js";

const KEEP_MS = 300;
const SEND_MS = 1500;
const RETRY_MS = 8000;
const BAD_TOKEN = 400;
const SIGNED_OUT = 401;
const CONFLICT = 409;

/** All savers of the page: leaving through a link of the frame flushes them. */
export const savers = new Set();

/**
 * Saves one part of a draft while it is edited: at most 1.5 seconds after a change it is on its way to the server,
 * at most 0.3 seconds after it is in the browser's own memory, where it stays until the server has it.
 *
 * `text` is the text as the page got it; with it a save by somebody else to another part of the draft is no conflict.
 */
export class Saver {
  constructor({ url, rowVersion, text = null, onState = () => {} }) {
    this.url = url;
    this.rowVersion = rowVersion;
    this.known = text;
    this.onState = onState;
    this.memory = new Memory(url);
    this.getText = null;
    this.sending = null;
    this.state = "saved";
    savers.add(this);
    document.addEventListener("visibilitychange", () => this.woken());
    window.addEventListener("online", () => this.unsaved && this.flush());
    window.addEventListener("pagehide", () => this.keep());
  }

  /** Say whether anything is not on the server yet. */
  get unsaved() {
    return this.getText !== null;
  }

  /** Note a change; `getText` returns the whole text, at once or as a promise. */
  changed(getText) {
    this.getText = getText;
    this.keeping ||= window.setTimeout(() => this.keep(), KEEP_MS);
    if (this.state !== "conflict") this.sendIn(SEND_MS);
  }

  /** Send what is not sent yet; resolve when the server has it or has refused it. */
  async flush() {
    window.clearTimeout(this.timer);
    this.timer = 0;
    if (this.sending) await this.sending;
    if (!this.unsaved || this.state === "conflict") return;
    this.sending = this.send();
    await this.sending;
    this.sending = null;
    if (this.unsaved && this.state === "saved") this.sendIn(SEND_MS);
  }

  /** Return what an earlier page could not bring to the server, `{text, at}`, or null. */
  kept() {
    const kept = this.memory.read();
    return kept && kept.text !== this.known ? kept : null;
  }

  /** Forget what an earlier page could not bring to the server. */
  forget() {
    this.memory.forget();
  }

  /** Save over what somebody else saved in between. */
  async overwrite() {
    const theirs = await ask(this.url);
    this.rowVersion = theirs.row_version;
    this.known = theirs.text;
    this.state = "saved";
    await this.flush();
  }

  /** Return the text as it is now on the page. */
  async current() {
    return this.getText ? this.getText() : this.known;
  }

  sendIn(wait) {
    this.timer ||= window.setTimeout(() => this.flush(), wait);
  }

  woken() {
    if (document.hidden) this.keep();
    if (this.unsaved && this.state !== "conflict") this.flush();
  }

  async keep() {
    window.clearTimeout(this.keeping);
    this.keeping = 0;
    if (this.getText) this.memory.keep(await this.getText());
  }

  async send() {
    const getText = this.getText;
    this.tell("saving");
    try {
      const text = await getText();
      this.memory.keep(text); // until the server has it: the tab may be closed meanwhile
      if (this.getText === getText) this.getText = null;
      await this.put(text);
    } catch (error) {
      this.getText ||= getText;
      this.failed(error);
    }
  }

  async put(text, again = true) {
    try {
      const answer = await ask(this.url, { method: "PUT", body: { text, row_version: this.rowVersion } });
      this.arrived(text, answer);
    } catch (error) {
      if (!again || !(await this.maySendAgain(error, text))) throw error;
      await this.put(text, false);
    }
  }

  arrived(text, answer) {
    this.rowVersion = answer.row_version;
    this.known = text;
    if (!this.unsaved) this.memory.forget();
    this.tell("saved", { time: answer.saved_at });
  }

  /** Put right what stands in the way without troubling anybody: an old token, a save of another part. */
  async maySendAgain(error, text) {
    if (!(error instanceof Refused)) return false;
    if (error.status === BAD_TOKEN) return refreshToken();
    if (error.status !== CONFLICT || this.known === null) return false;
    const theirs = await ask(this.url);
    if (theirs.text !== this.known && theirs.text !== text) return false;
    if (theirs.row_version === this.rowVersion) return false; // refused for another reason than a save in between
    this.rowVersion = theirs.row_version;
    return true;
  }

  failed(error) {
    const status = error instanceof Refused ? error.status : 0;
    if (status === CONFLICT) return this.tell("conflict", { sentence: error.message });
    if (status === SIGNED_OUT) {
      this.sendIn(RETRY_MS);
      return this.tell("signed-out", { signIn: error.answer.sign_in });
    }
    if (status >= 400 && status < 500) return this.tell("refused", { sentence: error.message });
    this.sendIn(RETRY_MS);
    return this.tell("offline", {});
  }

  tell(state, facts = {}) {
    this.state = state;
    const told = { state, sentence: words()(state, { time: facts.time || "" }), ...facts };
    showState(told, this);
    this.onState(told);
  }
}
