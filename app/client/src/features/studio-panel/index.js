// The properties panel of the modeler, in the owner's words.
import "./panel.css";
import { kindOf, objectOf } from "../studio-element/index.js";
import { wordsOf } from "../studio-words/index.js";
import { h } from "./parts.js";
import { sectionsFor } from "./sections.js";
import { otherProblems } from "./problems.js";

/** Show the panel of what is selected in `node`, and of the process when nothing is. */
export function mountPanel(studio, node) {
  const say = wordsOf("panel");
  const panel = {
    studio,
    say,
    urls: JSON.parse(document.getElementById("gj-panel-data")?.textContent || "{}"),
    choices: null,
    element: null,
    sections: [],
  };
  node.classList.add("gj-props");
  studio.onSelect((element, { focus } = {}) => select(panel, node, element, focus));
  studio.onChange(() => changed(panel, node));
  document.addEventListener("gj:checked", () => panel.element && showProblems(panel));
  load(panel, node);
}

async function load(panel, node) {
  try {
    panel.choices = await panel.studio.choices();
  } catch {
    node.replaceChildren(h("p", { className: "gj-panel-empty" }, panel.say("noChoices")));
    return;
  }
  select(panel, node, panel.studio.selected());
}

function select(panel, node, element, focus) {
  const shown = element?.labelTarget || element || processOf(panel.studio);
  if (!panel.choices || !shown) return;
  panel.element = shown;
  panel.kind = kindOf(shown);
  panel.sections = sectionsFor(panel);
  node.replaceChildren(head(panel), ...panel.sections.map((one) => one.node));
  node.scrollTop = 0;
  showProblems(panel);
  if (focus) leadTo(panel, focus);
}

// the question that a problem of the checker is about
function leadTo(panel, rule) {
  const asked = panel.sections.find((one) => one.about.includes(rule)) || panel.sections[0];
  if (!asked) return;
  if ("open" in asked.node) asked.node.open = true;
  asked.node.scrollIntoView({ block: "center" });
  asked.node.querySelector("select, input, textarea, button")?.focus();
}

// the element itself, or for nothing selected the process: of a pool the one that runs
function processOf(studio) {
  const root = studio.get("canvas").getRootElement();
  const object = objectOf(root);
  if (!object || object.$type !== "bpmn:Collaboration") return root;
  const pools = object.get("participants").filter((one) => one.processRef);
  const running = pools.find((one) => one.processRef.isExecutable) || pools[0];
  return running ? running.processRef : root;
}

function changed(panel, node) {
  if (!panel.element || !panel.choices) return;
  const here = panel.element.businessObject ? panel.studio.get("elementRegistry").get(panel.element.id) : panel.element;
  // an element that was replaced (task → user task) is another one under the same id
  if (!here || kindOf(here) !== panel.kind || here !== panel.element) return select(panel, node, panel.studio.selected());
  for (const one of panel.sections) one.update();
  node.querySelector(".gj-panel-head h2").textContent = titleOf(panel);
  showProblems(panel);
}

function showProblems(panel) {
  const object = objectOf(panel.element);
  const whole = object.$type === "bpmn:Process";
  const mine = (panel.studio.problems || []).filter((one) => one.element === object.id || (whole && !one.element));
  for (const one of panel.sections) one.problems(mine.filter((problem) => one.about.includes(problem.rule)));
  otherProblems(panel, mine);
}

function head(panel) {
  return h(
    "header",
    { className: "gj-panel-head" },
    h("h2", {}, titleOf(panel)),
    h("span", { className: "gj-mut" }, panel.say(`kind.${panel.kind}`)),
    h("div", { className: "gj-panel-wrong", "data-others": "" }),
  );
}

function titleOf(panel) {
  const object = objectOf(panel.element);
  return object.name || (panel.kind === "TextAnnotation" && object.text) || panel.say("unnamed");
}
