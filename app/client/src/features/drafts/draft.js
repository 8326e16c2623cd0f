import { csrfToken, tell, word } from "../words/index.js";
import { forget, remember } from "./memory.js";
import { readForm } from "./fields.js";

const EVERY_MS = 2000;
const RETRY_MS = 8000;
const OUTLIVES_PAGE = 60000; // browsers refuse longer requests that should outlive their page

/** One form's draft: sent at most every two seconds while somebody types, and again when the network is back. */
export class Draft {
  constructor(form) {
    this.form = form;
    this.url = form.dataset.autosave || "";
    this.unsaved = false;
    this.timer = 0;
    this.state = document.querySelector("[data-draft-state]");
  }

  /** Note a change and send it soon. */
  changed() {
    this.unsaved = true;
    if (this.url && !this.timer) this.timer = window.setTimeout(() => this.send(), EVERY_MS);
  }

  /** Send at once what is not sent yet: the reader is leaving the tab. */
  flush() {
    if (this.url && this.unsaved) this.send();
  }

  /** Stop: the form itself is on its way. */
  stop() {
    window.clearTimeout(this.timer);
    this.timer = -1;
    this.unsaved = false;
  }

  async send() {
    window.clearTimeout(this.timer);
    this.timer = 0;
    const fields = readForm(this.form);
    this.unsaved = false;
    try {
      await this.store(await post(this.url, fields), fields);
    } catch {
      this.failed(fields, word("offline"));
      if (!this.timer) this.timer = window.setTimeout(() => this.send(), RETRY_MS);
    }
  }

  async store(response, fields) {
    if (response.status === 401 || response.type === "opaqueredirect") return this.signedOut(fields, await body(response));
    if (!response.ok) return this.failed(fields, (await body(response)).error || word("refused"));
    forget();
    const answer = await body(response);
    this.show(word("saved", { time: answer.saved_at || clock() }), false);
    return undefined;
  }

  signedOut(fields, answer) {
    remember(fields, false);
    const extras = answer.sign_in ? [link(answer.sign_in, word("signIn"))] : [];
    tell("warn", word("signedOut"), extras);
    this.show(word("signedOut"), true);
  }

  failed(fields, text) {
    this.unsaved = this.timer !== -1;
    remember(fields, false);
    this.show(text, true);
  }

  show(text, warn) {
    if (!this.state) return;
    this.state.classList.toggle("is-warn", warn);
    this.state.querySelector("[data-draft-text]").textContent = text;
  }
}

function post(url, fields) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  const text = new URLSearchParams(fields);
  const keepalive = text.toString().length < OUTLIVES_PAGE;
  return fetch(url, { method: "POST", headers, body: text, redirect: "manual", keepalive });
}

async function body(response) {
  try {
    return await response.json();
  } catch {
    return {};
  }
}

function clock() {
  return new Date().toTimeString().slice(0, 8);
}

function link(url, text) {
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.textContent = text;
  return anchor;
}
