// The way of an answer: a menu of all there are, another one by Alt and its number; and an approved text, shown as it
// will go while its places are filled in.
import { close } from "./drop.js";

const body = document.body;
const here = () => document.getElementById("composer");

body.addEventListener("htmx:afterSwap", (event) => {
  const panel = event.detail.target;
  if (panel?.id !== "ways-drop" || panel.hidden) return;
  (panel.querySelector('[aria-checked="true"]') ?? panel.querySelector("button:not([aria-disabled])"))?.focus();
});

document.addEventListener("keydown", (event) => {
  const number = event.code.match(/^(?:Digit|Numpad)([1-9])$/)?.[1];
  if (!number || event.ctrlKey || event.metaKey || event.shiftKey || !here()?.dataset.way) return;
  const menu = event.target.closest?.("#ways-drop");
  if (!menu && !event.altKey) return;
  event.preventDefault();
  if (menu) close(menu);
  const form = document.getElementById("answer");
  const values = { n: number };
  if (form) Object.assign(values, { text: form.elements.text.value, quoting: form.elements.quoting.value });
  htmx.ajax("POST", here().dataset.way, { source: here(), target: here(), swap: "outerHTML", values });
});

// What cannot be chosen says why, and does nothing.
document.addEventListener("click", (event) => {
  if (event.target.closest('[aria-disabled="true"]')) event.preventDefault();
});

document.addEventListener("input", (event) => {
  const name = event.target.dataset?.place;
  if (!name) return;
  for (const shown of document.querySelectorAll(`.preview [data-shows="${name}"]`)) {
    const text = event.target.value.trim().replace(/\s+/g, " ");
    shown.textContent = text || shown.dataset.label;
    shown.classList.toggle("empty-place", !text);
  }
});
