// The line under the clock: what the system has just done and why, and what it means to do next.

import { now, zone, onZone } from "./clock.js";
import { byId, clockTime, h, put, soon } from "./dom.js";

const MOST = 60;
let told = [];
let plan = null;
let open = false;
let openPerson = () => {};

export const onPerson = (listener) => { openPerson = listener; };

export function addNews(given) {
  const last = told.length ? told[told.length - 1].id : 0;
  told = [...told, ...given.news.filter((one) => one.id > last)].slice(-MOST);
  plan = given.plan;
  draw();
}

const item = (one) => h("li", { class: one.warning ? "warning" : "" },
  h("time", { datetime: one.at }, clockTime(new Date(one.at), zone())), " ",
  one.patient ? h("button", { type: "button", class: "name", onclick: () => openPerson(one.person) }, one.patient) : null,
  one.patient ? ": " : "", one.text);

function draw() {
  const last = told[told.length - 1];
  const latest = h("ul", { class: "latest", "aria-live": "polite" },
    last ? item(last) : h("li", { class: "muted" }, "Пока ничего не произошло: запишите визит или переведите часы"));
  const next = h("p", { class: "next" }, plan
    ? ["Дальше ", h("b", {}, soon(new Date(plan.at), now(), zone())), `: ${plan.text}`, plan.patient ? `, ${plan.patient}` : ""]
    : "Больше ничего не запланировано");
  const more = h("button", { type: "button", class: "more", "aria-expanded": String(open),
    onclick: () => { open = !open; draw(); } }, open ? "Свернуть" : `Что было (${told.length})`);
  put(byId("news"), h("div", { class: "newsline" }, latest, next, more),
    open ? h("ul", { class: "all" }, [...told].reverse().map(item)) : null);
}

onZone(draw);
