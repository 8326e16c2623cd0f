const MENUS = "details.gj-menu, details.gj-drop";

/** Close open menus on a click outside and on Escape; one menu is open at a time. */
export function closeMenus() {
  document.addEventListener("click", (event) => closeAll((menu) => !menu.contains(event.target)));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeAll(focusSummary);
  });
}

function closeAll(wanted) {
  for (const menu of document.querySelectorAll(MENUS)) {
    if (menu.open && wanted(menu)) menu.open = false;
  }
}

function focusSummary(menu) {
  if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
  return true;
}
