import { withPositions } from "./graft.js";
import { parse } from "./tree.js";

const BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL";
const COMMENTS = /<!--[\s\S]*?-->/g;
const DRAWN = /<([\w.-]+:)?BPMNShape[\s/>]/; // a large file takes long to parse, and the modeler parses it anyway

/** Return the text with positions if it has none, and the key of a sentence about that. */
export async function laidOut(text) {
  if (DRAWN.test(text.replace(COMMENTS, ""))) return { text, say: "" };
  const file = parse(text);
  const framed = ["laneSet", "participant"].some((name) => file.getElementsByTagNameNS(BPMN, name).length);
  if (framed) return { text, say: "noLayoutWithLanes" };
  const { layoutProcess } = await import("bpmn-auto-layout");
  return { text: withPositions(text, await layoutProcess(text)), say: "laidOut" };
}
