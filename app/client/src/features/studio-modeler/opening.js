// What the page says while a large diagram is read and drawn: both keep the browser busy for seconds.
import "./opening.css";

const LARGE = 300_000; // characters; what is smaller is there before one has read a sentence
const READ = 0.3; // the part of the time that reading takes, as measured
const BEGUN = 0.05;
const AWAY_MS = 1000;

/** Draw a text in the modeler of a studio; of a large one the page first says what is going on. */
export async function draw({ modeler, root, words }, text) {
  if (text.length < LARGE) return void (await modeler.importXML(text));
  const note = noteOn(root);
  const say = (sentence, part) => {
    note.firstChild.textContent = sentence;
    note.lastChild.value = part;
    return painted();
  };
  try {
    await say(words("openingRead"), BEGUN);
    beforeDrawing(modeler, (count) => say(words("openingDraw", { count }), READ));
    await modeler.importXML(text);
  } finally {
    delete modeler.importDefinitions;
    note.remove();
  }
}

/** Resolve when the page is painted as it is now; a page in the background is not, and does not wait long. */
export function painted() {
  return new Promise((done) => {
    window.setTimeout(done, AWAY_MS);
    requestAnimationFrame(() => window.setTimeout(done));
  });
}

/** Have `pause(count of what is drawn)` awaited between reading and drawing, which the modeler does in one go. */
function beforeDrawing(modeler, pause) {
  const go = modeler.importDefinitions.bind(modeler);
  modeler.importDefinitions = async (definitions, ...more) => {
    const drawn = (definitions.diagrams || []).map((one) => one.plane?.planeElement?.length || 0);
    await pause(drawn.reduce((sum, one) => sum + one, 0));
    return go(definitions, ...more);
  };
}

function noteOn(root) {
  const note = document.createElement("div");
  note.className = "gj-opening";
  note.setAttribute("role", "status");
  note.append(document.createElement("p"), document.createElement("progress"));
  const place = root.hidden ? document.querySelector("[data-steps]") : root.querySelector("[data-canvas]").parentNode;
  place.append(note);
  return note;
}
