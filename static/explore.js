/* The editor of Explore: colours, line numbers, the mistake at its place, suggestions, run and cancel.
   Without this script the page is a form. Nothing is drawn into the textarea itself: its text is painted
   beneath it, so undo, selection, spelling and screen readers stay the browser's own. */
"use strict";

const editor = document.getElementById("editor");
const field = document.getElementById("query");
const form = document.getElementById("ask");
const KEYWORDS = /^(select|distinct|from|where|group|by|having|order|limit|offset|with|as|and|or|not|in|between|i?like|is|null|case|when|then|else|end|asc|desc|interval|union|all|join|left|right|inner|outer|full|cross|any|on|using|array|over|partition|rows|range|qualify|exists|true|false|ties|fill|except|intersect|window)$/i;
const TOKENS = /(--[^\n]*|\/\*[^]*?(?:\*\/|$))|('(?:[^'\\]|\\[^]|'')*(?:'|$))|\b(\d+(?:\.\d+)?)\b|([A-Za-z_]\w*)/g;
const element = (name, cls, text = "") => Object.assign(document.createElement(name), { className: cls, textContent: text });

/* Paint: the text once more, in colours, beneath the field; and the numbers of its lines. */
const paint = element("pre", "paint");
const gutter = element("pre", "gutter");
for (const layer of [paint, gutter]) layer.setAttribute("aria-hidden", "true");
editor.prepend(gutter, paint);
editor.classList.add("painted");
let wrong = null; // {start, end, line} of the mistake, until the text changes

function pieces(text) {
  const found = [];
  for (const match of text.matchAll(TOKENS)) {
    const [word, comment, string, number, name] = match;
    const cls = comment ? "c" : string ? "s" : number ? "n" : name && KEYWORDS.test(name) ? "k" : "";
    if (cls) found.push([match.index, match.index + word.length, cls]);
  }
  return found;
}

function draw() {
  const text = field.value;
  const parts = [];
  let at = 0;
  const put = (from, to, cls) => {
    for (const [low, high, bad] of cut(from, to)) {
      const node = bad ? element("mark", "", text.slice(low, high)) : cls ? element("span", cls, text.slice(low, high)) : text.slice(low, high);
      if (low < high || bad) parts.push(node);
    }
  };
  for (const [start, end, cls] of pieces(text)) {
    put(at, start, "");
    put(start, end, cls);
    at = end;
  }
  put(at, text.length, "");
  paint.replaceChildren(...parts, "\n");
  const lines = text.split("\n").length;
  gutter.replaceChildren(...Array.from({ length: lines }, (_, index) => element("span", wrong?.line === index + 1 ? "bad" : "", `${index + 1}\n`)));
  field.rows = Math.min(28, Math.max(8, lines + 1));
  follow();
}

/* A stretch in up to three: before, in and after the mistake. */
function cut(from, to) {
  if (!wrong || wrong.end <= from || wrong.start >= to) return [[from, to, false]];
  const [low, high] = [Math.max(from, wrong.start), Math.min(to, wrong.end)];
  return [[from, low, false], [low, high, true], [high, to, false]].filter(([a, b]) => a < b);
}

function follow() {
  paint.scrollTop = gutter.scrollTop = field.scrollTop;
  paint.scrollLeft = field.scrollLeft;
}

function findMistake() {
  const said = document.querySelector(".mistake[data-line]");
  wrong = null;
  if (said) {
    const lines = field.value.split("\n");
    const line = Number(said.dataset.line);
    // Columns and lengths are counted in characters, a string here in halves of them.
    const before = [...(lines[line - 1] ?? "")];
    const column = Number(said.dataset.column) - 1;
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0) + before.slice(0, column).join("").length;
    const length = before.slice(column, column + Number(said.dataset.length)).join("").length;
    said.querySelector("mark")?.scrollIntoView({ block: "nearest", inline: "center" });
    wrong = { line, start: length ? start : Math.max(0, start - 1), end: start + Math.max(1, length) };
  }
  draw();
}

function edit(start, end, text) {
  field.focus();
  field.setSelectionRange(start, end);
  if (!document.execCommand("insertText", false, text)) field.setRangeText(text, start, end, "end"); // the first can be undone
}

field.addEventListener("scroll", follow);
field.addEventListener("input", () => { wrong = null; draw(); });
new ResizeObserver(follow).observe(field);

/* Suggestions. The focus stays in the field; the list is its listbox, and what is chosen is said. */
const offers = element("div", "offers");
const list = Object.assign(element("ul", ""), { id: "offers" });
const about = element("p", "");
const spoken = element("span", "unseen");
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", "Suggestions");
spoken.setAttribute("role", "status");
offers.append(list, about);
offers.hidden = true;
editor.append(offers, spoken);
field.setAttribute("aria-autocomplete", "list");
field.setAttribute("aria-controls", "offers");
let words = null; // of this project, once they are there
let learning = null; // asked for with the first key, and again after a failure
let open = { offered: [], chosen: 0, start: 0, moved: false };

const learn = () => (learning ??= known().then((found) => { words = found; }, () => { learning = null; }));

