// Drafts of the studio are saved while one edits, and nothing is lost when that fails.
import { Saver, savers } from "./saver.js";
import { button, download, hideBar, showBar, words } from "./state.js";
import { stayInDraft } from "./presence.js";

export { Saver, download };

/** Offer what an earlier page could not bring to the server; `use(text)` puts it on the page and saves it. */
export function offerKept(saver, use) {
  const kept = saver.kept();
  if (!kept) {
    saver.forget();
    return false;
  }
  const say = words();
  const time = new Date(kept.at).toLocaleString("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
  const done = (act) => async () => {
    await act();
    hideBar(["kept"]);
  };
  showBar("kept", say("kept", { time }), [
    button(say("keptUse"), done(() => use(kept.text)), true),
    button(say("keptDrop"), done(() => saver.forget())),
  ]);
  return true;
}

/** Wake the frame of a draft: who else is here, and links that save before they leave. */
export function wakeFrame() {
  stayInDraft();
  document.addEventListener("click", leave);
  window.addEventListener("beforeunload", (event) => {
    if ([...savers].some((saver) => saver.unsaved && saver.state === "conflict")) event.preventDefault();
  });
}

async function leave(event) {
  const link = event.target instanceof Element && event.target.closest(".gj-draft-page a[href]");
  const waiting = [...savers].filter((saver) => saver.unsaved);
  if (!link || !waiting.length || link.target || link.download || event.defaultPrevented || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  await Promise.all(waiting.map((saver) => saver.flush()));
  if (![...savers].some((saver) => saver.unsaved)) window.location.assign(link.href);
}
