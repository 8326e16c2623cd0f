// Nothing typed is lost: drafts go to the server while one types, to this tab's memory when that fails,
// and come back after sign-in.
import { word, tell } from "../words/index.js";
import { forgetAll, forgetSubmitted, recall, remember, forget } from "./memory.js";
import { readForm, restoreForm } from "./fields.js";
import { Draft } from "./draft.js";

const FORMS = "form[data-autosave], form[data-unsaved]";

/** Keep what is typed into the page's forms. */
export function keepDrafts() {
  const forms = document.querySelectorAll(FORMS);
  if (!forms.length) forgetSubmitted();
  for (const form of forms) keep(form);
  document.addEventListener("submit", (event) => {
    if ("signOut" in event.target.dataset) forgetAll();
  });
}

function keep(form) {
  const draft = new Draft(form);
  bringBack(form, draft);
  form.addEventListener("input", () => draft.changed());
  form.addEventListener("change", () => draft.changed());
  form.addEventListener("submit", () => {
    draft.stop();
    remember(readForm(form), true);
  });
  document.addEventListener("visibilitychange", () => document.hidden && draft.flush());
  window.addEventListener("beforeunload", (event) => {
    if (!draft.unsaved) return;
    remember(readForm(form), false);
    event.preventDefault();
    event.returnValue = word("leave");
  });
}

function bringBack(form, draft) {
  const kept = recall();
  if (!kept) return;
  if (!restoreForm(form, kept)) {
    forget();
    return;
  }
  tell("info", word("restored"), [discardButton()]);
  draft.changed();
}

function discardButton() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "gj-button is-small";
  button.textContent = word("discard");
  button.addEventListener("click", () => {
    forget();
    window.location.reload();
  });
  return button;
}