async function known() {
  const told = await (await fetch(editor.dataset.words, { headers: { Accept: "application/json" } })).json();
  const all = [
    ...Object.entries(told.properties).map(([name, type]) => ({ name: `properties.${plain(name)}`, kind: type, rank: 0, about: `A property of events, read as ${type}.` })),
    ...Object.entries(told.columns).flatMap(([table, of]) => Object.entries(of).map(([name, type]) => ({ name, kind: type, rank: 0, about: `A column of ${table}.` }))),
    ...Object.keys(told.columns).map((name) => ({ name, kind: "table", rank: 1, about: "A table." })),
    ...told.keywords.map((name) => ({ name, kind: "", rank: 2, about: "" })),
    ...told.functions.map(([name, takes, gives, aggregate]) => ({ name, kind: aggregate ? "aggregate" : "function", rank: 3, call: true, about: `${name}(${takes.replaceAll(" ", ", ")}): ${gives}` })),
  ];
  const seen = new Set();
  const once = all.filter(({ name, call }) => !seen.has(`${name} ${call}`) && seen.add(`${name} ${call}`));
  once.events = told.events.map((name) => ({ name, kind: "event", rank: 0, about: "An event of this project." }));
  return once;
}
const plain = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : `\`${name}\``);

/* What is being written: a name, or the text that an event is compared with. */
function written(asked) {
  const before = field.value.slice(0, field.selectionStart);
  const event = /\bevent\s*(?:=|!=|in\s*\((?:\s*'[^']*'\s*,)*)\s*'([^']*)$/i.exec(before);
  if (event) return { text: event[1], of: words?.events ?? [] };
  const quotes = before.replace(/--[^\n]*\n|\\./g, "").replace(/[^']/g, "").length;
  if (quotes % 2 || /--[^\n]*$/.test(before)) return null;
  const name = /(?:[A-Za-z_$][\w$]*\.)*[A-Za-z_$]?[\w$]*$/.exec(before)[0];
  return name.length > 1 || asked || name.endsWith(".") ? { text: name, of: words ?? [] } : null;
}

function score(word, text) {
  const [name, sought] = [word.name.toLowerCase(), text.toLowerCase()];
  if (name === sought && !word.call) return -1;
  if (name.startsWith(sought)) return 10 - word.rank;
  if (name.replace(/^properties\.`?/, "").startsWith(sought)) return 11;
  return sought.length > 2 && name.includes(sought) ? 3 - word.rank / 2 : -1;
}

async function suggest(asked = false) {
  await learn();
  const writing = document.activeElement === field && field.selectionStart === field.selectionEnd ? written(asked) : null;
  const found = writing ? writing.of.map((word) => [score(word, writing.text), word]).filter(([points]) => points > 0) : [];
  found.sort(([a, one], [b, other]) => b - a || one.name.length - other.name.length || (one.name < other.name ? -1 : 1));
  open = { offered: found.slice(0, 10).map(([, word]) => word), chosen: 0, start: field.selectionStart - (writing?.text.length ?? 0), moved: false };
  show();
}

function show() {
  const { offered, chosen } = open;
  offers.hidden = !offered.length;
  list.replaceChildren(...offered.map((word, index) => {
    const item = element("li", "");
    item.append(element("span", "", word.name), element("small", "", word.kind));
    Object.assign(item, { id: `offer-${index}`, role: "option" }).setAttribute("aria-selected", String(index === chosen));
    item.addEventListener("mousedown", (event) => { event.preventDefault(); take(index); });
    return item;
  }));
  if (offers.hidden) return field.removeAttribute("aria-activedescendant");
  about.textContent = offered[chosen].about;
  about.hidden = !offered[chosen].about;

  field.setAttribute("aria-activedescendant", `offer-${chosen}`);
  spoken.textContent = `${offered[chosen].name} ${offered[chosen].kind}, ${chosen + 1} of ${offered.length}`;
  place();
}

/* Beneath the word, where the painted text has it. */
function place() {
  const range = document.createRange();
  const walker = document.createTreeWalker(paint, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(), left = open.start; node; left -= node.length, node = walker.nextNode()) {
    if (left > node.length) continue;
    range.setStart(node, left);
    break;
  }
  const [at, box] = [range.getBoundingClientRect(), editor.getBoundingClientRect()];
  offers.style.top = `${at.bottom - box.top + 4}px`;
  offers.style.left = `${Math.max(0, Math.min(at.left - box.left - 12, box.width - offers.offsetWidth))}px`;
}

function close() {
  open.offered = [];
  show();
}

function take(index) {
  const word = open.offered[index];
  const end = field.selectionStart;
  const call = word.call && field.value[end] !== "(";
  edit(open.start, end, call ? `${word.name}(` : word.name);
  close();
}

field.addEventListener("input", (event) => (event.inputType?.startsWith("insert") && event.data?.length === 1) || event.inputType === "deleteContentBackward" ? suggest() : close());
field.addEventListener("focus", learn);
field.addEventListener("blur", close);
field.addEventListener("click", close);
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    close();
    return form.requestSubmit(form.querySelector(".button.main"));
  }
  if (event.key === " " && event.ctrlKey) {
    event.preventDefault();
    return suggest(true);
  }
  if (offers.hidden) return undefined;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    open.chosen = (open.chosen + step + open.offered.length) % open.offered.length;
    open.moved = true;
    show();
  } else if (event.key === "Tab" && !event.shiftKey || (event.key === "Enter" && open.moved)) take(open.chosen);
  else if (event.key === "Escape") close();
  else {
    if (/^(Arrow|Home|End|Page)/.test(event.key)) close();
    return undefined;
  }
  return event.preventDefault();
});
