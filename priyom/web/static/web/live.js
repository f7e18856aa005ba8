// Live pages. A fact makes each region ask for itself; what comes back is laid into what stands there, row by row:
// a row that is still there is changed in place, and nothing comes or goes under the pointer.
const body = document.body;
const waiting = new Map();

body.addEventListener("htmx:beforeSwap", (event) => {
  const region = event.detail.target;
  if (!region?.hasAttribute("data-live") || event.detail.requestConfig?.elt !== region) return;
  event.detail.shouldSwap = false;
  if (event.detail.xhr.status !== 200 || !region.isConnected || pressedIn(region)) return;
  if (region.querySelector("button.sure")) return held.add(region); // what is asked twice stays under the finger
  const fresh = document.createElement("template");
  fresh.innerHTML = event.detail.serverResponse;
  lay(region, fresh.content);
});

function lay(region, fresh) {
  const atEnd = region.scrollHeight - region.scrollTop - region.clientHeight < 40;
  const busy = region.matches(":hover") && region.querySelector("[data-rows]") !== null;
  const later = merge(region, fresh, busy);
  if (later) keep(region, fresh);
  else waiting.delete(region);
  if (region.hasAttribute("data-bottom") && atEnd) region.scrollTop = region.scrollHeight;
}

function keep(region, fresh) {
  const known = waiting.has(region);
  waiting.set(region, fresh);
  if (known) return;
  region.addEventListener("pointerleave", () => {
    const kept = waiting.get(region);
    waiting.delete(region);
    if (kept) merge(region, kept, false);
  }, { once: true });
}

// Lays the new children over the old ones. True when something was left for later because the pointer is here. What a
// press was answered with (`data-told`, the first child) stays until the next press: a refresh knows nothing of it.
function merge(old, fresh, busy) {
  const told = old.querySelector(":scope > [data-told]");
  const lasting = (item) => !item.matches("[data-told]");
  const ours = [...old.children].filter(lasting);
  const theirs = [...fresh.children].filter(lasting);
  if (ours.some((item) => !item.id) || theirs.some((item) => !item.id)) {
    if (plain(old) !== plain(fresh)) replace(old, [...fresh.cloneNode(true).childNodes]);
    return false;
  }
  const byId = new Map(ours.map((item) => [item.id, item]));
  const sameOrder = ours.length === theirs.length && ours.every((item, n) => item.id === theirs[n].id);
  let later = !sameOrder && busy && old.closest("[data-rows]") !== null;
  let before = told;
  for (const item of theirs) {
    const known = byId.get(item.id);
    if (known) later = change(known, item, busy) || later;
    if (!later && !sameOrder) {
      const placed = known ?? fresher(item.cloneNode(true));
      const next = before ? before.nextElementSibling : old.firstElementChild;
      if (placed !== next) old.insertBefore(placed, next);
      if (!known) htmx.process(placed);
      before = placed;
    }
    byId.delete(item.id);
  }
  if (!later) for (const item of byId.values()) item.remove();
  return later;
}

function change(known, item, busy) {
  if (known.matches("[data-rows], [data-parts]")) return merge(known, item, busy);
  if (plain(known) === plain(item)) return false;
  for (const name of ["class", "href", "title", "data-route", "data-for"]) {
    if (item.hasAttribute(name)) known.setAttribute(name, item.getAttribute(name));
    else known.removeAttribute(name);
  }
  if (!known.matches("li")) {
    if (item.hasAttribute("aria-current")) known.setAttribute("aria-current", item.getAttribute("aria-current"));
    else known.removeAttribute("aria-current");
  }
  const row = known.matches("li") ? known.querySelector(":scope > [data-row]") : null;
  const other = row && item.querySelector(":scope > [data-row]");
  if (row && other) {
    row.className = other.className;
    replace(row, [...other.cloneNode(true).childNodes]);
    fresher(row);
  } else {
    replace(known, [...item.cloneNode(true).childNodes]);
  }
  return false;
}

function replace(element, nodes) {
  const open = [...element.querySelectorAll("details[open][id]")].map((item) => item.id);
  element.replaceChildren(...nodes);
  for (const id of open) element.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  htmx.process(element);
}

function fresher(element) {
  element.classList.add("fresh");
  element.addEventListener("animationend", () => element.classList.remove("fresh"), { once: true });
  return element;
}

// What can be seen of an element, without what this page itself has added. The copy belongs to no page, whose policy would
// complain of the heights that scripts have set.
const nowhere = document.implementation.createHTMLDocument("");

