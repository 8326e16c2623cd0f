// When a field is shown, as rows of field, comparison and value; kept in the form as the FEEL that hides it.

const ATOM = /^(\w+) (=|!=|>=|<=|>|<) (.+)$/;
const ORDERED = /^\((\w+) != null and \1 (>=|<=|>|<) (.+)\)$/;
const LISTED = /^list contains\((\w+), (.+)\)$/;

/** Read `conditional.hide` as {joined, rows}; null when the owner wrote something of their own. */
export function readCondition(hide) {
  if (!hide) return { joined: "and", rows: [] };
  const inner = hide.trim().match(/^=not\((.+)\)$/s);
  if (!inner) return null;
  const joined = / or /.test(outside(inner[1])) ? "or" : "and";
  const rows = split(inner[1], ` ${joined} `).map(readRow);
  return rows.every(Boolean) ? { joined, rows } : null;
}

/** Write rows as `conditional.hide`; empty when there is none. */
export function writeCondition({ joined, rows }) {
  const said = rows.filter((row) => row.key && row.value !== "").map(writeRow);
  return said.length ? `=not(${said.join(` ${joined} `)})` : "";
}

function readRow(text) {
  const listed = text.match(LISTED);
  const found = listed ? [text, listed[1], "has", listed[2]] : text.match(ORDERED) || text.match(ATOM);
  const value = found && readValue(found[3]);
  return found && value !== null ? { key: found[1], operator: found[2], ...value } : null;
}

function readValue(text) {
  if (/^"(?:[^"\\]|\\.)*"$/.test(text)) return { value: JSON.parse(text), kind: "text" };
  if (/^-?\d+(\.\d+)?$/.test(text)) return { value: text, kind: "number" };
  return ["true", "false"].includes(text) ? { value: text, kind: "flag" } : null;
}

function writeRow({ key, operator, value, kind }) {
  const said = kind === "text" ? JSON.stringify(value) : value;
  if (operator === "has") return `list contains(${key}, ${said})`;
  // a comparison with an empty answer is neither true nor false, and would leave the field on the page
  return ["=", "!="].includes(operator) ? `${key} ${operator} ${said}` : `(${key} != null and ${key} ${operator} ${said})`;
}

/** Return a text with what stands in quotes and brackets blanked out. */
function outside(text) {
  let depth = 0;
  let quoted = false;
  return [...text].map((letter, at) => {
    if (letter === '"' && text[at - 1] !== "\\") quoted = !quoted;
    if (!quoted && letter === "(") depth += 1;
    if (!quoted && letter === ")") depth -= 1;
    return quoted || depth ? "_" : letter;
  }).join("");
}

function split(text, between) {
  const flat = outside(text);
  const parts = [];
  let from = 0;
  for (let at = flat.indexOf(between); at >= 0; at = flat.indexOf(between, from)) {
    parts.push(text.slice(from, at));
    from = at + between.length;
  }
  return [...parts, text.slice(from)].map((part) => part.trim());
}
