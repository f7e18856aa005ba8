// Answers that have not left yet: the seconds in which one can be taken back are counted; by Ctrl and Z in the empty
// field it is.
const body = document.body;
const ENDS = new WeakMap();
const TICK = 200;
const LATE = 400; // milliseconds after which it has left, as far as the worker is awake
let timer = 0;

function tick() {
  const counts = [...document.querySelectorAll("#waiting .count[data-left]")];
  for (const count of counts) {
    if (!ENDS.has(count)) ENDS.set(count, performance.now() + Number(count.dataset.left) * 1000);
    const left = ENDS.get(count) - performance.now();
    const text = left > 0 ? String(Math.ceil(left / 1000)) : "…";
    if (count.textContent !== text) count.textContent = text;
    if (left < -LATE) {
      count.removeAttribute("data-left");
      htmx.trigger(body, "fact", { about: [document.getElementById("waiting").dataset.about] });
    }
  }
  if (!counts.length) {
    clearInterval(timer);
    timer = 0;
  }
}

function watch() {
  if (!document.querySelector("#waiting .count[data-left]")) return;
  tick();
  if (!timer) timer = setInterval(tick, TICK);
}

const fresh = new MutationObserver(watch);
function begin() {
  const list = document.getElementById("waiting");
  fresh.disconnect();
  if (list) fresh.observe(list, { childList: true, subtree: true });
  watch();
}
body.addEventListener("htmx:afterSwap", begin);
begin();

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.code !== "KeyZ") return;
  if (event.target.id !== "text" || event.target.value) return;
  const undo = [...document.querySelectorAll("#waiting [data-undo]")].at(-1);
  if (!undo) return;
  event.preventDefault();
  undo.click();
});
