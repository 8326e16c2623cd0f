/** Return how a part of the studio says its sentences; the page holds them, translated, as JSON. */
export function wordsOf(part) {
  const source = document.querySelector(`script[data-gj-words="${part}"]`);
  const texts = source ? JSON.parse(source.textContent) : {};
  return (name, values = {}) =>
    (texts[name] || name).replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
}
