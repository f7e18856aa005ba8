// Puts the page together: what is open stands in the address, what happens comes by one stream.

import { call } from "./api.js";
import { setClock, setZones } from "./clock.js";
import { byId, h, put } from "./dom.js";
import { gateways, kindTitle, setGateways } from "./gateways.js";
import { addNews, onPerson } from "./news.js";
import * as people from "./people.js";
import { PhoneView } from "./phone.js";

const MOST = 4;
const row = byId("row");
const open = new Map();

const fits = () => Math.max(1, Math.min(MOST, Math.floor((row.clientWidth + 12) / 312)));
const narrow = () => matchMedia("(max-width: 760px)").matches;

function choose(id) {
  if (open.has(id) && !narrow()) {
    open.get(id).element.scrollIntoView({ block: "nearest", inline: "center" });
    open.get(id).element.classList.add("here");
    setTimeout(() => open.get(id)?.element.classList.remove("here"), 600);
    return;
  }
  show(id);
}

function show(id) {
  const person = people.person(id);
  if (!person) return;
  if (!open.has(id)) {
    while (open.size >= (narrow() ? 1 : fits())) close(open.keys().next().value, false);
    open.set(id, new PhoneView(person, { close: () => close(id), changed: people.later }));
    row.querySelector(":scope > .empty")?.remove();
    row.append(open.get(id).element);
  }
  document.body.classList.add("chatting");
  remember();
  people.draw();
}

function close(id, say = true) {
  open.get(id)?.element.remove();
  open.delete(id);
  if (!open.size) {
    document.body.classList.remove("chatting");
    empty();
  }
  if (say) { remember(); people.draw(); }
}

function empty() {
  put(row, h("p", { class: "empty" }, "Выберите человека слева: его телефон ляжет сюда. Можно держать открытыми несколько."));
}

function remember() {
  history.replaceState(null, "", open.size ? `#${[...open.keys()].map(encodeURIComponent).join(",")}` : location.pathname);
}

function refreshOpen() {
  for (const [id, view] of open) {
    const fresh = people.person(id);
    if (fresh) view.update(fresh);
  }
}

async function openPerson(id) {
  if (!people.person(id)) {
    byId("search").value = "";
    byId("search").dispatchEvent(new Event("input"));
    await people.load(true);
  }
  choose(id);
}

function maker() {
  const dialog = byId("maker");
  const kinds = [...new Set(gateways().map((one) => one.kind))].map((key) => [key, kindTitle(key)]);
  const kind = h("select", { "aria-label": "Где" }, kinds.map(([key, title]) => h("option", { value: key }, title)));
  const address = h("input", { required: true, placeholder: "номер, почта или номер чата", "aria-label": "Адрес" });
  const name = h("input", { placeholder: "Имя", "aria-label": "Имя" });
  const make = async (event) => {
    event.preventDefault();
    const made = await call("PUT", `/phones/${kind.value}/${encodeURIComponent(address.value.trim())}`,
      { name: name.value.trim() || address.value.trim() });
    if (!made) return;
    dialog.close();
    await people.load(true);
    const own = people.person(`${made.kind}:${made.address}`);
    if (own) show(own.id);
  };
  put(dialog, h("form", { onsubmit: make }, h("h2", {}, "Новый телефон"), h("label", {}, "Имя", name), h("label", {}, "Где", kind),
    h("label", {}, "Адрес", address),
    h("div", { class: "pair" }, h("button", { type: "submit", class: "main" }, "Завести"),
      h("button", { type: "button", onclick: () => dialog.close() }, "Не надо"))));
  dialog.showModal();
  name.focus();
}

function follow() {
  const stream = new EventSource("/page/live");
  const on = (name, work) => stream.addEventListener(name, (event) => work(JSON.parse(event.data)));
  let missed = false;
  stream.addEventListener("error", () => { missed = true; });
  // What happened between the first look and now was told to nobody.
  stream.addEventListener("open", () => { if (missed) begin(); else people.later(); missed = false; });
  on("clock", (given) => {
    setClock(given);
    for (const view of open.values()) view.midnight();
  });
  on("gateways", (given) => setGateways(given.gateways));
  on("news", (given) => {
    addNews(given);
    people.later(); // a visit gives a phone its name
  });
  on("people", people.later);
  on("phone", ({ kind, address }) => {
    for (const view of open.values()) if (view.shows(kind, address)) view.load();
    people.later();
  });
}

async function begin() {
  const start = await call("GET", "/page/start");
  if (!start) return;
  byId("office").href = start.office;
  setZones(start.zones);
  setClock(start.clock);
  setGateways(start.gateways);
  addNews(start);
  await people.load(true);
  for (const view of open.values()) view.load();
}

people.setUp({ isOpen: (id) => open.has(id), choose, loaded: refreshOpen });
onPerson(openPerson);
byId("new").addEventListener("click", maker);
empty();
begin().then(() => {
  for (const id of location.hash.slice(1).split(",").filter(Boolean).slice(0, fits())) show(decodeURIComponent(id));
  follow();
});
