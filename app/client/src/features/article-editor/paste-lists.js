// Word and WPS write a list as paragraphs with a mark in front; here they become lists.
const LEVEL = /mso-list:\s*(l\d+)\s+level(\d+)/i;
const ORDERED = /^[\s\u00a0]*[(（]?([0-9]+|[a-zA-Z]|[ivxIVX]+|[一二三四五六七八九十]+)[.、)）．]/;

/** Say whether an element is the drawn mark of such a paragraph. */
export function isListMark(one) {
  return /mso-list:\s*ignore/i.test(one.dataset.style || "");
}

/** Put rows of marked paragraphs into lists, deeper ones into lists of their item. */
export function markLists(body) {
  for (const first of body.querySelectorAll("p,h1,h2,h3,h4,h5,h6,div")) {
    if (!first.isConnected || !levelOf(first)) continue;
    const row = [];
    for (let next = first; next && levelOf(next); next = next.nextElementSibling) row.push(next);
    place(row);
  }
}

function levelOf(one) {
  const found = (one.dataset.style || "").match(LEVEL);
  return found && markOf(one) ? Number(found[2]) : 0;
}

function markOf(one) {
  return [...one.querySelectorAll("*")].find(isListMark) || null;
}

function place(row) {
  const lists = [];
  const top = levelOf(row[0]);
  for (const paragraph of row) {
    const level = Math.max(1, levelOf(paragraph) - top + 1);
    const mark = markOf(paragraph);
    const tag = ORDERED.test(mark.textContent) ? "ol" : "ul";
    lists.length = Math.min(lists.length, level);
    if (lists.length === level && lists[level - 1].localName !== tag && level === 1) lists.length = 0;
    while (lists.length < level) lists.push(open(lists[lists.length - 1], tag, paragraph));
    lists[level - 1].append(item(paragraph));
    paragraph.remove();
  }
}

function open(above, tag, paragraph) {
  const list = paragraph.ownerDocument.createElement(tag);
  if (!above) paragraph.before(list);
  else (above.lastElementChild || above.appendChild(paragraph.ownerDocument.createElement("li"))).append(list);
  return list;
}

function item(paragraph) {
  const found = paragraph.ownerDocument.createElement("li");
  const text = paragraph.ownerDocument.createElement("p");
  text.append(...paragraph.childNodes);
  found.append(text);
  return found;
}
