/* What HTML cannot do alone. The pages work without it. */
"use strict";

/* An answer that is a whole page (sign-in after a session's end, an error) is opened, not put inside a table. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (!/^\s*<!doctype/i.test(xhr.responseText)) {
    if (isLive(requestConfig.elt) && rests(requestConfig.elt)) event.detail.shouldSwap = false; // since it was asked
    return;
  }
  event.detail.shouldSwap = false;
  if (isLive(requestConfig.elt) && xhr.status >= 500) complain();
  else window.location.assign(xhr.responseURL);
});

const trouble = () => document.getElementById("trouble");
function complain() {
  const note = document.createElement("div");
  note.className = "note bad";
  note.textContent = "Agentry did not answer. Check your connection, then try again.";
  trouble().replaceChildren(note);
}
for (const kind of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(kind, complain);
document.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.xhr.status < 500) trouble().replaceChildren();
});

/* A live part asks for itself again and again. It rests while nobody sees it, and while somebody reads in it: what
   one has opened, selected or points at would be gone. */
const isLive = (part) => part.matches("[data-live]");
function rests(part) {
  const selection = document.getSelection();
  const reads = part.contains(document.activeElement) || part.querySelector("details[open], .spark:hover");
  return document.hidden || reads || (!selection.isCollapsed && part.contains(selection.anchorNode));
}
document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.detail.elt;
  if (!isLive(part)) return;
  part.toggleAttribute("data-rests", Boolean(rests(part)));
  if (part.hasAttribute("data-rests")) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) for (const part of document.querySelectorAll("[data-live]")) htmx.trigger(part, "look");
});

/* A small chart says the value under the pointer, and with the arrow keys when it has the focus. Its <title> has a
   line for each day, the latest first; without this script a browser shows them all at once. */
const readout = document.createElement("div");
readout.className = "readout";
readout.hidden = true;
readout.setAttribute("role", "status");
document.body.append(readout);

function days(chart) {
  const title = chart.querySelector("title");
  if (title) {
    chart.dataset.values = title.textContent;
    title.remove();
  }
  return chart.dataset.values.split("\n").reverse();
}

function mark(chart) {
  const drawn = chart.querySelector(".mark");
  if (drawn) return drawn;
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("class", "mark");
  return chart.appendChild(path);
}

function say(chart, asked) {
  const values = days(chart);
  const day = Math.min(values.length - 1, Math.max(0, asked));
  const box = chart.getBoundingClientRect();
  const middle = ((day + 0.5) * box.width) / values.length;
  chart.dataset.day = day;
  mark(chart).setAttribute("d", `M${middle} -3v${box.height + 3}`);
  readout.textContent = values[day];
  readout.hidden = false;
  readout.style.left = `${Math.min(box.left + middle + 8, window.innerWidth - readout.offsetWidth - 8)}px`;
  readout.style.top = `${box.top - readout.offsetHeight - 4}px`;
}

function hush(chart) {
  readout.hidden = true;
  chart.querySelector(".mark")?.remove();
}

const chartOf = (event) => event.target.closest?.(".spark");
document.addEventListener("pointermove", (event) => {
  const chart = chartOf(event);
  if (!chart) return;
  const box = chart.getBoundingClientRect();
  say(chart, Math.floor(((event.clientX - box.left) / box.width) * days(chart).length));
});
document.addEventListener("pointerout", (event) => {
  const chart = chartOf(event);
  if (chart && !chart.contains(event.relatedTarget)) hush(chart);
});
document.addEventListener("focusin", (event) => chartOf(event) && say(chartOf(event), Infinity));
document.addEventListener("focusout", (event) => chartOf(event) && hush(chartOf(event)));
document.addEventListener("keydown", (event) => {
  const chart = chartOf(event);
  const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  if (!chart || step === undefined) return;
  event.preventDefault();
  say(chart, Number(chart.dataset.day) + step);
});

/* Focus is of use only with this script. */
const reach = (root) => root.querySelectorAll(".spark").forEach((chart) => chart.setAttribute("tabindex", "0"));
reach(document);
document.addEventListener("htmx:load", (event) => reach(event.detail.elt));

/* On a phone the row of pages scrolls: the one that one is on is in sight. */
const here = document.querySelector(".pages .row [aria-current]");
if (here) {
  const row = here.parentElement;
  row.scrollLeft = here.offsetLeft + here.offsetWidth + 32 - row.offsetLeft - row.clientWidth;
}

/* An open menu closes when one turns away from it. */
const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu === except) continue;
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  }
};
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => event.key === "Escape" && closeMenus(null));

/* A form that has just been sent is not sent again by a second click. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.hasAttribute("data-sent")) return event.preventDefault();
  form.setAttribute("data-sent", "");
  setTimeout(() => form.removeAttribute("data-sent"), 3000);
});
