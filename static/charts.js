/* A heat map says its cell under the pointer, and with the arrow keys; `readout` is of live.js. Without this
   script a browser shows each cell's <title>. */
"use strict";

function wording(cell) {
  const title = cell.querySelector("title");
  if (title) {
    cell.dataset.says = title.textContent;
    title.remove();
  }
  return cell.dataset.says;
}

function sayCell(cell) {
  const box = cell.getBoundingClientRect();
  cell.parentNode.querySelector(".here")?.classList.remove("here");
  cell.classList.add("here");
  cell.parentNode.append(cell); // its edge over those beside it
  readout.textContent = wording(cell);
  readout.hidden = false;
  readout.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - readout.offsetWidth - 8))}px`;
  readout.style.top = `${box.top - readout.offsetHeight - 6}px`;
}

function leaveCells(cells) {
  cells.querySelector(".here")?.classList.remove("here");
  readout.hidden = true;
}

const at = (cells, x, y) => cells.querySelector(`rect[x="${x}"][y="${y}"]`);
const cellsOf = (event) => event.target.closest?.(".cells");

document.addEventListener("pointerover", (event) => {
  const cell = event.target.closest?.(".cells rect");
  if (cell && !cell.classList.contains("here")) sayCell(cell);
});
document.addEventListener("pointerout", (event) => {
  const cells = cellsOf(event);
  if (cells && !cells.contains(event.relatedTarget)) leaveCells(cells);
});
document.addEventListener("focusin", (event) => {
  const cells = cellsOf(event);
  if (cells?.querySelector("rect")) sayCell(cells.querySelector(".here") ?? cells.querySelector("rect"));
});
document.addEventListener("focusout", (event) => cellsOf(event) && leaveCells(cellsOf(event)));
document.addEventListener("keydown", (event) => {
  const cells = cellsOf(event);
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
  const here = cells?.querySelector(".here");
  if (!here || (!dx && !dy)) return;
  event.preventDefault();
  const next = at(cells, Number(here.getAttribute("x")) + dx, Number(here.getAttribute("y")) + dy);
  if (next) sayCell(next);
});

const reachCells = (root) => root.querySelectorAll(".cells").forEach((cells) => cells.setAttribute("tabindex", "0"));
reachCells(document);
document.addEventListener("htmx:load", (event) => reachCells(event.detail.elt));
