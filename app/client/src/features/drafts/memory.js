// This tab's memory of what was typed, by reader and page. It ends with the tab or with signing out.
const PREFIX = "guanjia-typed:";

/** Keep the fields of this page; `submitted` ones are dropped once a later page shows that all went well. */
export function remember(fields, submitted) {
  write(key(), JSON.stringify({ fields, submitted }));
}

/** Return the fields kept for this page and reader, or null. */
export function recall() {
  const text = sessionStorage.getItem(key());
  return text ? JSON.parse(text).fields : null;
}

export function forget() {
  sessionStorage.removeItem(key());
}

/** Drop what was submitted: this page is neither sign-in nor an error, so it has arrived. */
export function forgetSubmitted() {
  if (!reader() || document.querySelector("[data-error]")) return;
  for (const name of names()) {
    if (name.startsWith(`${PREFIX}${reader()}:`) && JSON.parse(sessionStorage.getItem(name)).submitted) {
      sessionStorage.removeItem(name);
    }
  }
}

export function forgetAll() {
  for (const name of names()) sessionStorage.removeItem(name);
}

function names() {
  return Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX));
}

function reader() {
  return document.body.dataset.reader || "";
}

function key() {
  return `${PREFIX}${reader()}:${window.location.pathname}${window.location.search}`;
}

function write(name, text) {
  try {
    sessionStorage.setItem(name, text);
  } catch {
    // the tab's memory is full or switched off; the server's draft remains
  }
}
