// Small makers of page elements.

/** Return an element with attributes (on… are listeners, false ones are left out) and children. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((one) => one !== null && one !== undefined && one !== ""));
  return made;
}

let sprite; // looked for once: a large diagram on the page makes looking slow

/** Return an icon of the page's sprite. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  sprite ||= document.querySelector("svg.gj-icon use")?.getAttribute("href").replace(/#.*/, "");
  use.setAttribute("href", `${sprite || ""}#${name}`);
  svg.setAttribute("class", "gj-icon is-small");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}
