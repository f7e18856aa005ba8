// Live pages. A fact makes each region ask for itself; what comes back is laid into what stands there, row by row:
// a row that is still there is changed in place, and nothing comes or goes under the pointer.
const body = document.body;
const waiting = new Map();

body.addEventListener("htmx:sseMessage", (event) => {
  if (event.detail.type === "fact") htmx.trigger(body, "fact");
});

body.addEventListener("htmx:beforeSwap", (event) => {
  const region = event.detail.target;
  if (!region?.hasAttribute("data-live") || event.detail.requestConfig?.elt !== region) return;
  event.detail.shouldSwap = false;
  if (event.detail.xhr.status !== 200) return;
  if (region.querySelector("button.sure")) return; // what is being asked twice is not taken from under the finger
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

// Lays the new children over the old ones. True when something was left for later because the pointer is here.
function merge(old, fresh, busy) {
  const ours = [...old.children];
  const theirs = [...fresh.children];
  if (ours.some((item) => !item.id) || theirs.some((item) => !item.id)) {
    if (plain(old) !== plain(fresh)) replace(old, [...fresh.cloneNode(true).childNodes]);
    return false;
  }
  const byId = new Map(ours.map((item) => [item.id, item]));
  const sameOrder = ours.length === theirs.length && ours.every((item, n) => item.id === theirs[n].id);
  let later = !sameOrder && busy && old.closest("[data-rows]") !== null;
  let before = null;
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

// What can be seen of an element, without what this page itself has added.
function plain(element) {
  const copy = element.cloneNode(true);
  const all = copy.querySelectorAll ? [copy, ...copy.querySelectorAll("*")] : [copy];
  for (const item of all) {
    if (!item.getAttribute) continue;
    for (const name of ["open", "aria-current", "data-sure-on"]) if (name !== "aria-current" || item.matches("li")) item.removeAttribute(name);
    item.classList?.remove("fresh", "htmx-request", "htmx-added", "htmx-settling", "htmx-swapping");
    if (item.getAttribute("class") === "") item.removeAttribute("class");
  }
  return (copy.outerHTML ?? [...copy.childNodes].map((node) => node.outerHTML ?? node.textContent).join("")).replace(/\s+/g, " ");
}

// A hidden page lets go of its stream (browsers allow six to a server) and catches up when it is looked at again.
const place = document.getElementById("live");
const stream = place?.innerHTML !== undefined ? place.outerHTML : "";
document.addEventListener("visibilitychange", () => {
  const now = document.getElementById("live");
  if (document.hidden && now) {
    htmx.remove(now);
  } else if (!document.hidden && !now && stream) {
    body.insertAdjacentHTML("beforeend", stream);
    htmx.process(document.getElementById("live"));
    htmx.trigger(body, "fact");
  }
});
