import { withPositions } from "./graft.js";
import { parse } from "./tree.js";

const BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL";
const DRAWN = "http://www.omg.org/spec/BPMN/20100524/DI";

/** Return the text with positions if it has none, and the key of a sentence about that. */
export async function laidOut(text) {
  const file = parse(text);
  if (file.getElementsByTagNameNS(DRAWN, "BPMNShape").length) return { text, say: "" };
  const framed = ["laneSet", "participant"].some((name) => file.getElementsByTagNameNS(BPMN, name).length);
  if (framed) return { text, say: "noLayoutWithLanes" };
  const { layoutProcess } = await import("bpmn-auto-layout");
  return { text: withPositions(text, await layoutProcess(text)), say: "laidOut" };
}
