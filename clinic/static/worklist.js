// The keys of the worklist: they press what is on the page, and do nothing else. They can be
// switched off, because a single key may be pressed by mistake or by dictation.
"use strict";
(() => {
  const KEPT = "kadens-keys";
  const box = document.getElementById("use-keys");
  box.checked = localStorage.getItem(KEPT) !== "off";
  box.addEventListener("change", () => localStorage.setItem(KEPT, box.checked ? "on" : "off"));

  const rows = () => [...document.querySelectorAll("a[data-row]")];
  const at = () => {
    const open = document.querySelector(".row-open a[data-row]");
    const row = document.activeElement.closest("tr.row");
    return rows().indexOf(row ? row.querySelector("a[data-row]") : open);
  };
  function step(by) {
    const all = rows();
    const next = all[Math.min(Math.max(at() + by, 0), all.length - 1)];
    next?.focus();
    next?.closest("tr").scrollIntoView({ block: "nearest" });
  }
  function review() {
    const row = document.activeElement.closest("tr.row");
    const button = row ? row.querySelector("[data-review]") : document.getElementById("do-review");
    button?.click();
  }
  function help() {
    const keys = document.getElementById("keys");
    keys.open = !keys.open;
    if (keys.open) keys.querySelector("summary").focus();
  }
  // Beside a preview the list stays where its patient is; on a phone the preview is above the list.
  const opened = document.querySelector(".row-open");
  if (opened && matchMedia("(min-width: 901px)").matches) {
    // before the page focuses the preview by itself, which would scroll to its top
    document.getElementById("drawer-name").focus({ preventScroll: true });
    opened.scrollIntoView({ block: "center" });
    // at the end of the list the preview ends with it, and would be cut at its top
    scrollBy(0, Math.min(document.getElementById("drawer").getBoundingClientRect().top - 12, 0));
  }

  const ACTIONS = {
    j: () => step(1),
    k: () => step(-1),
    r: review,
    n: () => document.getElementById("next-patient")?.click(),
    "/": () => document.getElementById("q").focus(),
    "?": help,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { document.getElementById("close-drawer")?.click(); return; }
    if (!box.checked || event.target.matches("input, select, textarea") || !(event.key in ACTIONS)) return;
    event.preventDefault();
    ACTIONS[event.key]();
  });
})();
