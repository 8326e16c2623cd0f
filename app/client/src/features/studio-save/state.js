import { wordsOf } from "../studio-words/index.js";

const PROBLEMS = new Set(["offline", "conflict", "signed-out", "refused"]);
let said = null;

/** Return how the frame of a draft says its sentences. */
export function words() {
  said ||= wordsOf("save");
  return said;
}

/** Show in the header how saving stands, and below it what one can do about a problem. */
export function showState(told, saver) {
  const frame = document.querySelector(".gj-draft-page");
  if (!frame) return;
  frame.dataset.saving = told.state;
  const short = words()(`${told.state}Short`, { time: told.time || "" });
  frame.querySelector("[data-save-text]").textContent = short;
  if (PROBLEMS.has(told.state)) showBar(told.state, told.sentence, buttonsFor(told, saver));
  else if (told.state === "saved") hideBar([...PROBLEMS]);
}

/** Show one sentence with buttons below the header; a later one of the same kind replaces it. */
export function showBar(kind, sentence, buttons = []) {
  const place = document.querySelector("[data-draft-bar]");
  if (place.dataset.kind === kind && place.dataset.sentence === sentence) return;
  Object.assign(place.dataset, { kind, sentence });
  const text = document.createElement("p");
  text.textContent = sentence;
  place.replaceChildren(text, ...buttons);
  place.className = `gj-draft-bar is-${kind}`;
  place.hidden = false;
}

/** Take the sentence below the header away if it is of one of these kinds. */
export function hideBar(kinds) {
  const place = document.querySelector("[data-draft-bar]");
  if (!kinds.includes(place.dataset.kind)) return;
  place.hidden = true;
  delete place.dataset.kind;
  place.replaceChildren();
}

/** Make a small button. */
export function button(text, act, primary = false) {
  const found = document.createElement("button");
  found.type = "button";
  found.className = `gj-button is-small${primary ? " is-primary" : ""}`;
  found.textContent = text;
  found.addEventListener("click", act);
  return found;
}

/** Hand a text to the reader as a file. */
export function download(text, name, type = "application/xml") {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function buttonsFor(told, saver) {
  const say = words();
  if (told.state === "signed-out") return told.signIn ? [signIn(told.signIn)] : [];
  const mine = button(say("mine"), async () => download(await saver.current(), saver.fileName || fileName(saver.url)));
  if (told.state === "conflict") {
    return [
      button(say("theirs"), () => window.location.reload()),
      button(say("overwrite"), () => saver.overwrite().catch((error) => saver.failed(error))),
      mine,
    ];
  }
  return [mine];
}

function signIn(url) {
  const link = document.createElement("a");
  link.className = "gj-button is-small is-primary";
  link.href = url;
  link.target = "_blank";
  link.textContent = words()("signIn");
  return link;
}

function fileName(url) {
  const [kind, name] = url.split("/").slice(-2).map(decodeURIComponent);
  return `${name}.${{ table: "dmn", form: "form" }[kind] || "bpmn"}`;
}
