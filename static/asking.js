/* Explore asks: run and cancel, and the fix. What is named here and not made here is of
   explore.js. */
"use strict";

/* Run and cancel. Whoever goes away, by Cancel or by closing the page, ends the question in the database. */
const running = document.getElementById("running");
const cancel = document.getElementById("cancel");
const answer = () => document.getElementById("answer");
let clock = null;
let began = 0;
const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
let asking = null; // the request that runs

function rest() {
  clearInterval(clock);
  asking = null;
  running.hidden = cancel.hidden = true;
  answer().classList.remove("stale");
}

function tick() {
  const soon = performance.now() - began < 200; // most answers are there by then: nothing flickers
  running.hidden = cancel.hidden = soon;
  answer().classList.toggle("stale", !soon);
  running.querySelector(".time").textContent = seconds();
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target !== answer()) return;
  clearInterval(clock);
  [asking, began] = [event.detail.xhr, performance.now()];
  const { onabort } = asking;
  asking.onabort = (stopped) => quietly(() => onabort?.call(stopped.target, stopped));
  clock = setInterval(tick, 100);
});
/* Who cancels, or asks anew, has made no error; htmx writes one to the console for each request that is stopped. */
function quietly(act) {
  const { error } = console;
  console.error = () => {};
  try {
    act();
  } finally {
    console.error = error;
  }
}
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target } = event.detail;
  if (target !== answer() || !/json/.test(xhr.getResponseHeader("Content-Type") ?? "")) return;
  event.detail.shouldSwap = false; // the server was too busy to draw a page
  const { error } = JSON.parse(xhr.responseText);
  state(error.message, error.hint);
});
document.addEventListener("htmx:afterRequest", (event) => event.detail.xhr === asking && rest());
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "answer" && event.detail.elt.id !== "answer") return;
  document.getElementById("told").textContent = document.querySelector(".answer .count")?.textContent ?? "";
  findMistake();
});
cancel.addEventListener("click", () => {
  const after = seconds();
  htmx.trigger(form, "htmx:abort");
  htmx.trigger(answer(), "htmx:abort");
  rest();
  state(`Cancelled after ${after}`, "The question was stopped in the database. Ask for a shorter window or for fewer groups to have it quicker.");
  field.focus();
});

function state(title, words) {
  const panel = element("div", "empty");
  panel.setAttribute("role", "status");
  panel.append(element("h2", "", title), element("p", "", words));
  answer().replaceChildren(panel);
}

/* The fix goes into the editor, where it can be undone, and the question is asked again. */
document.addEventListener("click", (event) => {
  const fix = event.target.closest("#fix");
  if (!fix) return;
  event.preventDefault();
  const { start, length, text } = fix.dataset;
  const units = (characters) => [...field.value].slice(0, characters).join("").length;
  edit(units(Number(start)), units(Number(start) + Number(length)), text);
  form.requestSubmit(form.querySelector(".button.main"));
});

findMistake();
