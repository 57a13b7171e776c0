// What the pages about galleries do by script: files are sent, pictures are ticked, addresses are copied.
"use strict";

for (const button of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    const isCopied = await navigator.clipboard?.writeText(field.value).then(() => true, () => false);
    if (isCopied) button.textContent = "Copied";
  });
}

// All boxes of a form are ticked by one, which stands for them only as long as they all are.
const boxesOf = (form) => [...form.querySelectorAll("input[name=picture]")];
const offerAll = () => {
  for (const all of document.querySelectorAll("[data-all]")) {
    all.hidden = all.nextElementSibling.hidden = false;
  }
};
offerAll();
document.addEventListener("change", ({ target }) => {
  const form = target.closest("[data-ticks]");
  const all = form?.querySelector("[data-all]");
  if (!all) return;
  const boxes = boxesOf(form);
  if (target === all) for (const each of boxes) each.checked = all.checked;
  else if (target.name === "picture") all.checked = boxes.every((each) => each.checked);
});

// Parts of the page are taken anew from the server; none while somebody is choosing pictures.
const pageOf = async (url) => {
  const answer = await fetch(url, { credentials: "same-origin" }).catch(() => null);
  if (!answer || !answer.ok || answer.redirected) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html");
};
const showPictures = async () => {
  const place = document.getElementById("pictures");
  if (boxesOf(place).some((each) => each.checked)) return;
  const page = await pageOf(location.href);
  const found = page?.getElementById("pictures");
  if (!found || boxesOf(place).some((each) => each.checked)) return;
  document.getElementById("counted").replaceWith(page.getElementById("counted"));
  place.replaceWith(found);
  offerAll();
};

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// How far the smaller sizes have come is asked for until they all are made.
const progress = document.querySelector("[data-progress]");
let isFollowing = false;
const follow = async () => {
  if (isFollowing) return;
  isFollowing = true;
  let waiting = 1;
  let missed = 0;
  for (let seconds = 1; waiting && missed < 20; seconds = Math.min(seconds + 1, 10)) {
    await pause(seconds * 1000);
    const found = await pageOf(progress.dataset.progress);
    missed = found ? 0 : missed + 1;
    if (!found) continue;
    waiting = Number(found.body.querySelector("[data-waiting]").dataset.waiting);
    const isOpen = [...progress.querySelectorAll("details")].some((each) => each.open);
    if (!isOpen) progress.replaceChildren(...found.body.childNodes);
    await showPictures();
  }
  isFollowing = false;
};
if (progress && Number(progress.dataset.waiting)) follow();

// Files are sent by tus 1.0.0: each by itself, a piece at a time, and on from where it stands whatever cuts it.
const AT_ONCE = 3;
const SMALLEST = 256 * 1024;
const FIRST = 1024 * 1024;
const LARGEST = 8 * 1024 * 1024;
const QUICK = 2_000;
const SLOW = 10_000;
const STALLED = 60_000;
const LONGEST_WAIT = 30_000;
const FRESH = 15_000;

// Something that will not be otherwise however often it is tried.
class Refused extends Error {}
// Something that may be otherwise in a moment.
class Cut extends Error {}

