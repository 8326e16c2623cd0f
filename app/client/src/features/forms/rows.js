// Lists of rows: add and remove without a round trip. The buttons submit when no script runs.

const BLANK = /__row__/g;

export function startRows(region) {
  region.querySelectorAll("[data-gj-rows]").forEach((list) => {
    if (list.dataset.gjStarted) return;
    list.dataset.gjStarted = "1";
    quiet(list);
    list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-gj-add], [data-gj-drop]");
      if (!button) return;
      if ("gjAdd" in button.dataset) add(list);
      else drop(list, button);
      list.dispatchEvent(new Event("input", { bubbles: true }));
    });
  });
}

// A row button that stayed a submit button would be pressed by Enter in any field of the page.
function quiet(part) {
  part.querySelectorAll("[data-gj-add], [data-gj-drop]").forEach((button) => {
    button.type = "button";
  });
}

function add(list) {
  const template = list.querySelector("template");
  const holder = document.createElement("div");
  holder.innerHTML = template.innerHTML.replace(BLANK, String(next(list)));
  const row = holder.firstElementChild;
  quiet(row);
  template.before(row);
  const first = row.querySelector("input:not([type=hidden]), textarea, select");
  if (first) first.focus();
}

function next(list) {
  const prefix = `${list.dataset.gjRows}-`;
  const taken = Array.from(list.querySelectorAll("[data-gj-row] > input[type=hidden]"))
    .map((marker) => Number(marker.name.slice(prefix.length)))
    .filter((index) => !Number.isNaN(index));
  return Math.max(-1, ...taken) + 1;
}

function drop(list, button) {
  button.closest("[data-gj-row]").remove();
  list.querySelector("[data-gj-add]").focus();
}
