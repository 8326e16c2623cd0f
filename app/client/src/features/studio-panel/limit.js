// By when: an amount and its unit, or a limit that the case brings; when it is reminded of and reported.
import { property, setProperties, setProperty } from "../studio-element/index.js";
import { field, h, selectInput, textInput, tick } from "./parts.js";
import { section } from "./section.js";

// how a limit is written → what the page calls it
const WORDS = { 工作日: "workday", 工作小时: "workhour", 天: "day", 小时: "hour", 分钟: "minute", 工作分钟: "workminute" };
const UNITS = Object.keys(WORDS);
const AMOUNT = /^(\d{1,4}) ?(工作日|工作小时|工作分钟|天|小时|分钟)$/;
const NAMED = /^\$\{case\.(\w*limit)\}$/;
const KEPT = ["limit.clock", "limit.follows", "remind", "escalate"];

/** Ask how long the step may take. */
export function limitSection(panel) {
  const state = { kind: null, open: false };
  const one = section({
    title: panel.say("limit"),
    about: ["limit", "remind", "escalate"],
    body: () => drawn(panel, state),
  });
  state.redraw = () => one.draw(true);
  return one;
}

function drawn(panel, state) {
  const text = property(panel.element, "limit");
  const kind = state.kind || kindOfLimit(text);
  state.kind = null;
  const rows = [h("div", { className: "gj-panel-row" }, ...amount(panel, kind, text), kindField(panel, kind, text, state))];
  if (kind === "text") rows.push(free(panel, text));
  if (kind !== "none") rows.push(clock(panel, kind), reports(panel, state));
  return rows;
}

function kindOfLimit(text) {
  if (!text) return "none";
  return amountOf(text)?.[2] || (NAMED.test(text) ? text : "text");
}

// nothing is written yet, or something else than an amount: null
function amountOf(text) {
  return (text || "").match(AMOUNT);
}

function kindField(panel, kind, text, state) {
  const named = [...new Set((panel.studio.data?.limits || []).map((one) => one.code || one))];
  const options = [...UNITS.map((code) => ({ code, name: panel.say(`limit.${WORDS[code]}`) })), ...named.map((code) => ({ code, name: code }))];
  if (NAMED.test(kind)) options.push({ code: kind, name: panel.say("limit.contract") });
  options.push({ code: "text", name: panel.say("limit.text") });
  const write = (wanted) => {
    const old = amountOf(text);
    if (!wanted) setProperties(panel.studio, panel.element, { limit: null, ...Object.fromEntries(KEPT.map((name) => [name, null])) });
    else if (UNITS.includes(wanted)) setProperties(panel.studio, panel.element, { limit: `${old ? old[1] : 1} ${wanted}`, "limit.clock": null });
    else if (wanted === "text") state.kind = "text";
    else setProperty(panel.studio, panel.element, "limit", wanted);
    state.redraw();
  };
  return field(panel.say("limitUnit"), selectInput({ key: "limit-unit", value: kind === "none" ? "" : kind, options, empty: panel.say("limit.none"), write }), { hidden: true });
}

function amount(panel, kind, text) {
  if (!UNITS.includes(kind)) return [];
  const write = (number) => setProperty(panel.studio, panel.element, "limit", number.trim() ? `${number.trim()} ${kind}` : null);
  const input = textInput({ key: "limit-amount", type: "number", min: 1, max: 9999, value: amountOf(text)?.[1] || "1", write });
  return [field(panel.say("limitAmount"), input, { hidden: true })];
}

function free(panel, text) {
  const input = textInput({ key: "limit-text", className: "gj-in gj-mono", spellcheck: false, value: text, write: (typed) => setProperty(panel.studio, panel.element, "limit", typed.trim()) });
  return field(panel.say("limitText"), input, { hint: panel.say("limitTextHint") });
}

// an amount in the owner's words says its clock itself; what comes from elsewhere may be put on another
function clock(panel, kind) {
  const working = kind.startsWith("工作");
  if (UNITS.includes(kind)) return h("p", { className: "gj-panel-hint" }, panel.say(working ? "clockWorking" : "clockCalendar"));
  const write = (value) => setProperty(panel.studio, panel.element, "limit.clock", value);
  const options = ["working", "calendar"].map((code) => ({ code, name: panel.say(`clock.${code}`) }));
  return field(panel.say("clock"), selectInput({ key: "limit-clock", value: property(panel.element, "limit.clock"), options, empty: panel.say("clock.own"), write }));
}

// said in one sentence; opened to change it
function reports(panel, state) {
  const set = (name) => (text) => setProperty(panel.studio, panel.element, name, text.trim().replace(/%/g, "").replace(/[，、]/g, ","));
  const remind = property(panel.element, "remind");
  const escalate = property(panel.element, "escalate");
  const toggle = (name) => (on) => (setProperty(panel.studio, panel.element, name, on ? null : "off"), state.redraw());
  const details = h(
    "details",
    { className: "gj-panel-more", open: state.open },
    h("summary", {}, sentence(panel, remind, escalate)),
    tick({ key: "remind-on", checked: remind !== "off", label: panel.say("remindOn"), write: toggle("remind") }),
    remind === "off" ? "" : field(panel.say("remindAt"), textInput({ key: "remind", value: remind, placeholder: "80", write: set("remind") }), { hint: panel.say("remindHint") }),
    tick({ key: "escalate-on", checked: escalate !== "off", label: panel.say("escalateOn"), write: toggle("escalate") }),
    escalate === "off" ? "" : field(panel.say("escalateAfter"), textInput({ key: "escalate", value: escalate, placeholder: panel.say("escalateDefault"), write: set("escalate") }), { hint: panel.say("escalateHint") }),
  );
  // at once: the press may also end the typing in a box above, which draws all this anew before "toggle" is told
  details.querySelector("summary").addEventListener("click", () => (state.open = !details.open));
  return details;
}

function sentence(panel, remind, escalate) {
  const { say } = panel;
  const working = property(panel.element, "limit").includes("工作") || property(panel.element, "limit.clock") === "working";
  const after = say(working ? "escalateDefault" : "escalateTimes");
  if (!remind && !escalate) return say("reportsDefault", { after });
  return say("reportsOwn", {
    remind: remind === "off" ? say("remindNever") : say("remindAtShort", { percents: remind || "80" }),
    escalate: escalate === "off" ? say("escalateNever") : say("escalateShort", { after: escalate || after }),
  });
}
