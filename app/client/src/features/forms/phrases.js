// Common phrases: a click writes one where the cursor is.

export function startPhrases(region) {
  region.querySelectorAll("[data-gj-phrases][hidden]").forEach((box) => {
    box.hidden = false;
    box.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) insert(document.getElementById(box.dataset.gjPhrases), button.textContent.trim());
    });
  });
}

function insert(area, phrase) {
  const before = area.value.slice(0, area.selectionStart);
  const glue = before && !/[\s，。；、：]$/.test(before) ? "，" : "";
  area.setRangeText(glue + phrase, area.selectionStart, area.selectionEnd, "end");
  area.focus();
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
