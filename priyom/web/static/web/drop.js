// Small panels over the composer: opened by a button that names one, closed by Escape, by a press beside them, or when
// another opens. In a list the arrows move.
const body = document.body;
const opener = (panel) => document.querySelector(`[data-drop-open="${panel.id}"]`);

export function open(panel, focus) {
  for (const other of document.querySelectorAll(".composer .drop:not([hidden])")) if (other !== panel) close(other);
  panel.hidden = false;
  opener(panel)?.setAttribute("aria-expanded", "true");
  if (focus) focus.focus();
  body.dispatchEvent(new CustomEvent("drop:open", { detail: panel }));
}

export function close(panel, back = false) {
  if (!panel || panel.hidden) return;
  panel.hidden = true;
  opener(panel)?.setAttribute("aria-expanded", "false");
  if (back) (document.getElementById("text") ?? opener(panel))?.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-drop-open]");
  const panel = button && document.getElementById(button.dataset.dropOpen);
  if (panel && panel.hidden) open(panel, panel.querySelector("button:not([aria-disabled])"));
  else if (panel) close(panel, true);
  if (button || !event.target.isConnected) return; // what the press itself has laid out anew was inside
  for (const other of document.querySelectorAll(".composer .drop:not([hidden])")) {
    if (!other.contains(event.target) && !event.target.closest("[data-ready-open], #text")) close(other);
  }
});

const STEPS = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
document.addEventListener("keydown", (event) => {
  const panel = event.target.closest?.(".composer .drop:not([hidden])");
  if (!panel) return;
  if (event.key === "Escape") {
    close(panel, true);
  } else if (event.key in STEPS && !event.target.matches("input") && !panel.matches(".emoji")) {
    const all = [...panel.querySelectorAll("button:not([aria-disabled])")];
    const next = all.indexOf(document.activeElement) + STEPS[event.key];
    all[Math.max(0, Math.min(all.length - 1, next))]?.focus();
  } else if (event.key === "Enter" && event.target.matches('input[type="datetime-local"]')) {
    event.target.parentElement.querySelector("button").click(); // not the first button of the whole form
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}, true);

// What is written where the caret stands.
export function write(area, text) {
  area.focus();
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
