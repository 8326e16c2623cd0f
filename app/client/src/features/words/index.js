/** Return a sentence of the page's script; `client_words.html` holds them, translated. */
export function word(name, values = {}) {
  const source = document.getElementById("gj-words");
  const text = (source && source.dataset[name]) || "";
  return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
}

/** Return the token that every request which changes something must carry. */
export function csrfToken() {
  const meta = document.querySelector('meta[name="csrf-token"]');
  return meta ? meta.content : "";
}

/** Show one sentence at the top of the page, with links or buttons behind it. */
export function tell(kind, text, extras = []) {
  const place = document.getElementById("gj-problem");
  if (!place) return;
  const note = document.createElement("div");
  note.className = `gj-note is-${kind}`;
  const line = document.createElement("p");
  line.textContent = text;
  for (const extra of extras) line.append(" ", extra);
  note.append(line);
  place.replaceChildren(note);
}
