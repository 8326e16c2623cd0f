// The text under review: going from change to change, and remarks beside the words they are about.
import { changesOf, marksOf } from "./changes.js";
import { tieNotes } from "./margin.js";

/** Add to the pane what a script can: the rest works without one. */
export function openPane(pane) {
  const text = pane.querySelector(".gj-review-text");
  const count = pane.querySelector("[data-review-count]");
  const margin = pane.querySelector(".gj-review-margin");
  if (margin) tieNotes(text, margin, pane);
  if (count) new Walk(pane, text, count).begin();
}

/** Where the reader is among the changes. */
class Walk {
  constructor(pane, text, count) {
    this.pane = pane;
    this.text = text;
    this.count = count;
    this.numbers = changesOf(text);
    this.at = -1;
  }

  begin() {
    const steps = this.pane.querySelector("[data-review-steps]");
    if (!this.numbers.length) return;
    steps.hidden = false;
    steps.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.step(Number(button.dataset.step));
    });
    this.text.addEventListener("click", (event) => this.point(event.target.closest("[data-change]")));
    document.addEventListener("keydown", (event) => this.press(event));
  }

  press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || isTyping(event.target) || !this.isShown) return;
    const by = { j: 1, k: -1 }[event.key.toLowerCase()];
    if (!by) return;
    event.preventDefault();
    this.step(by);
  }

  get isShown() {
    return this.pane.querySelector(".gj-review-switch.is-changes").checked;
  }

  step(by) {
    const last = this.numbers.length - 1;
    this.at = this.at < 0 && by < 0 ? last : Math.min(Math.max(this.at + by, 0), last);
    this.show();
    marksOf(this.text, this.numbers[this.at])[0].scrollIntoView({ block: "center" });
  }

  point(mark) {
    if (!mark) return;
    this.at = this.numbers.indexOf(mark.dataset.change);
    this.show();
  }

  show() {
    this.text.querySelectorAll(".is-here").forEach((mark) => mark.classList.remove("is-here"));
    marksOf(this.text, this.numbers[this.at]).forEach((mark) => mark.classList.add("is-here"));
    const { words } = this.count.dataset;
    this.count.textContent = words.replace("{at}", this.at + 1).replace("{total}", this.numbers.length);
  }
}

function isTyping(target) {
  return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) || (target.tagName === "INPUT" && target.type !== "radio" && target.type !== "checkbox");
}