function plain(element) {
  const copy = nowhere.importNode(element, true);
  const all = copy.querySelectorAll ? [copy, ...copy.querySelectorAll("*")] : [copy];
  for (const item of all) {
    if (!item.getAttribute) continue;
    for (const name of ["open", "aria-current", "data-sure-on"]) if (name !== "aria-current" || item.matches("li")) item.removeAttribute(name);
    item.classList?.remove("fresh", "htmx-request", "htmx-added", "htmx-settling", "htmx-swapping");
    if (item.getAttribute("class") === "") item.removeAttribute("class");
  }
  return (copy.outerHTML ?? [...copy.childNodes].map((node) => node.outerHTML ?? node.textContent).join("")).replace(/\s+/g, " ");
}

// -- what was pressed --

// The answer to a press brings what is new itself. Until then the region of the button neither asks nor changes, so that
// no second answer comes under the finger; the press itself waits for nothing.
const presses = new Map(); // requests under way, and the regions they left
const held = new Set(); // what has not changed meanwhile

const pressing = (region) => [...presses.values()].includes(region);

function pressedIn(region) {
  const found = pressing(region);
  if (found) held.add(region);
  return found;
}

function release(region) {
  if (!pressing(region) && held.delete(region)) again(region);
}

body.addEventListener("htmx:beforeRequest", ({ detail: { elt, xhr, requestConfig } }) => {
  const region = elt.closest("[data-live]");
  if (region && region !== elt && requestConfig.verb !== "get") presses.set(xhr, region);
});
body.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => {
  const region = presses.get(xhr);
  presses.delete(xhr);
  release(region);
});
document.addEventListener("calm", () => [...held].forEach(release));

// -- which region asks for itself --

// A region says what it is about (`data-about="chat:12"`, `data-about="chats"`; without it: everything). Where something
// it names has changed it asks at once; a list rests between two questions, the longer the slower the answers are.
const REST = 2000; // milliseconds
const SLOW = 8; // so many times as long as its answer took a list rests at least
const LONG = 10_000; // but not longer: one answer may be late for its own reasons, as while the program starts
const RETRY = 3000;
const rests = new WeakMap();

const regions = () => [...document.querySelectorAll("[data-live]")];
const about = (region) => region.dataset.about?.split(" ").filter(Boolean) ?? [];
const isFact = (event) => event?.type === "fact" && event.target === body;

// «all» or one of the region's words: true; a word with a number is a thing that is open before the eyes.
function concerns(region, news) {
  if (news?.only) return news.only === region;
  const words = about(region);
  return !news?.about || !words.length || words.some((word) => news.about.includes(word));
}

const atOnce = (region) => about(region).some((word) => word.includes(":"));

body.addEventListener("htmx:confirm", (event) => {
  const { elt: region, triggeringEvent: cause } = event.detail;
  if (!isFact(cause) || !region.hasAttribute("data-live")) return;
  if (!concerns(region, cause.detail) || pressedIn(region)) return event.preventDefault();
  if (atOnce(region)) return;
  const rest = rests.get(region) ?? { until: 0, timer: 0 };
  rests.set(region, rest);
  const left = rest.until - Date.now();
  if (left > 0) {
    event.preventDefault();
    rest.timer ||= setTimeout(() => { rest.timer = 0; again(region); }, left);
  } else {
    rest.until = Date.now() + REST;
  }
});

const again = (region) => region?.isConnected && htmx.trigger(body, "fact", { only: region });

// A request under way: when it left, what the page had been told by then, and what it is told until its answer stands.
const begun = new WeakMap();
const underWay = new Map();
const LAID = 100; // milliseconds after an answer by which htmx has taken the new regions into its hands
body.addEventListener("htmx:beforeRequest", ({ detail: { xhr } }) => {
  const request = { at: Date.now(), told, news: [], reopened: false };
  begun.set(xhr, request);
  underWay.set(xhr, request);
});
body.addEventListener("htmx:afterRequest", ({ detail: { xhr } }) => setTimeout(() => underWay.delete(xhr), LAID));
body.addEventListener("fact", (event) => {
  if (!isFact(event) || event.detail?.only) return;
  for (const request of underWay.values()) request.news.push(event.detail);
});
body.addEventListener("htmx:afterRequest", (event) => {
  const { elt: region, xhr } = event.detail;
  if (!region?.hasAttribute?.("data-live")) return;
  const rest = rests.get(region);
  const took = Date.now() - (begun.get(xhr)?.at ?? Date.now());
  if (rest) rest.until = Math.max(rest.until, Date.now() + Math.min(LONG, SLOW * took));
  if (xhr.status >= 200 && xhr.status < 500) missed.delete(region);
  else miss(region);
});

