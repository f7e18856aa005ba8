// The place in a thread: it opens at what nobody has read, or at one message; older pieces come when one scrolls up;
// nothing moves under the eyes when something is added above, and «down» says how much is new below.
import "./drafts.js";
import "./note.js";
import "./viewer.js";
import "./voice.js";

const NEAR = 40; // px: so close to the end counts as the end
const LIT = 2500; // ms a message that was jumped to stays lit

const body = document.body;
const phone = window.matchMedia("(max-width: 700px)");
const place = { following: true, anchor: null, known: null, wanted: "", hidden: false, asking: false };

const here = () => document.getElementById("thread");
const part = (selector) => here()?.querySelector(selector) ?? null;
const scroller = () => (phone.matches ? document.scrollingElement : here());

// What of the window shows the thread: client coordinates. On a phone it is the page that scrolls.
function view() {
  if (!phone.matches) return here().getBoundingClientRect();
  const top = document.querySelector(".top")?.getBoundingClientRect().bottom ?? 0;
  return { top, bottom: document.getElementById("write").getBoundingClientRect().top };
}

function below() {
  return phone.matches
    ? here().getBoundingClientRect().bottom - view().bottom
    : here().scrollHeight - here().scrollTop - here().clientHeight;
}

const atEnd = () => below() < NEAR;
const toEnd = () => { scroller().scrollTop += Math.ceil(below()) + 1; };

// -- what stays where it is --

function remember() {
  if (!here()) return;
  place.following = atEnd() && !part("#newer");
  const { top } = view();
  const first = [...here().children].find((item) => item.id && item.id !== "older" && item.getBoundingClientRect().bottom > top + 1);
  place.anchor = first ? { id: first.id, top: first.getBoundingClientRect().top } : null;
  tell();
}

function settle() {
  if (!here()) return;
  unfold();
  if (place.wanted) {
    light(place.wanted);
  } else if (place.following) {
    toEnd();
  } else if (place.anchor) {
    const same = document.getElementById(place.anchor.id);
    if (same) scroller().scrollTop += same.getBoundingClientRect().top - place.anchor.top;
  }
  remember();
  look();
}

// -- «down», and how many of the patient's words are new below --

const theirs = () => [...here().querySelectorAll(':scope > [id^="in-"]')];

function tell() {
  const button = document.getElementById("down");
  if (!button) return;
  const said = theirs();
  const far = Boolean(part("#newer"));
  if (place.following) place.known = said.at(-1)?.id ?? "";
  const from = said.findIndex((item) => item.id === place.known);
  const fresh = place.following || far ? 0 : said.length - 1 - from;
  button.hidden = place.following;
  button.querySelector("[data-many-new]").textContent = fresh ? counted(button, fresh) : "";
}

function counted(button, n) {
  const form = new Intl.PluralRules(document.documentElement.lang).select(n);
  return (button.dataset[form] ?? button.dataset.many).replace(/\d+/, n);
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("#down")) return;
  place.wanted = "";
  place.following = true;
  if (part("#newer")) ask({ end: 1 });
  else toEnd();
  remember();
});

// -- asking for more --

function ask(values) {
  const thread = here();
  htmx.ajax("GET", thread.getAttribute("hx-get"), { source: thread, target: thread, swap: "innerHTML", values });
}

// Whatever asks for the thread anew says what it shows, so that nothing of it is lost, and whether somebody looks.
body.addEventListener("htmx:configRequest", (event) => {
  const { elt, parameters: asked } = event.detail;
  if (elt !== here() || asked.at || asked.end) return;
  asked.from = part("#older [data-key]")?.dataset.key ?? "start";
  const to = part("#newer [data-key]");
  const fresh = part("#new [data-key]");
  if (to) asked.to = to.dataset.key;
  if (fresh) asked.new = fresh.dataset.key;
  if (place.hidden || document.hidden || !place.following) asked.away = 1;
  place.hidden = document.hidden;
  if (asked.older || asked.newer) place.asking = true;
});
body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt !== here()) return;
  place.asking = false;
  if (event.detail.requestConfig?.parameters?.at) queueMicrotask(() => { place.wanted = ""; });
  look();
});

