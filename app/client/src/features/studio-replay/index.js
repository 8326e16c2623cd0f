// One case step by step on its diagram: a slider, a play button, the list beside it.
import { openDiagram } from "../studio-read/viewer.js";
import { wordsOf } from "../studio-words/index.js";
import { paintStep } from "./painting.js";

const PACE = 1100;

/** Make the replay of the page playable. */
export async function playReplay() {
  const root = document.querySelector("[data-replay]");
  const viewer = root && (await openDiagram(root.querySelector("[data-replayed]")));
  if (!root) return;
  new Player(root, viewer).start();
}

class Player {
  constructor(root, viewer) {
    this.root = root;
    this.viewer = viewer;
    this.steps = JSON.parse(root.querySelector("[data-replay-steps]").textContent);
    this.slider = root.querySelector("[data-replay-slider]");
    this.button = root.querySelector("[data-replay-play]");
    this.entries = [...root.querySelectorAll("[data-step]")];
    this.say = wordsOf("read");
    this.timer = 0;
  }

  start() {
    this.slider.addEventListener("input", () => this.goTo(Number(this.slider.value)));
    this.button.addEventListener("click", () => (this.timer ? this.stop() : this.play()));
    this.root.querySelector("[data-replay-back]").addEventListener("click", () => this.by(-1));
    this.root.querySelector("[data-replay-on]").addEventListener("click", () => this.by(1));
    for (const entry of this.entries) {
      entry.addEventListener("click", () => this.goTo(Number(entry.dataset.step)));
    }
    this.show(1);
  }

  by(distance) {
    this.goTo(Number(this.slider.value) + distance);
  }

  goTo(number) {
    this.stop();
    this.show(number);
  }

  play() {
    if (Number(this.slider.value) === this.steps.length) this.show(1);
    this.timer = setInterval(() => this.next(), PACE);
    this.named("pause");
  }

  next() {
    this.show(Number(this.slider.value) + 1);
    if (Number(this.slider.value) === this.steps.length) this.stop();
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    this.named("play");
  }

  named(word) {
    this.button.querySelector("span").textContent = this.say(word);
    this.button.setAttribute("aria-pressed", String(word === "pause"));
  }

  show(wanted) {
    const number = Math.min(Math.max(wanted, 1), this.steps.length);
    const step = this.steps[number - 1];
    this.slider.value = String(number);
    this.slider.setAttribute("aria-valuetext", this.say("step", { number, count: this.steps.length }));
    this.root.querySelector("[data-replay-step]").textContent = `${number} / ${this.steps.length}`;
    this.root.querySelector("[data-replay-at]").textContent = step.at;
    for (const entry of this.entries) this.mark(entry, Number(entry.dataset.step) === number);
    if (this.viewer) paintStep(this.viewer, step);
  }

  mark(entry, isNow) {
    entry.classList.toggle("is-on", isNow);
    if (!isNow) return entry.removeAttribute("aria-current");
    entry.setAttribute("aria-current", "step");
    const list = entry.closest("[data-replay-list]");
    const place = entry.parentElement;
    if (place.offsetTop < list.scrollTop) list.scrollTop = place.offsetTop;
    const below = place.offsetTop + place.offsetHeight - list.clientHeight;
    if (below > list.scrollTop) list.scrollTop = below;
    return undefined;
  }
}
