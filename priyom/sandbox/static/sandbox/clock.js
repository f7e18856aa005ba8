// The clock on top: ticks by itself, is turned by its buttons, and shows where it is going.

import { call } from "./api.js";
import { byId, clockTime, dayName, h, localMoment, put, soon } from "./dom.js";

const clock = { at: 0, since: 0, turning: false, target: null, from: null, zones: [], zone: "UTC" };
const listeners = [];

export const now = () => new Date(clock.turning ? clock.at : clock.at + performance.now() - clock.since);
export const zone = () => clock.zone;
export const onZone = (listener) => listeners.push(listener);

export function setClock(given) {
  clock.at = Date.parse(given.now);
  clock.since = performance.now();
  if (given.turning && !clock.turning) clock.from = clock.at;
  clock.turning = given.turning;
  clock.target = given.target ? Date.parse(given.target) : null;
  draw();
}

export function setZones(zones) {
  clock.zones = zones.length ? zones : [{ name: "всемирное время", zone: "UTC" }];
  const kept = localStorage.getItem("zone");
  clock.zone = clock.zones.some((one) => one.zone === kept) ? kept : clock.zones[0].zone;
  build();
}

let parts = null;

function build() {
  const select = h("select", { "aria-label": "Чьё время", title: "По времени этого филиала",
    onchange: (event) => { clock.zone = event.target.value; localStorage.setItem("zone", clock.zone); draw(); listeners.forEach((l) => l()); } },
    clock.zones.map((one) => h("option", { value: one.zone, selected: one.zone === clock.zone }, one.name)));
  parts = {
    time: h("output", { class: "time" }), day: h("span", { class: "day" }),
    jumps: h("div", { class: "jumps", title: "Часы идут только вперед: отправленного не вернуть" }), bar: h("progress", { max: "1", value: "0", hidden: true, "aria-label": "Часы идут" }),
    where: h("span", { class: "where" }),
  };
  put(byId("clock"), h("div", { class: "face" }, parts.time, h("div", {}, parts.day, select)), parts.jumps,
    h("div", { class: "going" }, parts.bar, parts.where));
  draw();
}

const jump = (label, title, body) =>
  h("button", { type: "button", disabled: clock.turning, title, onclick: () => turn(body) }, label);

function jumps() {
  const to = (days, hours) => localMoment(now(), clock.zone, days, hours);
  const until = (label, moment) => jump(label, `Перевести часы: ${soon(moment, now(), clock.zone)}`, { to: moment.toISOString() });
  return [
    jump("+15 мин", "Перевести на 15 минут вперед", { advance: "PT15M" }),
    jump("+1 ч", "Перевести на час вперед", { advance: "PT1H" }),
    to(0, 18) > now() ? until("сегодня 18:00", to(0, 18)) : null,
    until("завтра 09:00", to(1, 9)),
    until("завтра 18:00", to(1, 18)),
  ].filter(Boolean);
}

async function turn(body) {
  clock.at = now().getTime();
  clock.from = clock.at;
  clock.turning = true;
  drawnJumps = "";
  draw();
  const answer = await call("POST", "/clock", body);
  const fresh = answer ?? await call("GET", "/clock");
  if (fresh) setClock(fresh);
}

let drawnJumps = "";

function draw() {
  if (!parts) return;
  const at = now();
  parts.time.textContent = clockTime(at, clock.zone);
  parts.day.textContent = dayName(at, clock.zone);
  const key = `${clock.turning} ${clock.zone} ${clockTime(at, clock.zone)}`;
  if (!clock.turning || !drawnJumps.startsWith("true")) {
    if (key !== drawnJumps) put(parts.jumps, ...jumps());
    drawnJumps = key;
  }
  parts.bar.hidden = !(clock.turning && clock.target);
  if (clock.turning && clock.target) {
    parts.bar.value = (clock.at - clock.from) / Math.max(1, clock.target - clock.from);
    parts.where.textContent = `Идем к ${soon(new Date(clock.target), at, clock.zone)}: останавливаемся там, где что-то запланировано`;
  } else {
    parts.where.textContent = clock.turning ? "Заканчиваем начатое…" : "";
  }
}

setInterval(draw, 1000);
