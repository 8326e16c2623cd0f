// Files: sent as soon as they are chosen, with progress; the form then posts only their numbers.

import { csrfToken } from "../words/index.js";

export function startUploads(region) {
  region.querySelectorAll("[data-gj-upload]").forEach((box) => {
    box.querySelectorAll("li").forEach((item) => makeRemovable(item, box));
    if (!box.dataset.gjUpload || box.dataset.gjStarted) return;
    box.dataset.gjStarted = "1";
    const input = box.querySelector("input[type=file]");
    const zone = box.querySelector(".gj-upload-zone");
    zone.classList.add("is-live");
    input.addEventListener("change", () => {
      send(box, Array.from(input.files));
      input.value = "";
    });
    acceptDrops(box, zone);
  });
}

function acceptDrops(box, zone) {
  ["dragover", "dragenter"].forEach((kind) =>
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    }),
  );
  ["dragleave", "drop"].forEach((kind) => zone.addEventListener(kind, () => zone.classList.remove("is-over")));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    send(box, Array.from(event.dataTransfer.files));
  });
}

// Without a script 保留 is unticked; with one the tile is taken away.
function makeRemovable(item, box) {
  const keep = item.querySelector(".gj-upload-keep");
  if (!keep || keep.hidden) return;
  keep.hidden = true;
  keep.style.display = "none";
  const name = item.querySelector("b") ? item.querySelector("b").textContent : "";
  item.append(removeButton(item, box, name));
}

function removeButton(item, box, name) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "gj-button is-small is-quiet";
  button.textContent = box.dataset.remove;
  button.setAttribute("aria-label", `${box.dataset.remove} ${name}`);
  button.addEventListener("click", () => {
    item.remove();
    changed(box);
    box.querySelector("input[type=file]").focus();
  });
  return button;
}

function send(box, files) {
  box.querySelectorAll("li.is-failed").forEach((item) => item.remove());
  const room = Number(box.dataset.most) - box.querySelectorAll("li").length;
  files.slice(0, room).forEach((file) => sendOne(box, file));
  if (files.length > room) fail(newItem(box), box.dataset.toomany);
}

function newItem(box) {
  const item = document.createElement("li");
  box.querySelector("ul").append(item);
  return item;
}

function sendOne(box, file) {
  const item = newItem(box);
  item.className = "is-sending";
  const bar = document.createElement("progress");
  bar.max = file.size || 1;
  bar.setAttribute("aria-label", `${box.dataset.sending} ${file.name}`);
  item.append(`${box.dataset.sending} ${file.name}`, bar);
  const request = new XMLHttpRequest();
  request.open("POST", box.dataset.gjUpload);
  request.setRequestHeader("Accept", "application/json");
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.upload.addEventListener("progress", (event) => {
    bar.value = event.loaded;
  });
  request.addEventListener("load", () => finish(box, item, file, request));
  request.addEventListener("error", () => fail(item, `${file.name} ${box.dataset.failed}`));
  const body = new FormData();
  body.append("file", file);
  request.send(body);
}

function finish(box, item, file, request) {
  const answer = readAnswer(request);
  if (request.status >= 300 || !answer.id) {
    fail(item, `${file.name} ${answer.message || box.dataset.failed}`);
    return;
  }
  item.className = "";
  item.replaceChildren();
  item.append(tile(answer.name || file.name, file.size), hidden(box, answer.id));
  item.append(removeButton(item, box, file.name));
  changed(box);
}

function readAnswer(request) {
  try {
    return JSON.parse(request.responseText) || {};
  } catch (_error) {
    return {};
  }
}

function fail(item, sentence) {
  item.className = "is-failed";
  item.textContent = sentence;
}

function hidden(box, id) {
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = box.dataset.name;
  input.value = id;
  return input;
}

function tile(name, size) {
  const box = document.createElement("div");
  box.className = "gj-file";
  const type = document.createElement("span");
  type.className = "gj-file-type";
  type.textContent = name.includes(".") ? name.split(".").pop().slice(0, 4).toUpperCase() : "…";
  const text = document.createElement("span");
  text.className = "gj-file-name";
  const title = document.createElement("b");
  title.textContent = name;
  title.title = name;
  const facts = document.createElement("span");
  facts.textContent = size < 1048576 ? `${Math.max(1, Math.round(size / 1024))} KB` : `${(size / 1048576).toFixed(1)} MB`;
  text.append(title, facts);
  box.append(type, text);
  return box;
}

// The page's draft keeper listens for this.
function changed(box) {
  box.dispatchEvent(new Event("input", { bubbles: true }));
}
