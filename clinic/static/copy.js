// Copies the text of the follow-up summary, and prints it, or copies a link. Without this script
// the text can be opened and copied by hand, and the browser prints.
"use strict";
(() => {
  const copy = document.getElementById("do-copy"), print = document.getElementById("do-print");
  const said = document.getElementById("copied");
  copy.hidden = false;
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
  copy.addEventListener("click", async () => {
    const field = document.getElementById(copy.dataset.copies);
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // No permission: select the text, and let the older way copy it.
      const folded = field.closest("details");
      if (folded) folded.open = true;
      field.select();
      document.execCommand("copy");
    }
    said.textContent = copy.dataset.done;
  });
})();
