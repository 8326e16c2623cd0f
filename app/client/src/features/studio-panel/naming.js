// What an element is called, the text of a note, the default way out of a gateway.
import { objectOf, property, setDefault, setName, setPlain, setProperty } from "../studio-element/index.js";
import { field, selectInput, textInput } from "./parts.js";
import { section } from "./section.js";

/** Ask for the name and the English name. */
export function namingSection({ studio, element, say, kind }) {
  const object = objectOf(element);
  // what only stands in the drawing has one name
  const english = kind !== "Participant";
  const writeEnglish = (text) => setProperty(studio, element, "name.en", text.trim());
  const body = () => [
    field(say("name"), textInput({ key: "name", value: object.name || "", write: (text) => setName(studio, element, text.trim()) })),
    english ? field(say("nameEn"), textInput({ key: "nameEn", lang: "en", value: property(element, "name.en"), write: writeEnglish })) : null,
  ];
  return section({ title: say("naming"), body, about: ["name-en"] });
}

/** Ask for the text of a note. */
export function noteSection({ studio, element, say }) {
  const write = (text) => setName(studio, element, text);
  const body = () => field(say("note"), textInput({ key: "note", value: objectOf(element).text || "", lines: 5, write }), { hidden: true });
  return section({ title: say("note"), body });
}

/** Ask which way a gateway takes when no condition holds. */
export function defaultSection({ studio, element, say }) {
  const registry = studio.get("elementRegistry");
  const body = () => {
    const ways = (element.outgoing || []).filter((one) => one.type === "bpmn:SequenceFlow");
    const options = ways.map((one) => ({ code: one.id, name: wayName(one, say) }));
    const write = (id) => {
      if (id) setDefault(studio, registry.get(id), true);
      else setPlain(studio, element, { default: undefined });
    };
    const value = objectOf(element).default?.id || "";
    return field(say("defaultWay"), selectInput({ key: "default", value, options, write, empty: say("noDefault") }), { hidden: true });
  };
  return section({ title: say("defaultWay"), body, about: ["default-missing", "default-wrong"] });
}

function wayName(flow, say) {
  const target = flow.target.businessObject.name || flow.target.id;
  const name = flow.businessObject.name;
  return name ? say("wayNamed", { name, target }) : say("wayTo", { target });
}
