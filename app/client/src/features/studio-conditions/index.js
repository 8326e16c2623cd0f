// Conditions as rows: `${a == 'x' && b > 3}` is read into names, comparisons and values, and written back.

const TOKEN = /\s*(?:('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(\d+(?:\.\d+)?)|(&&|\|\||==|!=|<=|>=|[<>!(),-])|([\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*))/uy;
const COMPARE = { "==": "==", eq: "==", "!=": "!=", ne: "!=", "<": "<", lt: "<", "<=": "<=", le: "<=", ">": ">", gt: ">", ">=": ">=", ge: ">=" };
const JOIN = { "&&": "and", and: "and", "||": "or", or: "or" };
const WORDS = new Set(["empty", "not", "and", "or", "true", "false", "null", "eq", "ne", "lt", "le", "gt", "ge", "div", "mod"]);

/**
 * Return `{join: "and"|"or", rows: [{name, op, value}]}` of a condition; null when rows cannot say it.
 * `op` is a comparison, `empty`, `filled`, `contains`; `value` is a text, number or yes/no.
 */
export function readCondition(text) {
  if (!text.trim()) return { join: "and", rows: [{ name: "", op: "==", value: "" }] };
  const inner = text.match(/^\s*[$#]\{([^{}]*)\}\s*$/s);
  const tokens = inner && tokensOf(inner[1]);
  return tokens && tokens.length ? rowsOf(tokens) : null;
}

/** Return the text of these rows; "" when all are blank, null while one is not complete. */
export function writeCondition({ join, rows }) {
  const filled = rows.filter((one) => one.name);
  if (!filled.length) return "";
  if (filled.length < rows.length || !filled.every(isComplete)) return null;
  return `\${${filled.map(writeRow).join(join === "or" ? " || " : " && ")}}`;
}

function isComplete({ op, value }) {
  return op === "empty" || op === "filled" || (value !== "" && value !== null && value !== undefined);
}

function writeRow({ name, op, value }) {
  if (op === "empty") return `empty ${name}`;
  if (op === "filled") return `not empty ${name}`;
  if (op === "contains") return `contains(${name}, ${literal(value)})`;
  return `${name} ${op} ${literal(value)}`;
}

function literal(value) {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return `'${String(value).replace(/[\\']/g, "\\$&").replace(/[{}]/g, "")}'`;
}

function tokensOf(text) {
  const found = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = text.match(TOKEN);
    if (!match) return null;
    const [, quoted, number, sign, word] = match;
    if (quoted) found.push({ value: quoted.slice(1, -1).replace(/\\(.)/g, "$1") });
    else if (number) found.push({ value: Number(number) });
    else if (word === "true" || word === "false") found.push({ value: word === "true" });
    else found.push({ sign: sign || (WORDS.has(word) ? word : null), name: sign || WORDS.has(word) ? null : word });
  }
  return found;
}

function rowsOf(tokens) {
  const rows = [];
  let join = null;
  let rest = tokens;
  for (;;) {
    const read = readRow(rest);
    if (!read) return null;
    rows.push(read.row);
    rest = rest.slice(read.length);
    if (!rest.length) return { join: join || "and", rows };
    const next = JOIN[rest[0].sign];
    if (!next || (join && join !== next)) return null;
    join = next;
    rest = rest.slice(1);
  }
}

function readRow([a, b, c, d, e, f]) {
  if (a?.sign === "empty" && b?.name) return { row: { name: b.name, op: "empty", value: "" }, length: 2 };
  if ((a?.sign === "not" || a?.sign === "!") && b?.sign === "empty" && c?.name) return { row: { name: c.name, op: "filled", value: "" }, length: 3 };
  if (a?.name === "contains" && b?.sign === "(" && c?.name && d?.sign === "," && e && "value" in e && f?.sign === ")") {
    return { row: { name: c.name, op: "contains", value: e.value }, length: 6 };
  }
  const op = COMPARE[b?.sign];
  if (a?.name && op && c?.sign === "-" && typeof d?.value === "number") return { row: { name: a.name, op, value: -d.value }, length: 4 };
  if (a?.name && (!b || JOIN[b.sign])) return { row: { name: a.name, op: "==", value: true }, length: 1 };
  if (a?.name && op && c && "value" in c) return { row: { name: a.name, op, value: c.value }, length: 3 };
  return null;
}
