const KINDS = { error: "red", warning: "amber" };
const LISTED = 200; // a large diagram can have thousands of problems; nobody reads them all at once

/** The problems below the canvas, errors first. */
export class List {
  constructor(studio, node, words) {
    Object.assign(this, { studio, node, words });
    this.rows = node.querySelector("[data-rows]");
    this.toggle = node.querySelector("[data-toggle]");
    this.toggle.addEventListener("click", () => this.fold(!node.classList.contains("is-folded")));
  }

  fold(folded) {
    this.node.classList.toggle("is-folded", folded);
    this.toggle.setAttribute("aria-expanded", String(!folded));
  }

  wait() {
    this.node.dataset.state = "checking";
    this.time(this.words("checking"));
  }

  fail(sentence) {
    this.node.dataset.state = "failed";
    this.time(sentence || this.words("failed"));
  }

  show(problems, at) {
    for (const kind of Object.keys(KINDS)) this.count(kind, problems.filter((one) => one.severity === kind).length);
    this.node.querySelector("[data-clean]").hidden = Boolean(problems.length);
    this.node.querySelector("[data-rule]").hidden = !problems.length;
    this.list(problems.slice(0, LISTED), problems.slice(LISTED));
    this.time(this.words("at", { time: at }));
    this.node.dataset.state = "done";
  }

  list(first, rest) {
    this.rows.replaceChildren(...first.map((one) => this.row(one)));
    if (rest.length) this.rows.append(this.opener(rest));
  }

  /** Return a last row that lists the rest when it is pressed. */
  opener(rest) {
    const row = element("li", "gj-check");
    const all = element("button", "gj-button is-small", this.words("rest", { count: rest.length }));
    all.type = "button";
    all.addEventListener("click", () => row.replaceWith(...rest.map((one) => this.row(one))));
    row.append(element("span"), element("span"), all);
    return row;
  }

  count(kind, number) {
    const lamp = this.node.querySelector(`[data-count="${kind}"]`);
    lamp.hidden = !number;
    lamp.querySelector("[data-text]").textContent = this.words(`${kind}s`, { count: number });
  }

  time(text) {
    this.node.querySelector("[data-time]").textContent = text;
  }

  row(problem) {
    const row = element("li", "gj-check");
    row.dataset.rule = problem.rule;
    const lamp = element("span", `gj-lamp is-${KINDS[problem.severity]}`);
    lamp.append(element("i"), this.words(problem.severity));
    const said = element("p", "", problem.sentence);
    if (problem.fix) said.append(" ", element("span", "gj-mut", problem.fix));
    row.append(lamp, this.where(problem), said, this.repair(problem));
    return row;
  }

  where(problem) {
    const name = problem.name || problem.element || this.words("whole");
    if (problem.url) return link(problem.url, name);
    const found = element("button", "gj-check-where", name);
    found.type = "button";
    found.addEventListener("click", () => this.studio.select(problem.element));
    return found;
  }

  repair(problem) {
    if (problem.url) return link(problem.url, this.words("repair"), "gj-button is-small");
    const found = element("button", "gj-button is-small", this.words("repair"));
    found.type = "button";
    found.addEventListener("click", () => this.studio.select(problem.element, { focus: problem.rule }));
    return found;
  }
}

function element(name, className = "", text = "") {
  const found = document.createElement(name);
  if (className) found.className = className;
  found.textContent = text;
  return found;
}

function link(url, text, className = "gj-check-where") {
  const found = element("a", className, text);
  found.href = url;
  return found;
}
