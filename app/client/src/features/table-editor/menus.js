// The menus of dmn-js close when anything else gets the focus, and on our pages the main part can get it.
const MENUS = ".dms-select-options, .context-menu";
const TAKES_FOCUS = "input, textarea, select, button, a[href], label, [contenteditable], [tabindex]";

/** Leave the focus where it is while a menu in `canvas` is pressed, so that it is still open at the click. */
export function keepMenusOpen(canvas) {
  canvas.addEventListener("mousedown", (event) => {
    const menu = event.target.closest(MENUS);
    if (menu && !menu.contains(event.target.closest(TAKES_FOCUS))) event.preventDefault();
  }, true);
}
