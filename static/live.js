/* What HTML cannot do alone. The pages work without it. */
"use strict";

/* An answer that is a whole page (sign-in after a session's end, an error) is opened, not put inside a table. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (/^\s*<!doctype/i.test(xhr.responseText)) {
    event.detail.shouldSwap = false;
    window.location.assign(xhr.responseURL);
  }
});

const trouble = () => document.getElementById("trouble");
for (const kind of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(kind, () => {
    const note = document.createElement("div");
    note.className = "note bad";
    note.textContent = "Agentry did not answer. Check your connection, then try again.";
    trouble().replaceChildren(note);
  });
}
document.addEventListener("htmx:afterOnLoad", () => trouble().replaceChildren());
