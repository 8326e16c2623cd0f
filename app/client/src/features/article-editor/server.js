// Files for the media library: one request each, with the sentence of the server when it refuses one.
import { Refused } from "../studio-server/index.js";
import { csrfToken } from "../words/index.js";

/** Put a file into the library; return what the server says of it. */
export async function upload(url, file, name, alt = "") {
  const body = new FormData();
  body.append("file", file, name);
  body.append("alt", alt);
  return post(url, body);
}

/** Say what a picture shows. */
export async function describe(url, alt) {
  const body = new FormData();
  body.append("alt", alt);
  return post(url, body);
}

async function post(url, body) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", credentials: "same-origin" });
  if (response.type === "opaqueredirect") throw new Refused(401, {});
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

/** Return the bytes behind a data address. */
export function bytesOf(address) {
  const [head, text] = address.split(",");
  const media = head.slice(5).split(";")[0];
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  return new Blob([bytes], { type: media });
}
