// What comes from Word, WPS and web pages, made into what an article may hold. Works on a document of its own.
import { markLists, isListMark } from "./paste-lists.js";
import { isAddress, MEDIA } from "./schema.js";

const GONE = "style,script,meta,link,title,head > *,iframe,object,embed,applet,input,button,select,textarea,form > :empty,svg,math,audio,video,canvas,noscript,template,colgroup,col,xml";
const PLAIN = new Set(["font", "span", "o:p", "st1:place", "center", "form", "label", "ins", "small", "big", "tt", "code", "kbd", "sub", "sup", "abbr", "cite", "mark", "time", "main", "nav", "aside"]);
const BLOCKS = "p,h1,h2,h3,h4,h5,h6,ul,ol,li,table,blockquote,div,section,article,header,footer,pre,center,figure,hr,dl,tr,td,th,tbody,thead,img";
const RENAMED = { b: "strong", i: "em", del: "s", strike: "s", h1: "h2", h5: "h4", h6: "h4", div: "p", section: "p", article: "p", header: "p", footer: "p", pre: "p", center: "p", dt: "p", dd: "p" };
const ALIGNED = { center: "align-center", right: "align-right", end: "align-right", justify: null };
const KEPT = { a: ["href"], img: ["src", "alt"], td: ["colspan", "rowspan"], th: ["colspan", "rowspan"], ol: ["start"] };
const WIDE = /[\u2e80-\u9fff\uff00-\uffef\u3000-\u303f]/;
const FIRST_LINE = 20; // points: two characters of the smallest type

/** Return `{html, missing}`: the text as an article may hold it, and the names of pictures that did not come along. */
export function cleanPasted(source) {
  const page = new DOMParser().parseFromString(fragmentOf(source), "text/html");
  const body = page.body;
  dropComments(page);
  const missing = namesOfDrawn(body);
  body.querySelectorAll(GONE).forEach((one) => one.remove());
  markLists(body);
  body.querySelectorAll("*").forEach((one) => isListMark(one) && one.remove());
  missing.push(...settlePictures(body));
  settleFigures(body);
  describeStyles(body);
  unwrapAll(body);
  rename(body);
  tidySpaces(body);
  dropEmpty(body);
  keepAttributes(body);
  return { html: body.innerHTML, missing: [...new Set(missing)] };
}

function fragmentOf(source) {
  const start = source.indexOf("<!--StartFragment-->");
  const end = source.lastIndexOf("<!--EndFragment-->");
  const part = start >= 0 && end > start ? source.slice(start + 20, end) : source;
  // conditional comments: the first kind hides what only Word reads, the second shows what it wraps
  const shown = part.replace(/<!--\[if[^\]]*\]>[\s\S]*?<!\[endif\]-->/gi, (found) => drawnNames(found)).replace(/<!\[(if[^\]]*|endif)\]>/gi, "");
  // the content policy complains about every style it meets; they are only read here
  return shown.replace(/(<[a-z][^<>]*?)\sstyle\s*=/gi, "$1 data-style=");
}

