// Switches that break the channels' gateways: folded, in groups; what is broken stands outside and is mended by one press.

import { call } from "./api.js";
import { byId, h, put } from "./dom.js";

const MODES = {
  ok: ["работает", "Шлюз отвечает как обычно", "●"],
  down: ["лежит", "Шлюз не отвечает: сообщения не принимаются", "✕"],
  slow: ["медленно", "Отвечает через три секунды", "◔"],
  throttle: ["«слишком часто»", "Отказывает: слишком много запросов", "◔"],
  hang: ["молчит", "Принимает сообщение и не отвечает: дошло ли, неизвестно", "◔"],
  lose: ["теряет", "Отвечает «принято», но до телефона ничего не доходит и отчета нет", "✕"],
};
const KINDS = { phone: "Телефон", whatsapp: "WhatsApp" };
const SITE = "webchat";
const GROUPS = [
  ["Мессенджеры", (one) => one.sort === "messenger"],
  ["СМС", (one) => one.sort === "sms"],
  ["Уведомления по номеру", (one) => one.sort === "notice"],
  ["Звонки", (one) => one.sort === "voice"],
  ["Почта", (one) => one.sort === "mail"],
  ["Сотрудники", () => false],
  ["Сайт", () => false],
];
const known = new Map();

export const gateway = (channel) => known.get(channel);
export const gateways = () => [...known.values()];
export const ofKind = (kind) => gateways().filter((one) => one.kind === kind);
export const isSite = (kind) => kind === SITE;

// «Телефон» where several gateways share the numbers, else the one gateway's name.
export const kindTitle = (kind) => KINDS[kind] ?? ofKind(kind)[0]?.title ?? kind;

function groupOf(one) {
  if (one.audience === "staff") return "Сотрудники";
  if (isSite(one.kind)) return "Сайт";
  return GROUPS.find(([, holds]) => holds(one))?.[0] ?? "Мессенджеры";
}

const mode = (one, word) => call("POST", `/gateways/${one.channel}/mode`, { mode: word });

export function setGateways(list) {
  const same = list.length === known.size && list.every((one) => known.has(one.channel));
  known.clear();
  for (const one of list) known.set(one.channel, one);
  if (!same || !parts) build();
  draw();
}

let parts = null;

function build() {
  const open = parts ? !parts.panel.hidden : false;
  const rows = new Map(gateways().map((one) => [one.channel, row(one)]));
  const groups = GROUPS.map(([name]) => h("section", {}, h("h3", {}, name),
    gateways().filter((one) => groupOf(one) === name).map((one) => rows.get(one.channel).element)))
    .filter((group) => group.querySelector(".gateway"));
  const search = h("input", { type: "search", placeholder: "Найти шлюз", "aria-label": "Найти шлюз", autocomplete: "off", oninput: () => sift() });
  const panel = h("div", { class: "panel", id: "switches", hidden: !open },
    h("div", { class: "pair" }, search, h("button", { type: "button", onclick: mendAll }, "Починить все")),
    h("div", { class: "groups" }, groups), h("p", { class: "empty", hidden: true }, "Такого шлюза нет: проверьте название"));
  const opener = h("button", { type: "button", class: "opener", "aria-controls": "switches", onclick: () => unfold(panel.hidden) });
  parts = { opener, panel, search, rows, groups, broken: h("div", { class: "broken" }) };
  put(byId("gateways"), opener, parts.broken, panel);
}

function row(one) {
  const lamp = h("span", { class: "lamp", "aria-hidden": "true" });
  const select = h("select", { "aria-label": `Шлюз ${one.title}`, onchange: (event) => mode(one, event.target.value) },
    one.modes.map((word) => h("option", { value: word }, MODES[word]?.[0] ?? word)));
  return { element: h("label", { class: "gateway" }, lamp, h("span", { class: "name" }, one.title), select), lamp, select };
}

function draw() {
  for (const one of gateways()) {
    const { element, lamp, select } = parts.rows.get(one.channel);
    element.className = `gateway ${one.mode}`;
    element.title = MODES[one.mode][1];
    lamp.textContent = MODES[one.mode][2];
    select.value = one.mode;
  }
  const broken = gateways().filter((one) => one.mode !== "ok");
  put(parts.opener, "Шлюзы ", h("span", { class: "muted" }, broken.length ? `${known.size - broken.length} из ${known.size} работают` : `все ${known.size} работают`));
  parts.opener.setAttribute("aria-expanded", String(!parts.panel.hidden));
  put(parts.broken, broken.map((one) => h("button", { type: "button", class: `chip ${one.mode}`, title: `${MODES[one.mode][1]}. Нажмите, чтобы починить`,
    onclick: () => mode(one, "ok") }, `${MODES[one.mode][2]} ${one.title}: ${MODES[one.mode][0]}`)));
}

function unfold(open) {
  parts.panel.hidden = !open;
  draw();
  if (open && !matchMedia("(pointer: coarse)").matches) parts.search.focus();
}

function sift() {
  const wanted = parts.search.value.trim().toLowerCase();
  for (const [channel, { element }] of parts.rows) element.hidden = !`${known.get(channel).title} ${channel}`.toLowerCase().includes(wanted);
  for (const group of parts.groups) group.hidden = !group.querySelector(".gateway:not([hidden])");
  parts.panel.querySelector(".empty").hidden = parts.groups.some((group) => !group.hidden);
}

function mendAll() {
  for (const one of gateways()) if (one.mode !== "ok") mode(one, "ok");
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && parts && !parts.panel.hidden) { unfold(false); parts.opener.focus(); }
});
document.addEventListener("pointerdown", (event) => {
  if (parts && !parts.panel.hidden && !byId("gateways").contains(event.target)) unfold(false);
});
