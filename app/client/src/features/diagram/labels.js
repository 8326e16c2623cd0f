const WIDEST = 90;

/**
 * Give the labels beside events and flows room: files of other products measured them for a smaller type, and a
 * word of two signs would stand as two lines. Only what is shown changes, not what the file says.
 */
export function widenLabels(viewer) {
  const bus = viewer.get("eventBus");
  for (const label of viewer.get("elementRegistry").filter((one) => one.labelTarget && one.width < WIDEST)) {
    label.x -= (WIDEST - label.width) / 2;
    label.width = WIDEST;
    bus.fire("element.changed", { element: label });
  }
}
