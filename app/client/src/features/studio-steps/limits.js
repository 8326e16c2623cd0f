// Limits in words: what an owner types becomes what the diagram says, and the other way round.

const UNITS = [
  [/^(工作日|工作天|working days?)$/i, "工作日"],
  [/^(工作小时|工作时|working hours?)$/i, "工作小时"],
  [/^(工作分钟|working minutes?)$/i, "工作分钟"],
  [/^(自然日|日历日|天|日|days?|d)$/i, "天"],
  [/^(自然)?(小时|时)$|^hours?$|^h$/i, "小时"],
  [/^分钟?$|^minutes?$|^min$/i, "分钟"],
];
const WORDS = { 工作日: "workday", 工作小时: "workhour", 工作分钟: "workminute", 天: "day", 小时: "hour", 分钟: "minute" };
const ISO = /^P(\d+W|\d+D|T(?=\d)(\d+H)?(\d+M)?)$/i;
const AMOUNT = /^(\d{1,6})\s*个?\s*(\D+)$/;
const UNLIMITED = ["", "不限", "无", "—", "-", "none", "no limit"];

/** Return the limit a text means, "" for none, null when it cannot be read. */
export function parseLimit(typed) {
  const text = typed.normalize("NFKC").trim();
  if (UNLIMITED.includes(text.toLowerCase())) return "";
  if (/^[$#]\{[^{}]+\}$/.test(text) || ISO.test(text)) return text;
  const match = text.match(AMOUNT);
  const unit = match && Number(match[1]) > 0 && UNITS.find(([words]) => words.test(match[2].trim()));
  return unit ? `${Number(match[1])} ${unit[1]}` : null;
}

/** Return a limit as people read it; an expression that has no words stays as it is. */
export function sayLimit(text, say) {
  if (!text) return say("unlimited");
  const field = text.trim().match(/^\$\{case\.(respond_limit|finish_limit|deemed_limit)\}$/);
  if (field) return say(field[1]);
  const match = text.trim().match(/^(\d+)\s*个?\s*(工作日|工作小时|工作分钟|天|小时|分钟)$/);
  return match ? say(`limit-${WORDS[match[2]]}`, { n: match[1] }) : text;
}

/** Return the limits to choose from. */
export function limitChoices(say) {
  const usual = ["4 工作小时", "1 工作日", "2 工作日", "3 工作日", "5 工作日", "30 分钟", "4 小时"];
  const own = ["${case.respond_limit}", "${case.finish_limit}"];
  return ["", ...usual, ...own].map((text) => ({ value: text, text: sayLimit(text, say) }));
}