// What a region could not ask for it asks for again, until it can: nobody will tell it a second time.
const missed = new Set();
let retrying = 0;

function miss(region) {
  missed.add(region);
  retrying ||= setTimeout(retry, RETRY);
}

function retry() {
  clearTimeout(retrying);
  retrying = 0;
  const all = [...missed];
  missed.clear();
  for (const region of all) again(region);
}

// -- the stream --

// The browser's own way of connecting again keeps the place, but gives up where something else answers (a proxy while the
// program restarts), and does not notice a line that is dead. A hidden page lets go of its stream (browsers allow six to
// a server), except the one that rings for all others (attention.js); each comes back to where it was.
const place = document.getElementById("live");
const QUIET = 25_000; // longer than two beats
const LOST = 5_000; // before one is told that there is no connection
let source = null;
let told = place?.dataset.after ?? "";
let shown = ""; // what the server was told that this page shows
let left = ""; // the place where it ceased to show it
let heard = 0;
let failed = 0;
let reopening = 0;
let losing = 0;

// Whoever does not look at the page does not look at its thread.
function words() {
  const things = document.hidden ? [] : regions().flatMap(about).filter((word) => word.includes(":"));
  return [...new Set(things)].sort().join(" ");
}

const wanted = () => place !== null && (!document.hidden || body.dataset.keepLive !== undefined);

function open(after = told) {
  close();
  told = after;
  shown = words();
  const query = new URLSearchParams(shown.split(" ").filter(Boolean).map((word) => ["about", word]));
  if (after) query.set("after", after);
  heard = Date.now();
  source = new EventSource(`${place.dataset.url}?${query}`);
  source.addEventListener("open", up);
  source.addEventListener("error", down);
  source.addEventListener("beat", hear);
  source.addEventListener("fact", (event) => {
    hear(event);
    htmx.trigger(body, "fact", JSON.parse(event.data));
  });
}

function close() {
  clearTimeout(reopening);
  source?.close();
  source = null;
}

function hear(event) {
  heard = Date.now();
  if (event.lastEventId) told = event.lastEventId;
}

function up() {
  heard = Date.now();
  failed = 0;
  clearTimeout(losing);
  losing = 0;
  body.removeAttribute("data-away");
  document.querySelector(".gone")?.remove();
  retry();
}

function down() {
  losing ||= setTimeout(() => {
    body.dataset.away = "";
    htmx.trigger(body, "htmx:sendError"); // app.js says that there is no connection
  }, LOST);
  if (source?.readyState !== EventSource.CLOSED) return; // the browser connects again
  failed += 1;
  again(document.getElementById("rail")); // whoever is signed out is sent to the door
  clearTimeout(reopening);
  reopening = setTimeout(() => wanted() && open(), Math.min(30_000, 500 * 2 ** Math.min(failed, 6)) * (0.5 + Math.random()));
}

function follow() {
  if (!wanted()) {
    clearTimeout(losing);
    losing = 0;
    close();
  } else if (!source || words() !== shown) {
    const after = left || told;
    left = document.hidden ? after : "";
    open(after);
  }
}

document.addEventListener("visibilitychange", follow);
body.addEventListener("keep-live", follow);
window.addEventListener("online", () => wanted() && open());
window.addEventListener("offline", down);
window.addEventListener("pageshow", (event) => event.persisted && wanted() && open());
window.addEventListener("pagehide", close);

// A machine that slept, a cable that was pulled: nothing is heard, and nothing says so.
setInterval(() => wanted() && source && Date.now() - heard > QUIET && open(), 5_000);

// Something else stands here now. It was read after its request left: what has happened since then is asked for, from the
// stream where another thread is open now, else by the new regions themselves.
body.addEventListener("htmx:afterSettle", (event) => {
  const request = begun.get(event.detail.xhr);
  if (wanted() && source && words() !== shown) {
    if (request) request.reopened = true;
    open(request?.told ?? told);
  }
  if (!request?.news.length || request.reopened) return;
  const laid = [event.target, ...event.target.querySelectorAll("[data-live]")].filter((item) => item.hasAttribute("data-live"));
  for (const region of laid) if (request.news.some((news) => concerns(region, news))) again(region);
});

follow();
