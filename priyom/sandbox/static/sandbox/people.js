// The list at the left: one person is one phone. It keeps its order while the pointer is over it.

import { call } from "./api.js";
import { now, zone, onZone } from "./clock.js";
import { byId, h, put, soon } from "./dom.js";
import { kindTitle } from "./gateways.js";

const GROUPS = { patients: "Пациенты", staff: "Сотрудники", site: "Сайт" };

let people = [];
let group = "patients";
let search = "";
let hovered = false;
let isOpen = () => false;
let choose = () => {};
let loaded = () => {};
const seen = new Map(JSON.parse(sessionStorage.getItem("seen") ?? "[]"));

export const person = (id) => people.find((one) => one.id === id);
export const tabKey = (tab) => `${tab.kind}:${tab.address}`;
export const unread = (tab) => Math.max(0, tab.count - (seen.get(tabKey(tab)) ?? tab.count));

export function see(tab, count) {
  if (seen.get(tabKey(tab)) === count) return;
  seen.set(tabKey(tab), count);
  sessionStorage.setItem("seen", JSON.stringify([...seen]));
}

export function setUp(given) {
  ({ isOpen, choose, loaded } = given);
  const list = byId("people");
  list.addEventListener("pointerenter", (event) => { hovered = event.pointerType === "mouse"; });
  list.addEventListener("pointerleave", () => { hovered = false; });
  let typing = 0;
  byId("search").addEventListener("input", (event) => {
    search = event.target.value.trim();
    clearTimeout(typing);
    typing = setTimeout(() => load(true), 120);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName)) {
      event.preventDefault();
      byId("search").focus();
    }
  });
  onZone(draw);
}

let asked = 0;
let newest = null;

// Resolves when the list is as new as the newest question asked, so that who waits never sees an older one.
export function load(anew = false) {
  newest = ask(anew);
  return newest;
}

async function ask(anew) {
  const mine = ++asked;
  const answer = await call("GET", `/page/people?q=${encodeURIComponent(search)}`);
  if (mine !== asked) return newest;
  if (answer === null) return null;
  const places = new Map(people.map((one, index) => [one.id, index]));
  if (hovered && !anew) answer.sort((one, other) => (places.get(one.id) ?? 1e6) - (places.get(other.id) ?? 1e6));
  const kept = people.filter((one) => isOpen(one.id) && !answer.some((other) => other.id === one.id));
  people = [...answer, ...kept.map((one) => ({ ...one, hidden: true }))];
  for (const one of people) for (const tab of one.tabs) if (!seen.has(tabKey(tab))) see(tab, tab.count);
  loaded();
  draw();
  return people;
}

let due = 0;
let last = 0;

// Ask again soon, at most once a second: in a turned clock messages come by the dozen.
export function later() {
  if (due) return;
  due = setTimeout(() => { due = 0; last = performance.now(); load(); }, Math.max(120, last + 1000 - performance.now()));
}

const waits = (one) => one.tabs.reduce((sum, tab) => sum + unread(tab), 0);

// One group at a time; a search looks through all of them.
export function draw() {
  const listed = people.filter((one) => !one.hidden);
  const there = Object.keys(GROUPS).filter((key) => listed.some((one) => one.group === key));
  if (!search) drawGroups(there, listed);
  const shown = search ? there : [there.includes(group) || !there.length ? group : there[0]];
  const rows = shown.flatMap((key) => [
    search && there.length > 1 ? h("li", { class: "heading" }, GROUPS[key]) : null,
    ...listed.filter((one) => one.group === key).map(row),
  ]);
  byId("groups").hidden = Boolean(search) || there.length < 2;
  put(byId("people"), rows.some(Boolean) ? rows
    : h("li", { class: "empty" }, search ? `Никого по «${search}»: проверьте написание` : "Телефонов пока нет: нажмите «Новый»"));
}

function drawGroups(there, listed) {
  put(byId("groups"), there.map((key) => {
    const own = listed.filter((one) => one.group === key);
    const waiting = key === group ? 0 : own.reduce((sum, one) => sum + waits(one), 0);
    return h("button", { type: "button", "aria-pressed": String(key === group), title: `Телефонов: ${own.length}`, onclick: () => { group = key; draw(); byId("people").scrollTop = 0; } },
      GROUPS[key], " ", waiting ? h("span", { class: "badge", title: "Новых сообщений" }, waiting > 99 ? "99+" : String(waiting)) : null);
  }));
}

function row(one) {
  const waiting = waits(one);
  const under = one.last
    ? [h("span", { class: "text" }, one.last.direction === "out" ? "Вы: " : "", one.last.text)]
    : [h("span", { class: "text muted" }, one.visit_at ? `Визит ${soon(new Date(one.visit_at), now(), one.zone)}, ${one.visit}`
      : one.tabs.length ? "Сообщений не было" : "Связи с пациентом нет никакой")];
  return h("li", {}, h("button", { type: "button", class: isOpen(one.id) ? "person open" : "person", onclick: () => choose(one.id) },
    h("span", { class: "line" }, h("span", { class: "who" }, one.name),
      one.last ? h("time", {}, soon(new Date(one.last.at), now(), zone())) : null),
    h("span", { class: "line" }, ...under, waiting ? h("span", { class: "badge", title: "Новых сообщений" }, String(waiting)) : null),
    h("span", { class: "ways" }, one.tabs.length ? null : h("span", { class: "way off" }, "нет связи"), one.tabs.map((tab) => h("span", { class: tab.blocked ? "way off" : "way" },
      `${tab.blocked ? "✕ " : ""}${kindTitle(tab.kind)}`)))));
}
