/* Who works with the keyboard stays where she was when a part of the page is swapped: on the link or button that says
   the same, or else on the part itself, so that the next Tab goes on from there. */
"use strict";

let left = null;
const says = (control) => control.textContent.replace(/[↑↓→←]/g, "").trim();

document.addEventListener("htmx:beforeSwap", (event) => {
  const had = document.activeElement;
  if (!event.detail.target.contains(had) || had === document.body) return;
  const alike = [...event.detail.target.querySelectorAll(had.tagName)].filter((each) => says(each) === says(had));
  left = { tag: had.tagName, id: had.id, says: says(had), place: alike.indexOf(had) };
});

document.addEventListener("htmx:afterSettle", (event) => {
  const was = left;
  left = null;
  const part = event.detail.elt;
  if (!was || !part.isConnected || (document.activeElement !== document.body && document.activeElement)) return;
  const alike = [...part.querySelectorAll(was.tag)].filter((each) => says(each) === was.says);
  const found = (was.id && document.getElementById(was.id)) || alike[was.place] || alike[0];
  if (!found && !part.hasAttribute("tabindex")) part.setAttribute("tabindex", "-1");
  (found || part).focus({ preventScroll: true });
});
