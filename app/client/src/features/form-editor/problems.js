// What the server says is wrong, in a list; pressing a sentence leads to its field.

/** Draw the list; `select(component)` leads to a field. */
export function drawProblems(root, problems, say, select) {
  const count = document.createElement("p");
  count.className = problems.length ? "gj-fe-count is-bad" : "gj-fe-count";
  count.textContent = problems.length ? say("problems.some", { count: problems.length }) : say("problems.none");
  const list = document.createElement("ul");
  list.append(...problems.map((one) => item(one, select)));
  root.replaceChildren(count, list);
}

function item(problem, select) {
  const line = document.createElement("li");
  const place = problem.component ? document.createElement("button") : document.createElement("span");
  place.textContent = problem.sentence;
  if (problem.component) {
    place.type = "button";
    place.addEventListener("click", () => select(problem.component));
  }
  line.append(place);
  return line;
}
