import { ask } from "../studio-server/index.js";
import { wordsOf } from "../studio-words/index.js";

/** Keep the reasons typed beside the changes of a draft as soon as the writer leaves the field. */
export function keepReasons() {
  const list = document.querySelector("[data-reasons]");
  if (!list) return;
  const state = document.querySelector("[data-reason-state]");
  for (const input of list.querySelectorAll("[data-reason]")) {
    input.addEventListener("change", () => keep(list.dataset.reasons, input, state));
  }
}

async function keep(url, input, state) {
  const say = wordsOf("read");
  state.textContent = say("saving");
  try {
    await ask(url, { method: "PUT", body: { key: input.dataset.reason, text: input.value } });
    state.textContent = say("saved");
    input.removeAttribute("aria-invalid");
  } catch (error) {
    state.textContent = error.message || say("notSaved");
    input.setAttribute("aria-invalid", "true");
  }
}
