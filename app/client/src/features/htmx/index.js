// htmx carries the CSRF token, and says a clear sentence when the server cannot be reached or has failed.
import htmx from "htmx.org";
import { csrfToken, tell, word } from "../words/index.js";

window.htmx = htmx;

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = csrfToken();
});
document.addEventListener("htmx:sendError", () => tell("warn", word("offline")));
document.addEventListener("htmx:responseError", () => tell("error", word("failed")));