const place = document.querySelector("[data-uploads]");
if (place) {
  const words = JSON.parse(place.dataset.words);
  const drop = place.querySelector(".drop");
  const chooser = place.querySelector("input[type=file]");
  const sending = place.querySelector(".sending");
  const said = sending.querySelector("[role=status]");
  const stop = sending.querySelector("button");
  const whole = sending.querySelector("progress");
  const list = sending.querySelector(".files");
  const queue = [];
  const all = [];
  let piece = FIRST;
  let atWork = 0;
  let isStopped = false;
  let isOver = null;

  const ENDED = "Your sign-in has ended. Sign in again, and choose the same files once more: what has arrived is kept.";
  const TOO_OLD = "This page is too old. Load it anew, and choose the same files once more: what has arrived is kept.";

  const sayWhy = (told) => words[told.reason] ?? words[told.code] ?? told.detail ?? told.title ?? "It was not taken.";
  const end = (sentence) => {
    isOver = sentence;
    throw new Refused(sentence);
  };

  // The sign-in goes on by this alone; pieces never renew it. Whoever asks meanwhile gets the same answer.
  let asked = 0;
  let listed = null;
  const uploads = (isFresh = false) => {
    if (!listed || isFresh || Date.now() - asked > FRESH) {
      asked = Date.now();
      listed = fetch(place.dataset.uploads, { credentials: "same-origin" }).then(
        (answer) => {
          if (answer.redirected) end(ENDED);
          if (!answer.ok) throw new Cut();
          return answer.json();
        },
        () => { throw new Cut(); },
      );
      listed.catch(() => { listed = null; });
    }
    return listed;
  };

  // Ask for something, with how much of it has gone; a connection on which nothing moves is cut.
  const ask = (method, url, headers = {}, body = null, onProgress = null) => new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    let stalled = 0;
    const moved = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALLED);
    };
    request.open(method, url);
    for (const [name, value] of Object.entries({ "Tus-Resumable": "1.0.0", "X-Form-Token": place.dataset.token, ...headers })) {
      request.setRequestHeader(name, value);
    }
    request.upload.addEventListener("progress", (event) => { moved(); onProgress?.(event.loaded); });
    request.addEventListener("loadend", () => {
      clearTimeout(stalled);
      if (!request.status) return failed(new Cut());
      let told = {};
      try { told = JSON.parse(request.responseText); } catch { /* an answer without words */ }
      const { status } = request;
      if (status < 300) return done({ told, header: (name) => request.getResponseHeader(name) });
      const cut = Object.assign(new Cut(), { status, after: Number(request.getResponseHeader("Retry-After")) || 0 });
      if (status === 401 || status === 408 || status === 409 && told.code === "upload_offset_differs" || status === 429 || status === 460 || status >= 500) return failed(cut);
      if (told.code === "account_busy") return failed(cut);
      if (status === 403 && !told.code) return failed(new Refused(isOver = TOO_OLD));
      failed(Object.assign(new Refused(sayWhy(told)), { code: told.code }));
    });
    moved();
    request.send(body);
  });

  const inBase64 = (bytes) => btoa(String.fromCharCode(...bytes));
  const metadataOf = (file) => {
    const text = (value) => inBase64(new TextEncoder().encode(value));
    return `filename ${text(file.name)},modified ${text(String(file.lastModified))}`;
  };
  const checksumOf = async (blob) => {
    if (!crypto.subtle) return {};
    const hash = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
    return { "Upload-Checksum": `sha256 ${inBase64(new Uint8Array(hash))}` };
  };

  // A file that was cut before is gone on with, if it is the same one: by name, size and when it was changed.
  const known = async (file) => {
    const name = file.name.normalize("NFC").trim();
    const found = (await uploads()).uploads.filter(
      (each) => each.state === "receiving" && each.name === name && each.size_bytes === file.size,
    );
    for (const each of found) {
      const url = `${uploadsAt}/${each.id}`;
      if ((await ask("GET", url)).header("Upload-Metadata") === metadataOf(file)) return url;
    }
    return null;
  };
  const uploadsAt = place.dataset.uploads.replace(/[^/]+\/uploads$/, "uploads");
  const begun = async (entry) => {
    const { file } = entry;
    const headers = { "Upload-Length": String(file.size), "Upload-Metadata": metadataOf(file) };
    return await known(file) ?? (await ask("POST", place.dataset.uploads, headers)).header("Location");
  };

  const send = async (entry) => {
    const { file } = entry;
    entry.url ??= await begun(entry);
    const stands = (await ask("GET", entry.url)).told;
    if (stands.state === "refused") throw new Refused(sayWhy(stands));
    entry.show(stands.received);
    for (let offset = stands.received; offset < file.size;) {
      if (isStopped) return false;
      await uploads();
      const blob = file.slice(offset, offset + piece);
      const began = Date.now();
      const headers = { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream", ...await checksumOf(blob) };
      const answer = await ask("PATCH", entry.url, headers, blob, (sent) => entry.show(offset + Math.min(sent, blob.size)));
      const took = Date.now() - began;
      if (blob.size === piece && took < QUICK) piece = Math.min(piece * 2, LARGEST);
      if (took > SLOW) piece = Math.max(piece / 2, SMALLEST);
      offset = Number(answer.header("Upload-Offset"));
      entry.tries = 0;
      entry.show(offset);
    }
    return true;
  };

  // Who waits for a connection goes on as soon as the browser says that there is one.
  const waiting = new Set();
  const wait = (milliseconds) => new Promise((done) => {
    waiting.add(done);
    setTimeout(done, milliseconds);
  });
  const wake = () => {
    for (const each of waiting) each();
    waiting.clear();
  };
  addEventListener("online", wake);
  const patiently = async (entry) => {
    for (;;) {
      try {
        return await send(entry);
      } catch (error) {
        if (error.code === "upload_not_found" && !entry.isAnew) {
          entry.isAnew = true;
          entry.url = null;
          continue;
        }
        if (!(error instanceof Cut)) throw error;
        if (isStopped) return false;
        entry.tries += 1;
        piece = Math.max(piece / 2, SMALLEST);
        entry.tell("Interrupted. It goes on by itself…");
        await wait(Math.max(error.after * 1000 || 0, Math.min(1000 * 2 ** (entry.tries - 1), LONGEST_WAIT)));
        entry.tell("");
        if (isStopped) return false;
        // It may be the sign-in that has to be renewed, or has ended.
        await uploads(true).catch((why) => { if (why instanceof Refused) throw why; });
      }
    }
  };

  const tell = () => {
    const [arrived, refused, stopped] = ["arrived", "refused", "stopped"].map(
      (state) => all.filter((each) => each.state === state).length,
    );
    const counted = `${arrived} of ${all.length} ${all.length === 1 ? "file has" : "files have"} arrived`;
    const failed = refused ? `, ${refused} ${refused === 1 ? "was" : "were"} refused` : "";
    said.textContent = isOver ?? `${counted}${failed}${stopped ? ". Stopped: choose the same files again to go on" : ""}.`;
    whole.max = all.reduce((sum, each) => sum + each.file.size, 0) || 1;
    whole.value = all.reduce((sum, each) => sum + (each.state === "refused" ? each.file.size : each.sent), 0);
    stop.hidden = !atWork || isStopped;
    place.classList.toggle("is-sending", atWork > 0);
  };

  const line = (file) => {
    const item = document.createElement("li");
    const name = document.createElement("span");
    const bar = document.createElement("progress");
    const why = document.createElement("span");
    name.className = "name";
    name.textContent = file.name;
    bar.max = file.size || 1;
    bar.value = 0;
    bar.setAttribute("aria-label", file.name);
    why.className = "why";
    item.append(name, bar, why);
    const entry = {
      file, sent: 0, tries: 0, state: "waiting", url: null,
      show(bytes) { entry.sent = bar.value = bytes; tell(); },
      tell(sentence) { why.textContent = sentence; },
      become(state, sentence = "") {
        entry.state = item.dataset.state = state;
        entry.tell(sentence);
        if (state === "refused") { bar.remove(); list.prepend(item); }
        if (state === "arrived") {
          entry.show(file.size);
          // Those on their way stay in sight.
          list.append(item);
        }
        tell();
      },
    };
    list.append(item);
    return entry;
  };

  const work = async () => {
    atWork += 1;
    while (queue.length && !isStopped && !isOver) {
      const entry = queue.shift();
      try {
        const isWhole = await patiently(entry);
        entry.become(isWhole ? "arrived" : "stopped");
        if (isWhole) follow();
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (isOver) entry.tell(isOver);
        else entry.become("refused", error.message);
      }
    }
    atWork -= 1;
    tell();
    if (atWork) return;
    removeEventListener("beforeunload", warn);
  };
  // Whoever leaves meanwhile is asked whether they mean to.
  const warn = (event) => event.preventDefault();

  const add = (files) => {
    if (!files.length) return;
    if (!atWork) {
      all.length = 0;
      list.replaceChildren();
    }
    isStopped = false;
    isOver = null;
    listed = null;
    sending.hidden = false;
    for (const file of files) {
      const entry = line(file);
      all.push(entry);
      queue.push(entry);
    }
    addEventListener("beforeunload", warn);
    tell();
    while (atWork < AT_ONCE && atWork < all.length) work();
    tell();
  };

  drop.hidden = false;
  chooser.addEventListener("change", () => { add([...chooser.files]); chooser.value = ""; });
  stop.addEventListener("click", () => {
    isStopped = true;
    for (const each of queue.splice(0)) each.become("stopped");
    wake();
    tell();
  });
  for (const kind of ["dragenter", "dragover"]) {
    place.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("is-over"); });
  }
  for (const kind of ["dragleave", "drop"]) place.addEventListener(kind, () => drop.classList.remove("is-over"));
  place.addEventListener("drop", (event) => { event.preventDefault(); add([...event.dataTransfer.files]); });
}
