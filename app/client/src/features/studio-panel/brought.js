// Which data of the case itself (`case.…`) this diagram brings or already speaks of.
import { attribute, entriesOf, objectOf } from "../studio-element/index.js";

const BRINGERS = { "dispatch.match_contract": ["unit", "requester", "vendor"], "dispatch.send": ["vendor"] };

/** Return whether `case.<name>` has a value in cases of this diagram, as far as it shows. */
export function bringsCase(panel, name) {
  const written = new RegExp(`\\bcase\\.${name}\\b`);
  return panel.studio.get("elementRegistry").filter((one) => objectOf(one).$type).some((one) => brings(one, name, written));
}

function brings(element, name, written) {
  if ((BRINGERS[attribute(element, "topic")] || []).includes(name)) return true;
  const texts = ["assignee", "candidateUsers", "candidateGroups"].map((one) => attribute(element, one));
  return [...texts, objectOf(element).script || "", ...entriesOf(element).map((one) => one.value || "")].some((one) => written.test(one));
}
