// The dmn-js table editor alone: decision tables, in the reader's language.
import "dmn-js/dist/assets/diagram-js.css";
import "dmn-js/dist/assets/dmn-js-shared.css";
import "dmn-js/dist/assets/dmn-js-decision-table.css";
import "dmn-js/dist/assets/dmn-js-decision-table-controls.css";
import "dmn-js/dist/assets/dmn-font/css/dmn.css";
import DecisionTableEditor from "dmn-js-decision-table/lib/Editor.js";
import DecisionTableViewer from "dmn-js-decision-table/lib/Viewer.js";
import EditingManager from "dmn-js-shared/lib/base/EditingManager.js";
import { is } from "dmn-js-shared/lib/util/ModelUtil.js";
import { wordsOf } from "../studio-words/index.js";

const KINDS = ["string", "boolean", "number", "date", "dateTime"];

/** The manager of a file's tables; everything in it that is no table is kept and not shown. */
class Tables extends EditingManager {
  _getViewProviders() {
    return [{ id: "decisionTable", constructor: this._options.editable ? DecisionTableEditor : DecisionTableViewer, opens: (element) => is(element, "dmn:Decision") && is(element.decisionLogic, "dmn:DecisionTable") }];
  }
}

/** Open a DMN text in `container`. Rejects when it cannot be drawn. */
export async function openTables(container, text, editable) {
  const say = wordsOf("dmn-js");
  const translate = (template, values = {}) => say(template, values);
  const manager = new Tables({
    container,
    editable,
    decisionTable: {
      additionalModules: [{ translate: ["value", translate] }],
      dataTypes: KINDS,
      expressionLanguages: { options: [{ value: "feel", label: "FEEL" }], defaults: { editor: "feel" } },
    },
  });
  const { warnings } = await manager.importXML(text);
  const views = manager.getViews();
  if (!views.length) throw new Error("no table");
  if (manager.getActiveView() !== views[0]) await manager.open(views[0]);
  return { manager, warnings };
}
