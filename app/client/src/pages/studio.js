// The page of a draft: the diagram with its panel and checks, and the same draft as a table of steps.
import "../styles/studio.css";
import { mountChecks } from "../features/studio-checks/index.js";
import { openStudio } from "../features/studio-modeler/index.js";
import { wakeViews } from "../features/studio-modeler/views.js";
import { mountPanel } from "../features/studio-panel/index.js";

const root = document.querySelector("[data-studio]");
const steps = document.querySelector("[data-steps]");
let table = null;

async function begin() {
  if (root.hidden) tableOfSteps();
  const studio = await openStudio(root);
  mountChecks(studio, document.querySelector("[data-checks]"));
  if (!studio.readOnly) mountPanel(studio, document.querySelector("[data-panel]"));
  document.addEventListener("gj:view", ({ detail }) => detail === "steps" && mountTable(studio));
  wakeViews(studio);
}

// the table comes when somebody wants to see it: of a large draft it is more to draw than the diagram
async function mountTable(studio) {
  if (steps.dataset.mounted) return;
  steps.dataset.mounted = "true";
  const { mountSteps } = await tableOfSteps();
  mountSteps(studio, steps);
}

function tableOfSteps() {
  table ||= import("../features/studio-steps/index.js");
  return table;
}

begin().catch((error) => {
  root.dataset.failed = String(error);
  root.querySelector("[data-failed]").hidden = false;
});
