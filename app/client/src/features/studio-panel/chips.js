// Things that were chosen, each with a cross, and a box to add one more.
import { h } from "./parts.js";
import { picker } from "./picker.js";

/**
 * Return chips for `chosen` codes and a button that adds one of `options`; `write(codes)` gets the new list.
 * A code that no option has stays, shown as it is written.
 */
export function chips({ key, chosen, options, write, words }) {
  const box = h("div", { className: "gj-panel-chips" });
  const rest = options.filter((one) => !chosen.includes(one.code));
  const add = h("button", { type: "button", className: "gj-panel-chip is-add", "data-key": `${key}-add` }, words.add);
  add.addEventListener("click", () => {
    const pick = picker({
      key: `${key}-add`,
      label: words.search,
      none: words.none,
      options: rest,
      // the box goes before the list grows, so that the new chip is drawn at once
      pick: (one) => {
        pick.input.blur();
        add.focus();
        write([...chosen, one.code]);
      },
    });
    pick.input.addEventListener("blur", () => pick.node.replaceWith(add));
    add.replaceWith(pick.node);
    pick.input.focus();
    pick.open();
  });
  for (const code of chosen) {
    const name = options.find((one) => one.code === code)?.name || code;
    box.append(chip(name, words.remove.replace("{name}", name), () => write(chosen.filter((one) => one !== code)), key, code));
  }
  if (rest.length) box.append(add);
  return box;
}

function chip(name, label, remove, key, code) {
  const cross = h("button", { type: "button", "aria-label": label, "data-key": `${key}-${code}`, onclick: remove }, "×");
  return h("span", { className: "gj-panel-chip is-on" }, name, cross);
}
