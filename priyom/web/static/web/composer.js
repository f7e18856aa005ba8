// The composer of a thread: files by button, drag or paste; an answer to one message; «is typing» both ways; and nothing
// typed or picked is lost when the composer is laid out anew.
import { toBottom } from "./app.js";

const TYPING_EVERY = 5000;
const body = document.body;
let told = 0;
let kept = null;

const here = () => document.getElementById("composer");
const input = () => here()?.querySelector('input[type="file"]');

// -- files --

function pick(files) {
  const box = here();
  const field = input();
  const problem = box?.querySelector("[data-picked-wrong]");
  if (!problem) return;
  problem.textContent = "";
  if (!field) problem.textContent = box.dataset.noFiles;
  const all = new DataTransfer();
  for (const file of field ? [...field.files, ...files] : []) {
    if (all.items.length >= Number(box.dataset.most)) problem.textContent = box.dataset.tooMany;
    else if (file.size > Number(box.dataset.limit)) problem.textContent = `«${file.name}» ${box.dataset.tooBig}`;
    else all.items.add(file);
  }
  if (field) field.files = all.files;
  problem.hidden = !problem.textContent;
  draw();
}

function drop(number) {
  const all = new DataTransfer();
  [...input().files].forEach((file, n) => n !== number && all.items.add(file));
  input().files = all.files;
  draw();
}

function draw() {
  const list = here().querySelector(".picked");
  const files = [...(input()?.files ?? [])];
  if (input()) input().picked = files;
  list.hidden = !files.length;
  list.replaceChildren(...files.map((file, n) => {
    const item = document.createElement("li");
    const away = document.createElement("button");
    away.type = "button";
    away.className = "plain";
    away.textContent = "×";
    away.setAttribute("aria-label", `${here().dataset.away}: ${file.name}`);
    away.addEventListener("click", () => drop(n));
    item.append(file.name, away);
    return item;
  }));
}

// The button's own choice adds to what was picked before: the browser would replace it.
document.addEventListener("change", (event) => {
  const field = event.target;
  if (!field.matches('.composer input[type="file"]')) return;
  const fresh = [...field.files];
  field.files = new DataTransfer().files;
  pick([...(field.picked ?? []), ...fresh]);
});

document.addEventListener("paste", (event) => {
  if (!event.target.closest?.(".composer") || !event.clipboardData?.files.length) return;
  event.preventDefault();
  pick([...event.clipboardData.files]);
});

const carries = (event) => here() && event.dataTransfer?.types.includes("Files") && event.target.closest?.(".thread-col");
document.addEventListener("dragover", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  here().classList.add("dragged");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget?.closest?.(".thread-col")) here()?.classList.remove("dragged");
});
document.addEventListener("drop", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  here().classList.remove("dragged");
  pick([...event.dataTransfer.files]);
});

// -- an answer to one message --

function quote(id, text) {
  const form = here()?.querySelector("form");
  if (!form) return;
  form.elements.quoting.value = id;
  form.querySelector(".quoting").hidden = !id;
  form.querySelector(".quoting p").textContent = text;
  form.elements.text.focus();
}

document.addEventListener("click", (event) => {
  const asked = event.target.closest("[data-quote]");
  if (asked) quote(asked.dataset.quote, asked.dataset.quoted);
  else if (event.target.closest("[data-unquote]")) quote("", "");
});

// -- typing --

document.addEventListener("input", (event) => {
  const address = event.target.dataset?.typing;
  if (!address || !event.target.value.trim() || Date.now() - told < TYPING_EVERY) return;
  told = Date.now();
  fetch(address, { method: "POST", headers: JSON.parse(body.getAttribute("hx-headers")) }).catch(() => {});
});

let gone = 0;
function theirs() {
  const line = document.getElementById("typing");
  clearTimeout(gone);
  if (line?.dataset.for) gone = setTimeout(() => line.replaceChildren(), Number(line.dataset.for));
}

// -- the way to the patient has changed under an open page --

function follow() {
  const box = here();
  const fresh = document.getElementById("typing")?.dataset.route;
  if (!box || fresh === undefined || box.dataset.route === fresh || box.dataset.asked === fresh) return;
  box.dataset.asked = fresh;
  keep();
  htmx.ajax("GET", box.dataset.url, { target: box, swap: "outerHTML" });
}

function keep() {
  const form = here()?.querySelector("form");
  const url = here()?.dataset.url;
  if (form) kept = { url, text: form.elements.text.value, files: [...(input()?.files ?? [])] };
}

function restore(words) {
  const box = here();
  const form = box?.querySelector("form");
  if (!kept || !form) return;
  const { url, text, files } = kept;
  kept = null;
  if (url !== box.dataset.url) return;
  if (words && text) form.elements.text.value = text;
  if (files.length) pick(files);
}

// Refused: the words come back from the server, the files from here. Sent: both are gone.
body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.requestConfig?.elt?.matches?.(".composer form")) keep();
});
body.addEventListener("htmx:afterSwap", (event) => {
  const config = event.detail.requestConfig;
  if (config?.elt?.matches?.(".composer form")) {
    if (here()?.querySelector(':scope > [role="alert"]')) restore(false);
    else kept = null;
  } else if (config?.path === here()?.dataset.url) {
    restore(true);
  }
  theirs();
});

// A composer that grows takes room from the thread: whoever stood at its end stays there.
const grown = new ResizeObserver(() => {
  const thread = document.getElementById("thread");
  if (thread && thread.scrollHeight - thread.scrollTop - thread.clientHeight < 160) thread.scrollTop = thread.scrollHeight;
});

const watched = new MutationObserver(() => {
  theirs();
  follow();
});
function watch() {
  const thread = document.getElementById("thread");
  if (thread) watched.observe(thread, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-route", "data-for"] });
  grown.disconnect();
  if (here()) grown.observe(here());
}
body.addEventListener("htmx:afterSwap", watch);
watch();
theirs();

// A picture that has come in makes the thread longer: whoever stood at its end stays there.
document.addEventListener("load", (event) => {
  const thread = event.target.matches?.(".thread img") && event.target.closest(".thread");
  if (!thread) return;
  const inside = thread.scrollHeight - thread.scrollTop - thread.clientHeight;
  const below = thread.getBoundingClientRect().bottom - (here()?.getBoundingClientRect().top ?? window.innerHeight);
  if (Math.max(inside, below) < event.target.offsetHeight + 80) toBottom();
}, true);