/** Keep of a drawing only for whom it stands: a picture that did not come along. */
function drawnNames(text) {
  return [...text.matchAll(/<v:imagedata[^>]*src="([^"]+)"/gi)].map(([, src]) => `<i data-drawn="${src.replace(/"/g, "")}"></i>`).join("");
}

function namesOfDrawn(body) {
  const drawn = [...body.querySelectorAll("[data-drawn]")];
  const shown = new Set([...body.querySelectorAll("img")].map((one) => one.getAttribute("src")));
  const names = drawn.map((one) => one.dataset.drawn).filter((src) => !shown.has(src)).map(nameOf);
  drawn.forEach((one) => one.remove());
  return names;
}

function dropComments(page) {
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_COMMENT);
  const found = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  found.forEach((one) => one.remove());
}

/** Pictures with their bytes or from the library stay; of the others the names are returned. */
function settlePictures(body) {
  const missing = [];
  for (const one of body.querySelectorAll("img, v\\:imagedata")) {
    const src = one.getAttribute("src") || "";
    if (one.localName === "img" && (MEDIA.test(src) || /^data:image\/(png|jpe?g);base64,/i.test(src))) continue;
    if (src) missing.push(nameOf(src));
    one.remove();
  }
  return missing;
}

/** A figure is its pictures and one caption below; any other is taken apart, its caption a paragraph. */
function settleFigures(body) {
  for (const one of body.querySelectorAll("figure")) {
    const [caption] = one.querySelectorAll("figcaption");
    const pictures = [...one.querySelectorAll("img")];
    if (caption) caption.remove();
    if (pictures.length && !one.textContent.trim() && !one.querySelector("table")) {
      one.replaceChildren(...pictures, ...(caption ? [caption] : []));
    } else {
      if (caption) one.append(caption);
      unwrap(one);
    }
  }
  for (const one of body.querySelectorAll("figcaption")) if (!one.closest("figure")) one.replaceWith(asParagraph(one));
}

function asParagraph(one) {
  const next = one.ownerDocument.createElement("p");
  next.append(...one.childNodes);
  return next;
}

function nameOf(src) {
  if (src.startsWith("data:")) return src.slice(5, src.indexOf(";"));
  const last = src.split(/[\\/]/).pop().split(/[?#]/)[0];
  try {
    return decodeURIComponent(last) || src;
  } catch {
    return last || src;
  }
}

/** Turn what styles say into elements and classes that an article has. */
function describeStyles(body) {
  for (const one of body.querySelectorAll("[data-style],[align],center")) {
    const style = styleOf(one);
    const block = one.matches(BLOCKS);
    if (block) {
      const align = ALIGNED[(style["text-align"] || one.getAttribute("align") || (one.localName === "center" ? "center" : "")).toLowerCase()];
      if (align) one.classList.add(align);
      if (isFirstLineIndented(one)) one.classList.add("indent-2");
    } else {
      wrapMarks(one, style);
    }
  }
}

function styleOf(one) {
  const pairs = (one.dataset.style || "").split(";").map((part) => part.split(/:(.*)/s));
  return Object.fromEntries(pairs.filter(([, value]) => value).map(([name, value]) => [name.trim().toLowerCase(), value.trim().toLowerCase()]));
}

function isFirstLineIndented(one) {
  const raw = one.dataset.style || "";
  if (/mso-char-indent-count:\s*[12]/i.test(raw)) return true;
  const [, size, unit] = raw.match(/text-indent:\s*([\d.]+)(pt|em|px|cm)/i) || [];
  if (!size) return false;
  const points = { pt: 1, em: 10.5, px: 0.75, cm: 28.3 }[unit.toLowerCase()];
  return Number(size) * points >= FIRST_LINE;
}

function wrapMarks(one, style) {
  const weight = style["font-weight"] || "";
  if (["b", "strong"].includes(one.localName) && ["normal", "400"].includes(weight)) unwrap(one);
  const line = `${style["text-decoration"]} ${style["text-decoration-line"]} ${style["text-underline"] ? "underline" : ""}`;
  const marks = [
    ["strong", weight === "bold" || Number(weight) >= 600],
    ["em", style["font-style"] === "italic"],
    ["u", line.includes("underline") && one.localName !== "a"],
    ["s", line.includes("line-through")],
  ];
  for (const [tag, on] of marks) if (on && one.localName !== tag) wrapInside(one, tag);
}

function wrapInside(one, tag) {
  const mark = one.ownerDocument.createElement(tag);
  mark.append(...one.childNodes);
  one.append(mark);
}

function unwrap(one) {
  if (one.parentNode) one.replaceWith(...one.childNodes);
}

function unwrapAll(body) {
  for (const one of body.querySelectorAll("*")) {
    const foreign = one.localName.includes(":") || PLAIN.has(one.localName);
    const anchor = one.localName === "a" && !isAddress(one.getAttribute("href") || "");
    if ((foreign && one.localName !== "center") || anchor) unwrap(one);
  }
  // a block around blocks is no paragraph
  for (const one of body.querySelectorAll("div,section,article,header,footer,center")) {
    if (one.querySelector(BLOCKS)) unwrap(one);
  }
}

function rename(body) {
  for (const one of body.querySelectorAll(Object.keys(RENAMED).join(","))) {
    const next = one.ownerDocument.createElement(RENAMED[one.localName]);
    for (const { name, value } of one.attributes) next.setAttribute(name, value);
    next.append(...one.childNodes);
    one.replaceWith(next);
  }
}

/** Leading spaces of a paragraph are an indent; runs of hard spaces within it are one space. */
function tidySpaces(body) {
  for (const one of body.querySelectorAll("p")) {
    const first = firstText(one);
    if (first && /^[\u00a0\u3000 \t\r\n]*[\u00a0\u3000]{2,}/.test(first.data)) one.classList.add("indent-2");
    if (first) first.data = first.data.replace(/^[\u00a0\u3000\s]+/, "");
  }
  joinLines(textsOf(body));
}

function textsOf(body) {
  const walker = body.ownerDocument.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  return texts;
}

/** Word breaks its source between Chinese characters, within and between its elements; such a break is no space. */
function joinLines(texts) {
  for (const [number, text] of texts.entries()) {
    const whole = text.data.replace(/[\u200b\ufeff\u00ad]/g, "").replace(/\u00a0+/g, " ");
    const before = (place) => whole[place - 1] || lastOf(texts, number - 1);
    const after = (place) => whole[place] || firstOf(texts, number + 1);
    text.data = whole.replace(/[ \t\r\n]+/g, (found, place) => (found.includes("\n") && WIDE.test(before(place)) && WIDE.test(after(place + found.length)) ? "" : " "));
  }
}

function lastOf(texts, number) {
  while (number >= 0 && !texts[number].data.trim()) number -= 1;
  return number >= 0 ? texts[number].data.trimEnd().slice(-1) : "";
}

function firstOf(texts, number) {
  while (number < texts.length && !texts[number].data.trim()) number += 1;
  return number < texts.length ? texts[number].data.trimStart()[0] : "";
}

function firstText(one) {
  const walker = one.ownerDocument.createTreeWalker(one, NodeFilter.SHOW_TEXT);
  return walker.nextNode();
}

function dropEmpty(body) {
  for (const one of [...body.querySelectorAll("p,h2,h3,h4,strong,em,u,s,a,li,ul,ol,blockquote")].reverse()) {
    if (!one.textContent.trim() && !one.querySelector("img,br,table")) one.remove();
    else if (one.localName === "p" && !one.textContent.trim() && !one.querySelector("img,table")) one.remove();
  }
}

function keepAttributes(body) {
  for (const one of body.querySelectorAll("*")) {
    const classes = [...one.classList].filter((name) => /^(align-(center|right|justify)|indent-2)$/.test(name));
    const kept = KEPT[one.localName] || [];
    for (const { name } of [...one.attributes]) if (!kept.includes(name)) one.removeAttribute(name);
    if (classes.length) one.className = classes.join(" ");
  }
}
