import { word } from "../words/index.js";

/** Serve the buttons that copy kept text and that print the page. */
export function copyAndPrint() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-print]");
    if (!button) return;
    if ("print" in button.dataset) window.print();
    else copy(button);
  });
}

function copy(button) {
  const parts = button.closest("section").querySelectorAll("[data-copy-text]");
  const text = Array.from(parts, (part) => part.textContent).join("\n\n");
  write(text);
  button.lastChild.textContent = word("copied");
}

function write(text) {
  // the clipboard API exists on HTTPS only; many offices run on plain HTTP inside the house
  if (navigator.clipboard) {
    navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "gj-sr";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
