// Reminders and reports upwards (提醒, 超期后报) in words.
import { sayLimit } from "./limits.js";

export const REMINDERS = ["", "50", "50,80", "90", "off"];
export const ESCALATIONS = ["", "4 工作小时", "1 工作日", "2 工作日", "off"];

/** Return what a step says of its reports, in one line. */
export function sayReports({ remind, escalate }, say) {
  return [sayReminder(remind, say), sayEscalation(escalate, say)].filter(Boolean).join(say("semicolon"));
}

/** Return a reminder in words. */
export function sayReminder(text, say) {
  if (text === "off") return say("remind-off");
  return say("remind-at", { percents: (text || "80").split(",").map((one) => `${one.trim()}%`).join(say("comma")) });
}

/** Return a report upwards in words. */
export function sayEscalation(text, say) {
  if (text === "off") return say("escalate-off");
  if (!text) return say("escalate-usual");
  const times = text.split(",").map((one) => sayLimit(one.trim(), say));
  return say("escalate-after", { time: times.join(say("comma")) });
}
