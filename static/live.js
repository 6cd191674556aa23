/* What HTML cannot do alone. The pages work without it. */
"use strict";

/* A request that ends at another page (sign-in, an error) is shown as that page, not inside a table. */
document.addEventListener("htmx:beforeSwap", (event) => {
  if (/^\s*<!doctype/i.test(event.detail.xhr.responseText) && event.detail.xhr.getResponseHeader("HX-Fragment") === null) {
    event.detail.shouldSwap = false;
    window.location.assign(event.detail.pathInfo.finalRequestPath || window.location.href);
  }
});

for (const kind of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(kind, () => {
    const note = document.createElement("div");
    note.className = "note bad";
    note.textContent = "Agentry did not answer. Check your connection, then try again.";
    document.getElementById("trouble").replaceChildren(note);
  });
}
document.addEventListener("htmx:afterOnLoad", () => document.getElementById("trouble").replaceChildren());
