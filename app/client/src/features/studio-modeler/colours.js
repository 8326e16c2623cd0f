// Colours of elements, written as BPMN in Color does, so that other modelers show them too.
const COLOURS = [
  ["plain", null, null],
  ["blue", "#e7f1f5", "#0f5c7a"],
  ["green", "#e7f3eb", "#1d7046"],
  ["amber", "#fcf2de", "#875300"],
  ["red", "#fcebe9", "#b0261d"],
  ["grey", "#edf0f2", "#5a6670"],
];
const ICON = '<svg viewBox="0 0 22 22" width="22" height="22" fill="none" stroke="currentColor" stroke-width="1.6"><path d="M11 3c4 4.4 6 7 6 10a6 6 0 0 1-12 0c0-3 2-5.6 6-10z"/><path d="M11 17a4 4 0 0 0 4-4"/></svg>';
const EARLY = 900; // before what takes entries out of the menus

class Colours {
  constructor(contextPad, popupMenu, modeling, translate, words) {
    Object.assign(this, { contextPad, popupMenu, modeling, translate, words });
    contextPad.registerProvider(EARLY, this);
    popupMenu.registerProvider("colours", { getPopupMenuEntries: (elements) => this.choices(elements) });
  }

  getContextPadEntries(element) {
    return element.type === "label" ? {} : this.opener([element]);
  }

  getMultiElementContextPadEntries(elements) {
    return this.opener(elements);
  }

  opener(elements) {
    const click = (event) => this.open(event, elements);
    return { colour: { group: "edit", title: this.translate("Set color"), html: `<div class="entry">${ICON}</div>`, action: { click } } };
  }

  open(event, elements) {
    const target = elements.length === 1 ? elements[0] : elements;
    const box = this.contextPad.getPad(target).html.getBoundingClientRect();
    this.popupMenu.open(elements, "colours", { x: box.left, y: box.bottom + 5, cursor: { x: event.x, y: event.y } });
  }

  choices(elements) {
    return Object.fromEntries(COLOURS.map(([name, fill, stroke]) => [`colour-${name}`, {
      title: this.words(`colour.${name}`),
      label: this.words(`colour.${name}`),
      imageHtml: `<svg viewBox="0 0 20 20" width="18" height="18"><rect x="2" y="2" width="16" height="16" rx="3" fill="${fill || "#fff"}" stroke="${stroke || "#1b2329"}" stroke-width="2"/></svg>`,
      action: () => this.modeling.setColor([].concat(elements), fill ? { fill, stroke } : null),
    }]));
  }
}

Colours.$inject = ["contextPad", "popupMenu", "modeling", "translate", "config.words"];

export const coloursModule = { __init__: ["colours"], colours: ["type", Colours] };
