// The list of chats. It is loaded in pieces, each a region of its own that covers the rows between two places; only what
// is near the eyes asks for itself, and a piece that has grown too long is cut in two. Waiting times tick by themselves.
const body = document.body;
const NEAR = 600; // pixels beyond the edge that count as seen
const TICK = 5_000; // milliseconds
const seen = new WeakSet();
const made = new WeakSet();
let watcher = null;
let watched = null;

const list = () => document.getElementById("chats");
const pieces = () => [...document.querySelectorAll("#chat-pieces > .piece")];
const scroller = () => {
  const box = list();
  return box && getComputedStyle(box).overflowY !== "visible" ? box : null;
};

// -- pieces --

function watch() {
  const root = scroller();
  if (watcher && watched === root && root?.isConnected !== false) return;
  watcher?.disconnect();
  watched = root;
  watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) seen.add(target);
      else seen.delete(target);
      if (isIntersecting && target.dataset.stale !== undefined) ask(target);
    }
  }, { root, rootMargin: `${NEAR}px 0px` });
  for (const piece of pieces()) watcher.observe(piece);
}

function ask(piece) {
  delete piece.dataset.stale;
  htmx.trigger(piece, "seen");
}

// Looks for pieces that are new on the page, or that say where they end.
function settle() {
  if (!list()) return;
  watch();
  for (const piece of pieces()) {
    if (!made.has(piece)) {
      made.add(piece);
      watcher.observe(piece);
      content.observe(piece, { childList: true, subtree: true });
    }
    split(piece);
  }
  tick();
}

const content = new MutationObserver((changes) => {
  for (const { target, addedNodes } of changes) {
    const piece = target.closest?.(".piece");
    if (!piece?.isConnected) continue;
    for (const node of addedNodes) if (node.nodeType === Node.ELEMENT_NODE) single(node, piece);
    if (piece.querySelector("[data-rows]")) piece.style.minHeight = "";
    split(piece);
  }
  light();
});

// A row that has moved to another piece does not stay behind where nobody looks.
function single(node, piece) {
  const rows = node.matches("li[id]") ? [node] : node.querySelectorAll("li[id]");
  for (const row of rows) {
    for (const other of document.querySelectorAll(`#chat-pieces #${CSS.escape(row.id)}`)) {
      if (other !== row && !piece.contains(other)) other.remove();
    }
  }
}

function split(piece) {
  const cut = piece.querySelector(":scope > p > data")?.getAttribute("value");
  if (!cut || piece.dataset.until === cut) return;
  const next = add(piece, cut, piece.dataset.until);
  piece.dataset.until = cut;
  if (!restoring) next.dataset.stale = "";
}

function add(piece, after, until, height = 0) {
  const next = document.createElement(piece.localName);
  for (const { name, value } of piece.attributes) if (name !== "style") next.setAttribute(name, value);
  next.dataset.after = after;
  next.dataset.until = until;
  next.dataset.stale = "";
  if (height) next.style.minHeight = `${height}px`;
  piece.after(next);
  htmx.process(next);
  made.add(next);
  content.observe(next, { childList: true, subtree: true });
  watcher.observe(next);
  return next;
}

body.addEventListener("htmx:configRequest", (event) => {
  const piece = event.detail.elt;
  if (!piece.matches?.(".piece")) return;
  event.detail.parameters.after = piece.dataset.after;
  event.detail.parameters.until = piece.dataset.until;
});

body.addEventListener("htmx:confirm", (event) => {
  const piece = event.detail.elt;
  if (event.defaultPrevented || !piece.matches?.(".piece") || event.detail.triggeringEvent?.type === "seen") return;
  if (seen.has(piece) || !made.has(piece)) return;
  piece.dataset.stale = "";
  event.preventDefault();
});

// -- the place where one was --

let restoring = false;
let saving = 0;
const key = () => `chats${document.getElementById("chat-pieces")?.dataset.key ?? ""}`;
const top = () => scroller()?.scrollTop ?? window.scrollY;

function save() {
  clearTimeout(saving);
  if (!document.getElementById("chat-pieces")) return;
  const spans = pieces().map((piece) => [piece.dataset.after, piece.dataset.until, piece.offsetHeight]);
  sessionStorage.setItem(key(), JSON.stringify({ top: top(), spans }));
}

