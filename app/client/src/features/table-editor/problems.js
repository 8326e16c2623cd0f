// What the server says is wrong with a table; pressing a sentence leads to its row.

/** Draw the list; `show(row)` leads to a rule by its number. */
export function drawProblems(root, problems, say, show) {
  const errors = problems.filter((one) => one.severity === "error").length;
  const count = document.createElement("p");
  count.className = errors ? "gj-fe-count is-bad" : "gj-fe-count";
  count.textContent = problems.length ? say("problems.some", { errors, warnings: problems.length - errors }) : say("problems.none");
  const list = document.createElement("ul");
  list.append(...problems.map((one) => item(one, say, show)));
  root.replaceChildren(count, list);
}

function item(problem, say, show) {
  const line = document.createElement("li");
  line.className = `is-${problem.severity}`;
  const kind = document.createElement("b");
  kind.textContent = say(`severity.${problem.severity}`);
  const sentence = document.createElement(problem.row ? "button" : "span");
  const place = problem.row ? say("problems.row", { row: problem.row }) : "";
  sentence.textContent = place + problem.sentence;
  if (problem.row) {
    sentence.type = "button";
    sentence.addEventListener("click", () => show(problem.row));
  }
  const fix = document.createElement("span");
  fix.className = "gj-mut";
  fix.textContent = problem.fix;
  line.append(kind, " ", sentence, " ", fix);
  return line;
}
