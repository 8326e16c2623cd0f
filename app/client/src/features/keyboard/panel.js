import { word } from "../words/index.js";

/** Show or hide the list of keys of this page. */
export function showKeys(event) {
  event.preventDefault();
  const open = document.querySelector(".gj-keys");
  if (open) open.remove();
  else document.body.append(panel(document.querySelector(".gj-rows") ? "keysInbox" : "keysTask"));
}

function panel(name) {
  const box = document.createElement("section");
  box.className = "gj-keys";
  box.tabIndex = -1;
  box.setAttribute("aria-label", word("keysTitle"));
  box.append(heading(box), list(name));
  box.addEventListener("keydown", (event) => event.key === "Escape" && box.remove());
  requestAnimationFrame(() => box.focus());
  return box;
}

function heading(box) {
  const line = document.createElement("header");
  const title = document.createElement("h2");
  title.textContent = word("keysTitle");
  const close = document.createElement("button");
  close.type = "button";
  close.className = "gj-button is-small";
  close.textContent = word("close");
  close.addEventListener("click", () => box.remove());
  line.append(title, close);
  return line;
}

function list(name) {
  const lines = document.createElement("dl");
  for (const line of word(name).split("|")) {
    const words = line.split(" ");
    const meaning = document.createElement("dd");
    meaning.textContent = words.pop();
    const keys = document.createElement("dt");
    keys.append(...words.map(keyCap));
    lines.append(keys, meaning);
  }
  return lines;
}

function keyCap(text) {
  const cap = document.createElement("kbd");
  cap.className = "gj-key";
  cap.textContent = text;
  return cap;
}