// While something here is being asked twice, what comes is not laid under the finger: it is asked for again afterwards.
const ASKED_TWICE = 5100; // ms: a little longer than sure.js waits for the second press
let missed = 0;
body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt !== here() || !part("button.sure")) return;
  clearTimeout(missed);
  missed = setTimeout(() => here() && ask({}), ASKED_TWICE);
});
body.addEventListener("htmx:beforeOnLoad", (event) => event.detail.elt?.classList?.remove("sure")); // it was done

let edges = null;

// The next piece is asked for before its edge comes in sight.
function look() {
  edges?.disconnect();
  if (!here()) return;
  edges = new IntersectionObserver(reached, { root: phone.matches ? null : here(), rootMargin: "600px 0px" });
  for (const id of ["older", "newer"]) {
    const edge = part(`#${id}`);
    if (edge) edges.observe(edge);
  }
}

function reached(seen) {
  const edge = seen.find((one) => one.isIntersecting)?.target;
  if (edge && edge.isConnected && !place.asking && !place.wanted) ask(edge.id === "older" ? { older: 1 } : { newer: 1 });
}

document.addEventListener("click", (event) => {
  const more = event.target.closest("[data-older], [data-newer]");
  if (more) ask(more.matches("[data-older]") ? { older: 1 } : { newer: 1 });
});

document.addEventListener("visibilitychange", () => { place.hidden ||= document.hidden; });

// -- what is open stays open, also when a message of its own becomes part of a run, or a run begins earlier --

const open = new Set();
document.addEventListener("toggle", (event) => {
  const item = event.target;
  if (!item.matches?.("#thread details.auto")) return;
  const ids = item.matches("[data-run]") ? [...item.querySelectorAll("details")].map((one) => `run of ${one.id}`) : [item.id];
  for (const id of ids) open[item.open ? "add" : "delete"](id);
  remember();
}, true);

function unfold() {
  for (const id of open) {
    const item = document.getElementById(id.replace("run of ", ""));
    if (!item || !here().contains(item)) continue;
    const box = id.startsWith("run of ") ? item.closest("[data-run]") : item;
    if (box && !box.open) box.open = true;
  }
}

// -- to one message --

function find(entry) {
  return entry ? document.getElementById({ i: "in-", d: "out-", n: "note-" }[entry[0]] + entry) : null;
}

function jump(entry) {
  place.wanted = entry;
  place.following = false;
  if (find(entry)) light(entry);
  else ask({ at: entry });
}

function light(entry) {
  const item = find(entry);
  if (!item) return;
  place.wanted = "";
  for (let box = item.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  const { top, bottom } = view();
  const rect = item.getBoundingClientRect();
  const middle = Math.max(8, (bottom - top - rect.height) / 2);
  scroller().scrollTop += rect.top - top - middle;
  item.classList.add("lit");
  setTimeout(() => item.classList.remove("lit"), LIT);
  remember();
}

document.addEventListener("click", (event) => {
  const asked = event.target.closest("[data-jump]");
  if (!asked || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  jump(asked.dataset.jump);
});

// -- opening --

const added = new MutationObserver(settle);
const sized = new ResizeObserver(() => { if (here() && place.following) toEnd(); });

function begin() {
  added.disconnect();
  sized.disconnect();
  const thread = here();
  if (!thread) return;
  added.observe(thread, { childList: true, subtree: true });
  sized.observe(thread);
  const fresh = part("#new");
  Object.assign(place, { following: true, anchor: null, known: null, wanted: "", asking: false });
  toEnd();
  const { top, bottom } = view();
  if (thread.dataset.at) {
    jump(thread.dataset.at);
  } else if (fresh && fresh.getBoundingClientRect().top < top) {
    place.following = false;
    place.known = before(fresh);
    scroller().scrollTop += fresh.getBoundingClientRect().top - top - Math.min(64, (bottom - top) / 4);
  }
  remember();
  look();
}

function before(fresh) {
  const said = theirs().filter((item) => item.compareDocumentPosition(fresh) & Node.DOCUMENT_POSITION_FOLLOWING);
  return said.at(-1)?.id ?? "";
}

document.addEventListener("scroll", (event) => {
  if (event.target === here() || (phone.matches && event.target === document)) remember();
}, { capture: true, passive: true });
document.addEventListener("load", (event) => {
  if (event.target.matches?.("#thread img")) settle();
}, true);
// After everybody else's way of opening it: theirs ends at the newest message.
body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "detail") queueMicrotask(begin);
});
queueMicrotask(begin);
