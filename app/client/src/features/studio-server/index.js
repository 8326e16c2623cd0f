import { csrfToken } from "../words/index.js";

/** A refusal of the server: its status, its sentence, and whatever else it said. */
export class Refused extends Error {
  constructor(status, answer) {
    super(answer.error || "");
    this.status = status;
    this.answer = answer;
  }
}

/**
 * Send a request to the studio and return its JSON. Throws Refused when the server says no (401: signed out, 409:
 * somebody else was faster, 422: not acceptable) and TypeError when the network is gone.
 */
export async function ask(url, { method = "GET", body, signal } = {}) {
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(url, {
    method,
    headers,
    signal,
    redirect: "manual",
    credentials: "same-origin",
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (response.type === "opaqueredirect") throw new Refused(401, {});
  const answer = response.status === 204 ? {} : await read(response);
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

async function read(response) {
  try {
    return await response.json();
  } catch {
    return {};
  }
}
