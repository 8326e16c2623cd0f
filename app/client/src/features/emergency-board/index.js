// The command board between two answers of the server: the clock ticks, and only what is new is fetched.

/** Keeps every element with `data-since` ticking by the server's clock, of which `data-now` is a sample. */
export function tick() {
  const ahead = clockAhead();
  window.setInterval(() => document.querySelectorAll("[data-since]").forEach((one) => write(one, ahead)), 1000);
}

/** Asks for the board with the tag of what is shown; a page nobody looks at asks for nothing. */
export function askForNews() {
  const poll = document.getElementById("board-poll");
  if (!poll) return;
  poll.addEventListener("htmx:configRequest", (event) => {
    if (document.hidden) event.preventDefault();
    else event.detail.headers["If-None-Match"] = `"${poll.dataset.tag}"`;
  });
  poll.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status === 304) event.detail.shouldSwap = false;
    else if (xhr.status === 200) poll.dataset.tag = (xhr.getResponseHeader("ETag") ?? "").replaceAll('"', "");
  });
}

/** Returns by how many milliseconds the server's clock is ahead of this one. */
function clockAhead() {
  const sample = document.querySelector("[data-since][data-now]");
  return sample ? Date.parse(sample.dataset.now) - Date.now() : 0;
}

function write(element, ahead) {
  const seconds = Math.max(Math.floor((Date.now() + ahead - Date.parse(element.dataset.since)) / 1000), 0);
  const two = (value) => String(value).padStart(2, "0");
  element.textContent = `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
