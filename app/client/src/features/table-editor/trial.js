// A row to try the table: typed values go to the server, which answers as it would in a case.
import { ask, Refused } from "../studio-server/index.js";

const PAUSE_MS = 400;
const KINDS = ["text", "number", "yes_no", "date", "instant"];
const TYPES = { date: "date", instant: "datetime-local" };

/** The row of values below the table. */
export class Trial {
  constructor(page) {
    this.page = page;
    this.form = page.part("try");
    this.result = page.part("result");
    this.values = new Map();
    this.form.addEventListener("submit", (event) => event.preventDefault());
  }

  /** Draw a box for everything the shown decision looks at; what was typed stays. */
  draw() {
    const { page } = this;
    const decision = page.seen.decisions.find((one) => one.id === page.decision);
    const asks = decision ? decision.asks : [];
    const shape = JSON.stringify([asks, ...this.page.labels()]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.form.replaceChildren(...asks.map((one) => this.box(one)));
    }
    if (!decision) this.result.textContent = page.say("try.broken");
    else if (this.values.size) this.run();
  }

  box(one) {
    const { say } = this.page;
    const known = this.values.get(one.text) || { kind: one.kind || "text", value: "" };
    const kind = one.kind || known.kind;
    const label = document.createElement("label");
    const name = Object.assign(document.createElement("span"), { textContent: this.page.labels().get(one.text) || one.text, title: one.text });
    const input = this.input(kind, known.value);
    const change = () => this.typed(one.text, label.querySelector("[data-kind]")?.value || kind, input.value);
    input.addEventListener("input", change);
    label.append(name, input);
    if (!one.kind) label.append(this.kinds(kind, say, change));
    return label;
  }

  input(kind, value) {
    const { say } = this.page;
    if (kind === "yes_no") {
      const box = document.createElement("select");
      box.append(new Option(say("try.empty"), ""), new Option(say("yes"), "true"), new Option(say("no"), "false"));
      box.className = "gj-in";
      box.value = value;
      return box;
    }
    return Object.assign(document.createElement("input"), { className: "gj-in", type: TYPES[kind] || "text", inputMode: kind === "number" || kind === "whole" ? "decimal" : "text", value });
  }

  kinds(kind, say, change) {
    const box = document.createElement("select");
    box.className = "gj-in";
    box.dataset.kind = "";
    box.setAttribute("aria-label", say("try.kind"));
    box.append(...KINDS.map((one) => new Option(say(`type.${one}`), one, false, one === kind)));
    box.addEventListener("change", change);
    return box;
  }

  typed(text, kind, value) {
    this.values.set(text, { kind, value });
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.run(), PAUSE_MS);
  }

  async run() {
    const { page } = this;
    const values = [...this.values].map(([text, typed]) => ({ text, ...typed }));
    try {
      const body = { text: page.text, decision: page.decision, values };
      this.tell(await ask(page.data.try, { method: "POST", body }));
    } catch (error) {
      this.tell({ rows: [], result: [], sentence: error instanceof Refused && error.message ? error.message : page.say("try.failed") });
    }
  }

  tell({ rows, result, none, sentence }) {
    const { page } = this;
    page.hits = rows;
    page.mark();
    this.result.classList.toggle("is-bad", Boolean(sentence));
    const which = rows.length ? page.say("try.rows", { rows: rows.join("、") }) : page.say("try.noRow");
    const what = result.map((one) => page.say("try.value", one)).join("；");
    this.result.textContent = sentence || (none ? which : `${which} ${page.say("try.result", { what })}`);
  }
}
