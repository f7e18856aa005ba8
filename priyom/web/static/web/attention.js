// What calls a person back to this page: a notification, a short sound, the number in the tab's title, a dot on its icon.
//
// Of all tabs of one browser one listens (it holds a lock that the browser hands on when that tab closes), keeps its
// live stream also while nobody looks, and rings for all of them. The tabs tell each other what stands before the eyes:
// nobody is rung for the conversation they are reading.
const body = document.body;
const ear = document.getElementById("ear");
const icon = document.getElementById("favicon");
const LOCK = "priyom-ear";
const FRESH = 5 * 60_000; // milliseconds; what is older than that when a tab begins to listen is no news
const GAP = 2_000; // between two questions to the server
const HUSH = 4_000; // between two sounds
const ABOUT = ["chats", "tasks"];
const KEPT = 300; // keys of what was shown

const kept = {
  get: (name) => { try { return localStorage.getItem(`priyom-${name}`); } catch { return null; } },
  set: (name, value) => { try { localStorage.setItem(`priyom-${name}`, value); } catch { /* a private window: until it closes */ } },
};
const wish = { notify: () => kept.get("notify") === "1", words: () => kept.get("words") === "1", sound: () => kept.get("sound") !== "0" };

/* The number in the title, and the dot. */
const bare = (title) => title.replace(/^\(\d+\) /, "");

function counted() {
  const place = document.querySelector("#rail [data-count='chats']");
  return Number(place?.textContent.trim() || 0);
}

function show(count) {
  const title = (count ? `(${count}) ` : "") + bare(document.title);
  if (document.title !== title) document.title = title;
  const wanted = count ? icon?.dataset.dot : icon?.dataset.plain;
  if (icon && icon.getAttribute("href") !== wanted) icon.setAttribute("href", wanted);
}

const rail = document.getElementById("rail");
if (rail) {
  const watch = new MutationObserver(() => show(counted()));
  watch.observe(rail, { childList: true, subtree: true, characterData: true });
  watch.observe(document.querySelector("title"), { childList: true });
  show(counted());
}

/* What each tab shows. */
const tab = crypto.randomUUID?.() ?? String(Math.random());
const tabs = new Map();
const talk = "BroadcastChannel" in window ? new BroadcastChannel("priyom-tabs") : null;

function mine() {
  return { tab, looking: !document.hidden && document.hasFocus(), path: location.pathname + location.search };
}

function tell(gone) {
  talk?.postMessage(gone ? { tab, gone: true } : mine());
}

talk?.addEventListener("message", ({ data }) => {
  if (data.ask) tell();
  else if (data.gone) tabs.delete(data.tab);
  else if (data.tab) tabs.set(data.tab, data);
});

function before(url) {
  const seen = [mine(), ...tabs.values()].filter((other) => other.looking);
  const id = url.match(/(\d+)$/)?.[1];
  const kind = url.split("/")[1];
  const open = seen.some(({ path }) => path.split("?")[0] === url || new URLSearchParams(path.split("?")[1]).get(kind.replace(/s$/, "")) === id);
  return { somewhere: seen.length > 0, open };
}

/* Listening. */
let heard = new Set();
let asked = 0;
let timer = 0;
let rang = 0;
let sound = null;

function begin() {
  body.dataset.keepLive = "1";
  body.dispatchEvent(new Event("keep-live"));
  talk?.postMessage({ ask: true });
  heard = new Set((kept.get("heard") ?? "").split(" ").filter(Boolean));
  if (Date.now() - Number(kept.get("marked-at") ?? 0) > FRESH) kept.set("mark", "");
  body.addEventListener("fact", soon);
  listen();
}

// Events say what they are about (live.js); those about other things ring for nobody.
function soon(event) {
  const { about, only } = event?.detail ?? {};
  if (timer || only || (about && !about.some((word) => ABOUT.includes(word)))) return;
  timer = setTimeout(listen, Math.max(0, asked + GAP - Date.now()));
}

async function listen() {
  timer = 0;
  asked = Date.now();
  const query = new URLSearchParams({ mark: kept.get("mark") ?? "", words: wish.notify() && wish.words() ? "1" : "" });
  try {
    const answer = await fetch(`${ear.dataset.news}?${query}`, { headers: { "HX-Request": "true" } });
    if (answer.status !== 200) return;
    take(await answer.json());
  } catch {
    soon(); // the network is away: the next turn asks again
  }
}

