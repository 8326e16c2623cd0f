// The checker's word on the draft while one edits: a list below the canvas, marks on the diagram.
import { ask } from "../studio-server/index.js";
import { wordsOf } from "../studio-words/index.js";
import { List } from "./list.js";
import { Marks } from "./marks.js";

const QUIET_MS = 800;

/** Check the draft now and after each edit; `studio.problems` is what was found last. */
export function mountChecks(studio, node) {
  const checks = new Checks(studio, node);
  studio.recheck = () => checks.run();
  studio.onChange(() => checks.soon());
  checks.run();
}

class Checks {
  constructor(studio, node) {
    this.studio = studio;
    this.words = wordsOf("checks");
    this.list = new List(studio, node, this.words);
    this.marks = new Marks(studio);
  }

  soon() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.run(), QUIET_MS);
  }

  /** Ask the server; a newer question makes an older one void. */
  async run() {
    window.clearTimeout(this.timer);
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    this.list.wait();
    try {
      const body = { xml: await this.studio.xml() };
      const answer = await ask(this.studio.data.urls.check, { method: "POST", body, signal: asked.signal });
      if (!asked.signal.aborted) this.found(answer);
    } catch (error) {
      if (!asked.signal.aborted) this.list.fail(error.answer?.error);
    }
  }

  found({ problems, at }) {
    this.studio.problems = problems;
    this.list.show(problems, at);
    this.marks.show(problems);
    document.dispatchEvent(new CustomEvent("gj:checked"));
  }
}
