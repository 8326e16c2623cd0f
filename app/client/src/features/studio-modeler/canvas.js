import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "bpmn-js/dist/assets/bpmn-font/css/bpmn.css";
import Modeler from "bpmn-js/lib/Modeler";
import GridModule from "diagram-js-grid";
import camunda from "camunda-bpmn-moddle/resources/camunda.json";
import { translateModule } from "../studio-i18n/index.js";
import { coloursModule } from "./colours.js";
import { idsModule } from "./ids.js";
import { lanesModule } from "./lanes.js";
import { offersModule } from "./offers.js";
import { paletteModule } from "./palette.js";

/** Make the modeler of a draft in `place`. */
export function newModeler(place, data, words) {
  return new Modeler({
    ...look(place),
    offered: data.offered,
    words,
    moddleExtensions: { camunda },
    additionalModules: [GridModule, translateModule, idsModule, lanesModule, coloursModule, offersModule, paletteModule],
  });
}

/** Make a viewer of a draft in `place`: nothing in it can be changed. */
export async function newViewer(place) {
  const { default: Viewer } = await import("bpmn-js/lib/NavigatedViewer");
  return new Viewer({ ...look(place), moddleExtensions: { camunda }, additionalModules: [translateModule] });
}

function look(container) {
  const fontFamily = getComputedStyle(document.body).fontFamily;
  return { container, textRenderer: { defaultStyle: { fontFamily, fontSize: 12.5 }, externalStyle: { fontSize: 11.5 } } };
}
