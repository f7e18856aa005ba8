// What is being written is kept on the server while it is: nothing is lost by another chat, a reload or another
// computer. One word after the other, and never behind the back of what was sent.
const PAUSE = 700;

const body = document.body;
let dirty = null; // { url, text } not told yet
let timer = 0;
let flying = null;
let sending = false;

const field = () => document.querySelector(".thread-col .composer #text");
const url = () => field()?.closest("[data-draft]")?.dataset.draft;

document.addEventListener("input", (event) => {
  if (event.target !== field()) return;
  dirty = { url: url(), text: event.target.value };
  clearTimeout(timer);
  timer = setTimeout(flush, PAUSE);
});

function flush() {
  clearTimeout(timer);
  if (!dirty) return flying;
  const { url: to, text } = dirty;
  dirty = null;
  const form = new URLSearchParams({ text });
  const headers = JSON.parse(body.getAttribute("hx-headers"));
  const told = (flying ?? Promise.resolve())
    .then(() => fetch(to, { method: "POST", headers, body: form, keepalive: text.length < 15000 }))
    .catch(() => {})
    .finally(() => { if (flying === told) flying = null; });
  flying = told;
  return told;
}

function forget() {
  clearTimeout(timer);
  dirty = null;
}

// The thread is about to be laid out anew: first the words are safe. What is being sent is no draft any more.
body.addEventListener("htmx:confirm", (event) => {
  const { elt, target, issueRequest } = event.detail;
  const sent = elt.matches?.(".composer form");
  if (target?.id !== "detail" && !sent) return;
  if (sending) return event.preventDefault(); // pressed twice
  if (sent && event.defaultPrevented) return; // it waits for its photos, and is pressed again when they are ready
  if (sent) forget();
  const safe = sent ? flying : flush();
  if (!safe) return;
  event.preventDefault();
  sending = true;
  if (elt.id === "answer") elt.dispatchEvent(new Event("held", { bubbles: true }));
  safe.finally(() => {
    sending = false;
    issueRequest(true);
  });
});

// Refused: what was typed last stands in the composer again, and is kept again.
body.addEventListener("htmx:afterSwap", (event) => {
  const config = event.detail.requestConfig;
  if (!config?.elt?.matches?.(".composer form") || !field()?.value) return;
  dirty = { url: url(), text: field().value };
  timer = setTimeout(flush, PAUSE);
});

window.addEventListener("pagehide", flush);
document.addEventListener("visibilitychange", () => { if (document.hidden) flush(); });
