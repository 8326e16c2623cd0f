// Looks at a page as a careful person would: does it scroll sideways, is a control cut off, covered or unnamed?
() => {
  const found = [];
  const width = document.documentElement.clientWidth;
  const name = (element) => `${element.tagName.toLowerCase()}.${element.className.baseVal || element.className || ""} “${(element.innerText || element.value || "").trim().slice(0, 30)}”`;
  const rect = (element) => element.getBoundingClientRect();
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && rect(element).width > 2 && rect(element).height > 2;
  const style = (element) => getComputedStyle(element);

  function clippers(element) {
    const list = [];
    for (let up = element.parentElement; up && up !== document.documentElement; up = up.parentElement) {
      if (style(up).overflowX !== "visible") list.push(up);
    }
    return list;
  }

  if (document.documentElement.scrollWidth > width) {
    const wide = Array.from(document.body.querySelectorAll("*")).filter((one) => shown(one) && rect(one).right > width + 1 && !clippers(one).length);
    found.push(`scrolls sideways to ${document.documentElement.scrollWidth}: ${wide.slice(0, 3).map(name).join(", ")}`);
  }
  const title = document.querySelector("h1");
  if (!title || !shown(title)) found.push("no visible h1");

  const controls = Array.from(document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary"));
  for (const control of controls.filter(shown)) {
    if (control.closest(".gj-sr, .gj-skip, .skip, .djs-container, .gj-upload-zone") || control.type === "file") continue;
    const text = Array.from(control.matches("button, a, summary") ? [control, ...control.querySelectorAll("b, span")] : []).filter(shown);
    for (const part of text) {
      const cut = style(part).overflowX !== "visible" && part.scrollWidth > part.clientWidth + 1 && style(part).textOverflow !== "ellipsis";
      const spills = rect(part).right > rect(control).right + 1 && style(control).display !== "inline";
      if (cut || spills) found.push(`cut off: ${name(control)}`);
    }
    const holders = clippers(control);
    const scrolls = holders.some((one) => /auto|scroll/.test(style(one).overflowX));
    if (!scrolls && (rect(control).right > width + 1 || rect(control).left < -1)) found.push(`outside the page: ${name(control)}`);
    for (const holder of holders.filter((one) => style(one).overflowX === "hidden")) {
      if (!scrolls && rect(control).right > rect(holder).right + 1) found.push(`hidden by its frame: ${name(control)}`);
    }
    covered(control);
  }

  function covered(control) {
    control.scrollIntoView({ block: "center", inline: "center" });
    const box = Array.from(control.getClientRects()).sort((one, two) => two.width - one.width)[0];
    const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const label = hit && hit.closest("label");
    const own = hit && (control.contains(hit) || hit.contains(control) || (label && label.contains(control)) || (control.labels && Array.from(control.labels).some((one) => one.contains(hit))));
    if (!own) found.push(`covered: ${name(control)} by ${hit ? name(hit) : "nothing"}`);
  }

  const bar = document.querySelector(".gj-bar");
  if (bar && rect(bar).height > window.innerHeight * 0.3) found.push(`the action bar takes ${Math.round(rect(bar).height)} px`);
  window.scrollTo(0, 0);
  return found;
}
