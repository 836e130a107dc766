// Keeps an open page up to date. After a notification it fetches the page again and replaces the
// sections that differ; focus, scroll and open details stay. Without an event stream it fetches
// every few seconds. It changes nothing on the server.
"use strict";
(() => {
  document.documentElement.classList.add("js");
  const QUIET_MS = 1500, POLL_MS = 5000, IDLE_MS = 60000;
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

  function swap(old, fresh, text) {
    const active = old.contains(document.activeElement) ? keyOf(document.activeElement) : null;
    const open = [...old.querySelectorAll("details[open]")].map((one) => one.id);
    const made = document.importNode(fresh, true);
    for (const one of made.querySelectorAll("details")) one.open = open.includes(one.id);
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
      // Signed out: after the reload no data of a patient stays in view.
      if (answer.status === 401) { location.reload(); return; }
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
