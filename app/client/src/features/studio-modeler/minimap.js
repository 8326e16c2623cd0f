let opened = null;

/** Open or close the small map; its script comes with the first opening. */
export async function toggleMinimap(modeler, button) {
  opened ||= load(modeler);
  const map = await opened;
  map.toggle();
  button.setAttribute("aria-pressed", String(map.isOpen()));
}

async function load(modeler) {
  const [{ default: minimapModule }] = await Promise.all([import("diagram-js-minimap"), import("diagram-js-minimap/assets/diagram-js-minimap.css")]);
  const map = modeler.get("injector").instantiate(minimapModule.minimap[1]);
  map._dirty = true; // it has not heard of what was drawn before it came
  return map;
}
