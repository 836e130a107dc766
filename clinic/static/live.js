// Keeps an open page up to date. After a notification it fetches the page again and replaces the
// sections that differ; focus, scroll, open details and what was typed stay. Without an event
// stream it fetches every few seconds. It changes nothing on the server, and keeps a form from being
// sent twice by a double click.
"use strict";
(() => {
  document.documentElement.classList.add("js");
  const QUIET_MS = 1500, POLL_MS = 5000, IDLE_MS = 60000, ONCE_MS = 3000;
  // A double click sends a form once: the server would take two notes, or two prescriptions.
  const sent = new WeakMap();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (Date.now() - (sent.get(form) ?? -ONCE_MS) < ONCE_MS) event.preventDefault();
    else sent.set(form, Date.now());
  });
  const shown = document.getElementById("live");
  const served = new Map();
  for (const part of document.querySelectorAll("[data-live]")) served.set(part.id, part.outerHTML);
  if (!served.size) return;
  let running = false, wanted = false, last = 0, streaming = false, held = false;

  const words = JSON.parse(document.getElementById("script-words").textContent);
  function say(state) {
    if (shown.dataset.state === state) return;
    shown.dataset.state = state;
    shown.querySelector(".live-word").textContent = words[state];
  }

  const typing = (part) => {
    const active = document.activeElement;
    return part.contains(active) && active.matches("input, select, textarea");
  };

  function keyOf(element) {
    if (element.id) return `#${CSS.escape(element.id)}`;
    if (element.matches("a[href]")) return `a[href="${CSS.escape(element.getAttribute("href"))}"]`;
    if (element.matches("summary")) return `#${CSS.escape(element.parentElement.id)} > summary`;
    return null;
  }

  function isTyped(field) {
    if (field.matches("input[type=checkbox], input[type=radio]")) return field.checked !== field.defaultChecked;
    if (field.matches("select")) {
      return field.selectedIndex !== Math.max([...field.options].findIndex((one) => one.defaultSelected), 0);
    }
    return field.matches("textarea, input:not([type=hidden], [type=submit])") && field.value !== field.defaultValue;
  }

  function twinIn(made, field) {
    if (field.id) return made.querySelector(`#${CSS.escape(field.id)}`);
    const named = `${field.tagName}[name="${CSS.escape(field.name)}"]`;
    return made.querySelector(field.matches("[type=checkbox], [type=radio]") ? `${named}[value="${CSS.escape(field.value)}"]` : named);
  }

  // What was typed and not sent goes into the newer form. It stays an answer to the version that
  // its author has read, so that the server can say that there is a newer one.
  function carry(old, made) {
    for (const field of [...old.querySelectorAll("input, select, textarea")].filter(isTyped)) {
      const twin = twinIn(made, field);
      if (!twin) continue;
      if (field.matches("[type=checkbox], [type=radio]")) twin.checked = field.checked;
      else if (!field.matches("select") || [...twin.options].some((one) => one.value === field.value)) twin.value = field.value;
      const read = field.form?.elements.namedItem("after"), newer = twin.form?.elements.namedItem("after");
      if (read && newer) newer.value = read.value;
    }
  }

  // After signing out no data of a patient stays in view; what its author has not sent yet does.
  function leave() {
    const main = document.getElementById("main");
    const forms = [...main.querySelectorAll("form[method=post]")].filter((form) => [...form.elements].some(isTyped));
    if (!forms.length) { location.reload(); return; }
    const said = document.createElement("p");
    said.className = "card refused";
    said.setAttribute("role", "alert");
    said.textContent = words.left;
    document.title = "Kadens";
    main.replaceChildren(said, ...forms);
  }

  function swap(old, fresh, text) {
    const active = old.contains(document.activeElement) ? keyOf(document.activeElement) : null;
    const open = [...old.querySelectorAll("details[open][id]")].map((one) => one.id);
    const made = document.importNode(fresh, true);
    for (const one of made.querySelectorAll("details[id]")) one.open = open.includes(one.id);
    carry(old, made);
    old.replaceWith(made);
    served.set(made.id, text);
    if (active) made.querySelector(active)?.focus({ preventScroll: true });
    made.dispatchEvent(new CustomEvent("kadens:replaced", { bubbles: true }));
  }

  async function refresh() {
    if (running) { wanted = true; return; }
    running = true;
    wanted = held = false;
    try {
      const answer = await fetch(location.pathname + location.search, { headers: { "X-Kadens-Refresh": "1" }, cache: "no-store" });
      if (answer.status === 401) { leave(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const fresh of page.querySelectorAll("[data-live]")) {
        const old = document.getElementById(fresh.id);
        const text = fresh.outerHTML;
        if (!old || served.get(fresh.id) === text) continue;
        // A form that is being filled in is not replaced until the focus leaves it.
        if (typing(old)) held = true; else swap(old, fresh, text);
      }
      say(streaming ? "live" : "poll");
    } catch {
      say("lost");
    } finally {
      running = false;
      last = Date.now();
      if (wanted) soon();
    }
  }

  let timer = 0;
  function soon() {
    if (timer) return;
    timer = setTimeout(() => { timer = 0; refresh(); }, Math.max(QUIET_MS - (Date.now() - last), 0));
  }

  document.addEventListener("focusout", () => { if (held) soon(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });
  setInterval(() => {
    if (!document.hidden && Date.now() - last >= (streaming ? IDLE_MS : POLL_MS)) refresh();
  }, POLL_MS);

  const stream = new EventSource("/events");
  stream.addEventListener("open", () => { streaming = true; say("live"); });
  stream.addEventListener("changed", soon);
  // The stream ends with the session: only a fetch shows whether the clinician is signed out.
  stream.addEventListener("error", () => { if (streaming) soon(); streaming = false; });
  last = Date.now();
})();