function restore() {
  const kept = JSON.parse(sessionStorage.getItem(key()) ?? "null");
  const first = pieces()[0];
  if (!kept?.top || !first) return;
  restoring = true;
  let piece = first;
  for (const [, until, height] of kept.spans.slice(1)) {
    const after = piece.dataset.until;
    if (!after) break;
    const next = piece.nextElementSibling ?? add(piece, after, "");
    next.dataset.until = until;
    next.style.minHeight = `${height}px`;
    next.dataset.stale = "";
    piece = next;
  }
  const box = scroller();
  if (box) box.scrollTop = kept.top;
  else if (!document.querySelector("#detail .open")) window.scrollTo(0, kept.top);
  restoring = false;
}

document.addEventListener("scroll", () => {
  clearTimeout(saving);
  saving = setTimeout(save, 200);
}, { capture: true, passive: true });
window.addEventListener("pagehide", save);

// -- which row is open --

function light() {
  const url = new URL(location.href);
  const id = url.searchParams.get("chat") ?? url.pathname.match(/^\/chats\/(\d+)$/)?.[1];
  if (!id) return;
  const at = url.searchParams.get("at");
  const row = (at && document.getElementById(`found-${at}`)) || document.getElementById(`chat-${id}`);
  if (!row || row.hasAttribute("aria-current") || !row.closest("#chat-list")) return;
  for (const old of document.querySelectorAll("#chat-list li[aria-current]")) old.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
}

// -- waiting times --

// The server's clock, as the newest piece told it: the computer's own may be wrong.
const clock = { said: "", at: 0 };

function now() {
  const told = [...list().querySelectorAll("p[id^='moment-'] > time")].map((time) => time.dateTime).sort().at(-1) ?? "";
  if (told && told !== clock.said) Object.assign(clock, { said: told, at: performance.now() });
  return clock.said ? Date.parse(clock.said) + performance.now() - clock.at : Date.now();
}

function span(words, gap) {
  const minutes = Math.floor(gap / 60_000);
  if (minutes < 1) return words.just;
  const [word, n] = minutes < 120 ? [words.min, minutes] : minutes < 2880 ? [words.h, Math.floor(minutes / 60)] : [words.d, Math.floor(minutes / 1440)];
  return words.waits.replace("%(span)s", word.replace("%(n)d", n));
}

function tick() {
  if (!list()) return;
  badges();
  const moment = now();
  for (const wait of list().querySelectorAll(".wait[data-since]")) {
    const since = Date.parse(wait.dataset.since);
    const until = Date.parse(wait.dataset.until ?? "");
    const late = moment >= until;
    const soon = !late && moment >= since + ((until - since) * 2) / 3;
    const row = wait.closest(".row");
    row.classList.toggle("is-soon", soon);
    row.classList.toggle("is-late", late);
    wait.querySelector("use").setAttribute("href", late ? "#i-silent" : "#i-waiting");
    const word = wait.querySelector("span");
    const text = span(list().dataset, moment - since);
    if (word.textContent !== text) word.textContent = text;
  }
}

// How many wait at each branch, where a branch is chosen.
function badges() {
  const told = document.getElementById("c-branches");
  if (!told) return;
  const waits = new Map(told.textContent.split(" ").filter(Boolean).map((pair) => pair.split(":")));
  for (const option of document.querySelectorAll("#find-branch > [data-name]")) {
    const many = waits.get(option.value);
    const text = many ? `${option.dataset.name} · ${many}` : option.dataset.name;
    if (option.textContent !== text) option.textContent = text;
  }
}

setInterval(tick, TICK);

// -- the field --

document.addEventListener("keydown", (event) => {
  if (event.target.id !== "find" || event.key !== "ArrowDown") return;
  event.preventDefault();
  document.querySelector("#chat-list [data-row]")?.focus();
});

// Another tab was chosen, something is looked for: the list begins at its head.
body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "chat-list") return;
  if (scroller()) scroller().scrollTop = 0;
});
body.addEventListener("htmx:afterSettle", () => { settle(); light(); });
body.addEventListener("htmx:historyRestore", () => { settle(); restore(); light(); });
window.matchMedia("(max-width: 700px)").addEventListener("change", settle);

const way = performance.getEntriesByType("navigation")[0]?.type;
settle();
if (way === "reload" || way === "back_forward") restore();
light();
