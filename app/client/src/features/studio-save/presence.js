import { ask } from "../studio-server/index.js";
import { words } from "./state.js";

const EVERY_MS = 15000;

/** Say every 15 seconds that this page has the draft open, and name the others who have it open. */
export function stayInDraft() {
  const frame = document.querySelector("[data-draft-presence]");
  if (!frame) return;
  const say = () => stay(frame).catch(() => {}); // the saver tells when the server cannot be reached
  say();
  window.setInterval(() => document.hidden || say(), EVERY_MS);
  document.addEventListener("visibilitychange", () => document.hidden || say());
}

/** Fetch a new token for requests that change something; return whether the server gave one. */
export async function refreshToken() {
  const frame = document.querySelector("[data-draft-presence]");
  if (!frame) return false;
  adopt(await ask(frame.dataset.draftPresence));
  return true;
}

async function stay(frame) {
  const answer = await ask(frame.dataset.draftPresence, { method: "POST" });
  adopt(answer);
  const place = frame.querySelector("[data-draft-others]");
  place.hidden = !answer.others.length;
  place.querySelector("[data-text]").textContent = words()("others", { names: answer.others.join("、") });
}

function adopt(answer) {
  const meta = document.querySelector('meta[name="csrf-token"]');
  if (meta && answer.token) meta.content = answer.token;
}
