// The page of a draft: the diagram with its panel and checks, and the same draft as a table of steps.
import "../styles/studio.css";
import { mountChecks } from "../features/studio-checks/index.js";
import { openStudio } from "../features/studio-modeler/index.js";
import { wakeViews } from "../features/studio-modeler/views.js";
import { mountPanel } from "../features/studio-panel/index.js";
import { mountSteps } from "../features/studio-steps/index.js";

const root = document.querySelector("[data-studio]");

async function begin() {
  const studio = await openStudio(root);
  mountChecks(studio, document.querySelector("[data-checks]"));
  if (!studio.readOnly) mountPanel(studio, document.querySelector("[data-panel]"));
  mountSteps(studio, document.querySelector("[data-steps]"));
  wakeViews(studio);
}

begin().catch((error) => {
  root.dataset.failed = String(error);
  root.querySelector("[data-failed]").hidden = false;
});
