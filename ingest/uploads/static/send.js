// Sends the files that a patient chooses in parts (tus 1.0), and shows what becomes of each. The link
// token is in the fragment of the address, and leaves the browser as a bearer token only.
"use strict";
(() => {
  const PART = 4 * 1024 * 1024, SLOWEST_RETRY_MS = 30000, ASK_MS = 700, SLOWEST_ASK_MS = 10000;
  const words = JSON.parse(document.getElementById("words").textContent);
  const language = document.documentElement.lang;
  const address = document.body.dataset.uploads;
  const token = decodeURIComponent(location.hash.slice(1));
  const list = document.getElementById("list"), live = document.getElementById("live");
  const picker = document.getElementById("files"), drop = document.getElementById("drop");
  const queue = [];
  let working = false;

  const fill = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const percent = (share) => new Intl.NumberFormat(language, { style: "percent" }).format(Math.floor(share * 100) / 100);
  function size(bytes) {
    const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
    const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 3);
    const format = { style: "unit", unit: units[step], maximumFractionDigits: step > 1 ? 1 : 0 };
    return new Intl.NumberFormat(language, format).format(bytes / 1000 ** step);
  }

  const encoded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const ours = () => ({ authorization: `Bearer ${token}`, "tus-resumable": "1.0.0" });

  class Failed extends Error {
    constructor(status, wait) { super(String(status)); this.status = status; this.wait = wait; }
  }
  class Stopped extends Error {}

  async function ask(method, url, headers = {}) {
    let answer;
    try { answer = await fetch(url, { method, headers: { ...ours(), ...headers }, cache: "no-store" }); }
    catch { throw new Failed(0, 0); }
    if (!answer.ok) throw new Failed(answer.status, Number(answer.headers.get("retry-after")) || 0);
    return answer;
  }

  // A fetch tells nothing of its progress while it sends, so a part goes by XMLHttpRequest.
  function sendPart(item) {
    return new Promise((done, fail) => {
      const request = item.request = new XMLHttpRequest();
      request.open("PATCH", item.url);
      for (const [name, value] of Object.entries(ours())) request.setRequestHeader(name, value);
      request.setRequestHeader("upload-offset", item.offset);
      request.setRequestHeader("content-type", "application/offset+octet-stream");
      request.upload.onprogress = (event) => progress(item, item.offset + event.loaded);
      request.onload = () => {
        if (request.status === 204) done(Number(request.getResponseHeader("upload-offset")));
        else fail(new Failed(request.status, Number(request.getResponseHeader("retry-after")) || 0));
      };
      request.onerror = () => fail(new Failed(0, 0));
      request.onabort = () => fail(new Stopped());
      // a file that was changed or removed meanwhile is an error here, and not of the network
      item.file.slice(item.offset, item.offset + PART).arrayBuffer().then(
        (bytes) => (item.held || item.removed ? fail(new Stopped()) : request.send(bytes)),
        () => fail(new Failed(-1, 0)));
    });
  }

  function say(item, key, values) {
    item.state.textContent = typeof key === "string" && words[key] ? fill(key, values) : key;
  }
  // each on a line of its own: of two files that end together, neither hides the other from who listens
  function announce(item, text) {
    const line = document.createElement("p");
    line.textContent = fill("named", { name: item.file.name, text });
    live.append(line);
    while (live.childElementCount > 50) live.firstElementChild.remove();
  }

  function progress(item, sent) {
    const share = Math.min(sent / item.file.size, 1), now = performance.now();
    item.bar.value = share * 100;
    if (!item.began) item.began = { at: now, sent };
    const seconds = (now - item.began.at) / 1000, rate = (sent - item.began.sent) / seconds;
    const text = percent(share);
    if (seconds < 2 || rate <= 0) say(item, "sending", { percent: text });
    else say(item, "left", { percent: text, left: left((item.file.size - sent) / rate) });
    // a screen reader hears every quarter, not every part
    const quarter = Math.floor(share * 4);
    if (quarter > item.quarter && quarter < 4) { item.quarter = quarter; announce(item, item.state.textContent); }
  }
  function left(seconds) {
    if (seconds < 60) return words.seconds;
    if (seconds < 5400) return fill("minutes", { count: Math.round(seconds / 60) });
    return fill("hours", { count: Math.round(seconds / 3600) });
  }

  // Ends early when the network is back or the person acts.
  function rest(item, ms) {
    return new Promise((done) => {
      const timer = setTimeout(end, ms);
      function end() { clearTimeout(timer); removeEventListener("online", end); item.wake = null; done(); }
      addEventListener("online", end);
      item.wake = end;
    });
  }

  const mark = (file) => String(file.lastModified);
  async function begin(item) {
    const { uploads } = await (await ask("GET", address)).json();
    const same = (row) => row.state === "receiving" && row.filename === item.file.name
      && row.length === item.file.size && row.mark === mark(item.file);
    const before = uploads.find(same);
    if (before) {
      item.url = `${address}/${before.id}`;
      document.getElementById(`left-${before.id}`)?.remove();
      const unfinished = document.getElementById("unfinished");
      unfinished.hidden = !unfinished.querySelector("li");
      return;
    }
    // tables of some apps have local times: they are those of where this device is
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const metadata = `filename ${encoded(item.file.name)},mark ${encoded(mark(item.file))}${zone ? `,time-zone ${encoded(zone)}` : ""}`;
    const answer = await ask("POST", address, { "upload-length": String(item.file.size), "upload-metadata": metadata });
    item.url = answer.headers.get("location");
  }

  async function sendAll(item) {
    let pause = 1000;
    while (!item.removed) {
      if (item.held) { await new Promise((go) => { item.wake = go; }); continue; }
      try {
        if (!item.url) await begin(item);
        item.offset = Number((await ask("HEAD", item.url)).headers.get("upload-offset"));
        while (item.offset < item.file.size) { item.offset = await sendPart(item); pause = 1000; }
        return true;
      } catch (error) {
        if (error instanceof Stopped) continue;
        if (!(error instanceof Failed)) throw error;
        if (error.status === 404) { item.url = null; }
        const final = { 401: "bad_link", 413: "too_large", "-1": "gone", 400: "fault" }[error.status];
        // a connection that broke in the middle may be answered as 400 as well: ask once more
        if (final && !(error.status === 400 && item.url && pause < SLOWEST_RETRY_MS)) { refuse(item, final); return false; }
        item.began = null;
        const room = error.status === 429 || error.status === 507;
        if (error.status !== 409 && error.status !== 423) {
          say(item, room ? "full" : "lost");
          announce(item, item.state.textContent);
        }
        await rest(item, Math.max(error.wait * 1000, pause));
        pause = Math.min(pause * 2, SLOWEST_RETRY_MS);
      }
    }
    return false;
  }

  async function follow(item) {
    let pause = ASK_MS, shown = "";
    for (;;) {
      try {
        const row = await (await ask("GET", item.url)).json();
        if (row.state !== shown) { shown = row.state; show(item, row); pause = ASK_MS; }
        if (row.state === "done" || row.state === "refused") return;
      } catch (error) {
        if (error.status === 401 || error.status === 404) { refuse(item, error.status === 401 ? "bad_link" : "fault"); return; }
      }
      await rest(item, pause);
      pause = Math.min(pause * 1.4, SLOWEST_ASK_MS);
    }
  }

  const KINDS = {
    unknown: "why_unknown", damaged: "why_damaged", too_much: "why_too_much", consent: "why_consent",
    checksum: "why_checksum", reader_fault: "why_ours", ended_the_worker: "why_ours", too_slow: "why_too_much", too_large: "why_too_much",
  };
  function outcome(row) {
    if (row.state === "held") return ["held", ""];
    if (row.state === "received") return ["received", ""];
    if (row.state === "refused") return ["refused", "bad"];
    if (row.waiting) return ["unread", "ok"];
    const kept = row.stored + row.known;
    if (!kept) return ["refused", "bad"];
    if (row.refused || row.refusals.length) return ["in_part", "ok"];
    if (!row.stored) return ["known", "ok"];
    return [row.known ? "stored_new" : "stored", "ok"];
  }
  function show(item, row) {
    const [key, look] = outcome(row);
    say(item, key, { known: row.known, pieces: row.pieces });
    item.node.dataset.look = look;
    item.node.dataset.state = row.state;
    const counts = new Map();
    for (const one of row.refusals) {
      const why = KINDS[one.kind] || "why_field";
      counts.set(why, (counts.get(why) || 0) + one.count);
    }
    const lines = [...counts].map(([why, count]) => count > 1 ? fill("counted", { text: words[why], count }) : words[why]);
    // what is left out is no fault: beside something that is kept it is only counted
    const leftOut = row.left_out.reduce((sum, one) => sum + one.count, 0);
    if (leftOut) lines.push(row.stored + row.known + row.waiting ? fill("left_out", { count: leftOut }) : words.why_unknown);
    item.why.replaceChildren(...lines.map((text) => {
      const line = document.createElement("li");
      line.textContent = text;
      return line;
    }));
    announce(item, [item.state.textContent, ...[...item.why.children].map((line) => line.textContent)].join(" "));
  }
  function refuse(item, key) {
    say(item, key);
    item.node.dataset.look = "bad";
    item.node.dataset.state = "refused";
    item.bar.hidden = item.hold.hidden = true;
    announce(item, item.state.textContent);
  }

  async function work() {
    if (working) return;
    working = true;
    for (let item = queue.shift(); item; item = queue.shift()) {
      if (item.removed) continue;
      item.node.dataset.state = "sending";
      item.hold.hidden = false;
      if (!item.held) { say(item, "begins"); announce(item, item.state.textContent); }
      if (await sendAll(item)) {
        item.bar.hidden = item.hold.hidden = item.remove.hidden = true;
        item.node.dataset.state = "held";
        follow(item);
      }
    }
    working = false;
  }

  function hold(item) {
    item.held = !item.held;
    item.began = null;
    item.hold.textContent = item.held ? words.resume : words.pause;
    item.hold.setAttribute("aria-label", fill(item.held ? "resume_named" : "pause_named", { name: item.file.name }));
    if (item.held) {
      item.request?.abort();
      say(item, "paused", { percent: percent(item.bar.value / 100) });
    } else say(item, "begins");
    announce(item, item.state.textContent);
    item.wake?.();
  }
  function remove(item) {
    item.removed = true;
    item.request?.abort();
    item.wake?.();
    if (item.url) ask("DELETE", item.url).catch(() => {});
    announce(item, words.removed);
    item.node.remove();
    document.getElementById("sent").hidden = !list.children.length;
    picker.focus();
  }

  function add(file) {
    const node = document.getElementById("item").content.firstElementChild.cloneNode(true);
    const part = (name) => node.querySelector(name);
    const item = { file, node, bar: part("progress"), state: part(".state"), why: part(".why"), hold: part(".hold"), remove: part(".drop-it"), quarter: 0, offset: 0, held: false };
    const bytes = document.createElement("span");
    bytes.className = "soft";
    bytes.textContent = size(file.size);
    part(".name").append(file.name, " ", bytes);
    item.bar.setAttribute("aria-label", fill("progress_named", { name: file.name }));
    item.hold.setAttribute("aria-label", fill("pause_named", { name: file.name }));
    item.remove.setAttribute("aria-label", fill("remove_named", { name: file.name }));
    item.hold.hidden = true;
    item.hold.onclick = () => hold(item);
    item.remove.onclick = () => remove(item);
    list.append(node);
    document.getElementById("sent").hidden = false;
    if (!file.size) { refuse(item, "empty"); return; }
    say(item, "waits");
    queue.push(item);
  }
  function addAll(files) { for (const file of files) add(file); work(); }

  function start() {
    for (const one of document.querySelectorAll("[data-language]")) one.hash = location.hash;
    document.getElementById("skip").onclick = (event) => { event.preventDefault(); document.getElementById("main").focus(); };
    if (!token) { close("no_link"); return; }
    document.getElementById("choose").hidden = false;
    picker.onchange = () => { addAll(picker.files); picker.value = ""; };
    for (const kind of ["dragover", "dragleave", "drop"]) addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.toggle("over", kind === "dragover");
      if (kind === "drop") addAll(event.dataTransfer.files);
    });
    addEventListener("beforeunload", (event) => { if (working) event.preventDefault(); });
    ask("GET", address).then((answer) => answer.json()).then(({ uploads }) => {
      const open = uploads.filter((row) => row.state === "receiving" && row.offset > 0 && row.filename);
      document.getElementById("unfinished-list").replaceChildren(...open.map((row) => {
        const line = document.createElement("li");
        line.id = `left-${row.id}`;
        line.textContent = `${row.filename} (${percent(row.offset / row.length)})`;
        return line;
      }));
      document.getElementById("unfinished").hidden = !open.length;
    }).catch((error) => { if (error.status === 401) close("bad_link"); });
  }
  function close(key) {
    const note = document.getElementById("refused");
    note.hidden = false;
    note.textContent = words[key];
    document.getElementById("choose").hidden = true;
  }
  addEventListener("hashchange", () => location.reload());
  start();
})();