function take({ mark, news, branches }) {
  const first = !kept.get("mark");
  const fresh = news.filter((item) => !heard.has(item.key));
  for (const item of fresh) heard.add(item.key);
  kept.set("mark", mark);
  kept.set("marked-at", String(Date.now()));
  kept.set("heard", [...heard].slice(-KEPT).join(" "));
  byBranch(branches);
  if (first) return; // what was there before this browser began to listen
  const wanted = fresh.filter((item) => !before(item.url).open);
  if (wanted.length) ring(wanted.reverse());
}

async function ring(news) {
  const silent = await play();
  if (!wish.notify() || globalThis.Notification?.permission !== "granted" || before("/").somewhere) return;
  for (const item of news) await notify(item, silent);
}

async function notify(item, silent) {
  const said = { body: item.words, tag: item.about, icon: icon?.dataset.plain, silent, lang: document.documentElement.lang };
  try {
    const note = new Notification(item.title, said);
    note.onclick = () => { window.focus(); location.assign(item.url); note.close(); };
  } catch {
    await byWorker(item, said);
  }
}

// Browsers of phones let only a worker show them; what is pressed there comes back as a message (below).
async function byWorker(item, said) {
  const workers = navigator.serviceWorker;
  if (!workers) return;
  try {
    const here = await workers.register(ear.dataset.worker);
    await awake(here);
    await here.showNotification(item.title, { ...said, data: { url: item.url } });
  } catch { /* not served over https, or not allowed any more: the sound has to do */ }
}

// A worker shows nothing before it has begun.
function awake({ active, installing, waiting }) {
  const worker = active ?? installing ?? waiting;
  return new Promise((done) => {
    const look = () => ["activated", "redundant"].includes(worker.state) && done();
    worker.addEventListener("statechange", look);
    look();
  });
}

// Whether our own sound was heard: then the system's is not needed.
async function play() {
  if (!wish.sound()) return true;
  if (Date.now() - rang < HUSH) return true;
  rang = Date.now();
  sound ??= new Audio(ear.dataset.ring);
  try {
    sound.currentTime = 0;
    await sound.play();
    return true;
  } catch {
    return false; // browsers make no sound before somebody has pressed something on the page
  }
}

function byBranch(counts) {
  for (const option of document.querySelectorAll("option[data-branch]")) {
    const people = counts[option.value];
    option.textContent = option.dataset.branch + (people ? ` (${people})` : "");
  }
}

/* The switches in the menu. */
function switches() {
  const [notify, words, ringing] = ["notify", "words", "sound"].map((name) => ear.querySelector(`[name="ear-${name}"]`));
  const said = ear.querySelector("[role=status]");
  const settle = () => {
    notify.checked = wish.notify() && globalThis.Notification?.permission === "granted";
    words.checked = wish.words();
    words.disabled = !notify.checked;
    ringing.checked = wish.sound();
  };
  notify.addEventListener("change", async () => {
    kept.set("notify", "0");
    said.textContent = "";
    if (notify.checked) {
      const allowed = "Notification" in window ? await Notification.requestPermission() : "missing";
      if (allowed === "granted") kept.set("notify", "1");
      else said.textContent = allowed === "denied" ? ear.dataset.denied : allowed === "missing" ? ear.dataset.cannot : "";
    }
    settle();
  });
  words.addEventListener("change", () => kept.set("words", words.checked ? "1" : "0"));
  ringing.addEventListener("change", () => {
    kept.set("sound", ringing.checked ? "1" : "0");
    rang = 0;
    if (ringing.checked) play();
  });
  window.addEventListener("storage", settle);
  settle();
  ear.hidden = false;
}

if (ear) {
  switches();
  if (navigator.serviceWorker) navigator.serviceWorker.onmessage = ({ data }) => data.open && location.assign(data.open);
  for (const name of ["focus", "blur", "pagehide", "pageshow"]) window.addEventListener(name, (event) => tell(event.type === "pagehide"));
  document.addEventListener("visibilitychange", () => tell());
  tell();
  // Without locks (a page that is not served over https) each tab listens for itself, and only while it is looked at.
  if (navigator.locks) navigator.locks.request(LOCK, () => { begin(); return new Promise(() => {}); });
  else body.addEventListener("fact", soon);
}
