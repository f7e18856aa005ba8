// Switches that break the channels' gateways.

import { call } from "./api.js";
import { byId, h, put } from "./dom.js";

const MODES = {
  ok: ["работает", "Шлюз отвечает как обычно"],
  down: ["лежит", "Шлюз не отвечает: сообщения не принимаются"],
  slow: ["медленно", "Отвечает через три секунды"],
  throttle: ["«слишком часто»", "Отказывает: слишком много запросов"],
  hang: ["молчит", "Принимает сообщение и не отвечает: дошло ли, неизвестно"],
};
const known = new Map();

export const gateway = (channel) => known.get(channel);
export const gateways = () => [...known.values()];

export function setGateways(list) {
  known.clear();
  for (const one of list) known.set(one.channel, one);
  put(byId("gateways"), h("span", { class: "muted" }, "Шлюзы"), ...list.map(drawn));
}

function drawn(one) {
  const [, title] = MODES[one.mode];
  return h("label", { class: `gateway ${one.mode}`, title },
    h("span", { class: "lamp", "aria-hidden": "true" }, one.mode === "ok" ? "●" : one.mode === "down" ? "✕" : "◔"),
    h("span", {}, one.title),
    h("select", { "aria-label": `Шлюз ${one.title}`,
      onchange: (event) => call("POST", `/gateways/${one.channel}/mode`, { mode: event.target.value }) },
      one.modes.map((mode) => h("option", { value: mode, selected: mode === one.mode }, MODES[mode]?.[0] ?? mode))));
}
