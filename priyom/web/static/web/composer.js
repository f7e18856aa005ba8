// The composer of a thread: an answer to one message; «is typing» both ways; and nothing typed or picked is lost when the
// composer is laid out anew. Files, ways, ready answers, emoji and what waits have modules of their own.
import { toBottom } from "./app.js";
import { clear, pick, picked } from "./attach.js";
import "./drop.js";
import "./emoji.js";
import "./ready.js";
import "./waiting.js";
import "./ways.js";

const TYPING_EVERY = 5000;
const body = document.body;
let told = 0;
let kept = null;

const here = () => document.getElementById("composer");
const answer = () => document.getElementById("answer");

// -- an answer to one message --

function quote(id, text) {
  const form = answer();
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
  if (!box || sent || fresh === undefined || box.dataset.route === fresh || box.dataset.asked === fresh) return;
  box.dataset.asked = fresh;
  keep();
  htmx.ajax("GET", box.dataset.url, { target: box, swap: "outerHTML" });
}

function keep() {
  const form = answer();
  if (form) kept = { url: here().dataset.url, text: form.elements.text.value, files: picked() };
}

function restore(words) {
  const box = here();
  const form = answer();
  if (!kept || !form) return; // a way that takes no free words: they come back with one that does
  const { url, text, files } = kept;
  kept = null;
  if (url !== box.dataset.url) return;
  if (words && text && !form.elements.text.value) form.elements.text.value = text;
  if (files.length) pick(files);
}

// What was sent leaves the field at once, so that one can go on writing, also while the request still waits for a draft
// that is on its way; refused, or lost on the way, it comes back before what was written meanwhile. Enter pressed
// meanwhile sends that as soon as the first one is through.
let sent = null;
let next = false;
let press = ""; // where a button above the composer leads, that was pressed meanwhile
const isAnswer = (event) => event.detail.elt?.id === "answer" || event.detail.requestConfig?.elt?.id === "answer";

body.addEventListener("htmx:confirm", (event) => {
  const above = event.target.closest("#waiting button");
  if (!sent || (event.target.id !== "answer" && !above)) return;
  event.preventDefault();
  if (above) press = event.detail.path; // what comes back would be laid into a composer that is just being replaced
  else next = true;
});

function take() {
  const field = answer().elements.text;
  sent = { text: field.value, files: picked() };
  field.value = "";
  field.rows = 1;
  clear();
}

body.addEventListener("held", take); // told by `drafts.js`
body.addEventListener("htmx:beforeSend", (event) => {
  if (event.detail.elt.id === "answer" && !sent) take();
});

body.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt.id !== "answer" || !sent) return; // its words stand in the field
  const form = event.detail.formData;
  form.set("text", sent.text);
  form.delete("files");
  for (const file of sent.files) form.append("files", file);
});

function comeBack() {
  if (!sent || !answer()) return;
  const field = answer().elements.text;
  const [text, files] = [field.value, picked()];
  field.value = [sent.text, text].filter(Boolean).join("\n");
  clear();
  pick([...sent.files, ...files]);
  sent = null;
  next = false;
  pressed();
}

function pressed() {
  const button = press ? document.querySelector(`#waiting [hx-post="${press}"]`) : null;
  press = "";
  button?.click();
}
for (const name of ["htmx:sendError", "htmx:timeout", "htmx:sendAbort"]) {
  body.addEventListener(name, (event) => isAnswer(event) && comeBack());
}

// Laid out anew for another way, or with an answer that was taken back: the files stay, the words too where the server
// has not brought them.
body.addEventListener("htmx:beforeSwap", (event) => {
  if (!isAnswer(event) && event.detail.target?.id !== "composer") return;
  if (isAnswer(event) && here()?.dataset.url !== event.detail.requestConfig.path.replace(/send$/, "composer")) {
    event.detail.shouldSwap = false; // another thread is open by now
    sent = null;
    return;
  }
  keep();
});
body.addEventListener("htmx:afterSwap", (event) => {
  const config = event.detail.requestConfig;
  if (config?.elt?.id === "answer" && sent) {
    if (here()?.querySelector(':scope > [role="alert"]')) {
      const typed = kept ? { ...kept, text: [sent.text, kept.text].filter(Boolean).join("\n"), files: [...sent.files, ...kept.files] } : null;
      kept = typed;
      if (answer()) answer().elements.text.value = "";
    }
    sent = null;
    restore(true);
    const again = next && answer()?.elements.text.value && !here().querySelector(':scope > [role="alert"]');
    next = false;
    settled = () => { // htmx takes the new buttons and the form into its hands only then
      pressed();
      if (again) answer()?.requestSubmit();
    };
  } else if (event.detail.target?.id === "composer") {
    restore(true);
    if (config?.verb === "post") laid();
  }
  theirs();
});

let settled = null;
body.addEventListener("htmx:afterSettle", () => {
  const go = settled;
  settled = null;
  go?.();
});

// Whoever pressed a button goes on writing; a draft that came back is kept like a typed one.
function laid() {
  const field = document.getElementById("text");
  if (!field) return document.querySelector("#approved :is(select, input)")?.focus();
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  if (field.value) field.dispatchEvent(new Event("input", { bubbles: true }));
}

// An hour that was asked about twice is forgotten again.
document.addEventListener("click", (event) => {
  const no = event.target.closest("[data-not-so]");
  if (!no) return;
  no.closest(".anyway").remove();
  here().querySelector(':scope > [role="alert"]')?.remove();
  document.getElementById("text").focus();
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
