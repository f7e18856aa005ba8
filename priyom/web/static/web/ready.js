// Ready answers: `/` at the beginning of the text opens the list, what follows narrows it down, arrows and Enter choose.
// A gap that is left is selected, Tab goes to the next one. What is written can be kept as a ready answer.
import { close, open, write } from "./drop.js";

const GAP = "___";
const body = document.body;
const area = () => document.getElementById("text");
const panel = () => document.getElementById("ready-drop");
const options = () => [...(panel()?.querySelectorAll('[role="option"]:not([hidden])') ?? [])];
const lit = () => panel()?.querySelector('[role="option"][aria-selected="true"]');
let byButton = false;

const typed = () => area()?.value.match(/^\/(\S*)$/)?.[1] ?? null;
const shown = () => panel() && !panel().hidden;

async function show() {
  const box = document.getElementById("composer");
  open(panel());
  if (!panel().childElementCount) {
    const answer = await fetch(box.dataset.ready, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok || !box.isConnected) return;
    panel().innerHTML = await answer.text();
    htmx.process(panel());
  }
  narrow();
}

// Words that begin so come first, then those that contain it, then texts that do.
function narrow() {
  const list = panel()?.querySelector("#ready-list");
  if (!list) return;
  const wanted = (typed() ?? "").toLowerCase();
  const all = [...list.children];
  const rank = (item) => {
    const word = item.dataset.word;
    if (word.startsWith(wanted)) return 0;
    if (word.includes(wanted)) return 1;
    return item.dataset.text.toLowerCase().includes(wanted) ? 2 : 3;
  };
  all.forEach((item, n) => item.dataset.at ?? (item.dataset.at = n));
  all.sort((a, b) => rank(a) - rank(b) || a.dataset.at - b.dataset.at);
  for (const item of all) item.hidden = rank(item) > 2;
  list.append(...all);
  panel().querySelector(".none").hidden = !all.length || options().length > 0;
  panel().querySelector("[data-keep]").hidden = typed() !== null || !area().value.trim();
  light(options()[0]);
}

function light(item) {
  for (const old of panel().querySelectorAll('[aria-selected="true"]')) old.setAttribute("aria-selected", "false");
  item?.setAttribute("aria-selected", "true");
  item?.scrollIntoView({ block: "nearest" });
  if (item) area().setAttribute("aria-activedescendant", item.id);
  else area().removeAttribute("aria-activedescendant");
}

function choose(item) {
  const field = area();
  if (typed() !== null) field.select();
  write(field, item.dataset.text);
  hide();
  gap(field, 0);
}

function hide() {
  byButton = false;
  area()?.removeAttribute("aria-activedescendant");
  close(panel());
}

function gap(field, from) {
  const at = field.value.indexOf(GAP, from);
  if (at < 0) return false;
  field.focus();
  field.setSelectionRange(at, at + GAP.length);
  return true;
}

document.addEventListener("input", (event) => {
  if (event.target.id !== "text") return;
  if (typed() !== null) {
    if (shown()) narrow();
    else show();
  } else if (shown() && !byButton) {
    hide();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.target.id !== "text" || event.isComposing) return;
  if (!shown()) {
    if (event.key !== "Tab" || event.shiftKey || !event.target.value.includes(GAP)) return;
    if (!gap(event.target, event.target.selectionEnd) && !gap(event.target, 0)) return;
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const all = options();
    const step = event.key === "ArrowDown" ? 1 : -1;
    light(all[(all.indexOf(lit()) + step + all.length) % all.length]);
  } else if ((event.key === "Enter" || event.key === "Tab") && lit() && !event.shiftKey) {
    choose(lit());
  } else if (event.key === "Escape") {
    hide();
  } else {
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

document.addEventListener("click", (event) => {
  const item = event.target.closest('#ready-drop [role="option"]');
  if (item) return choose(item);
  if (event.target.closest("[data-ready-open]")) {
    if (shown()) return hide();
    byButton = true;
    area().focus();
    return show();
  }
  const put = event.target.closest("[data-put]");
  if (put) {
    const form = put.closest("form");
    const last = form.contains(form.lastWritten ?? null) ? form.lastWritten : form.querySelector("textarea");
    return write(last, put.dataset.put);
  }
  if (event.target.closest("#keep-ready [data-close]")) {
    document.getElementById("keep-ready").close();
    area()?.focus();
  }
});

// A variable goes where one has written last.
document.addEventListener("focusin", (event) => {
  if (event.target.matches(".ready-form textarea")) event.target.form.lastWritten = event.target;
});

body.addEventListener("htmx:afterSwap", (event) => {
  const dialog = document.getElementById("keep-ready");
  if (event.detail.target === dialog) {
    if (!dialog.open) dialog.showModal();
    dialog.querySelector("[autofocus]")?.focus();
    hide();
    panel().replaceChildren(); // it is asked for anew
  }
});

// Refused for a gap: selected as soon as the words have come back to their place, before another key can be pressed.
body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.requestConfig?.elt?.id !== "answer") return;
  queueMicrotask(() => area()?.value.includes(GAP) && gap(area(), 0));
});
