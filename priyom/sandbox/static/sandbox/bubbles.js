// How a message looks on a phone: words, files, what it answers, buttons; a call looks like a call.

import { zone } from "./clock.js";
import { clockTime, h } from "./dom.js";
import { gateway, ofKind } from "./gateways.js";

const PICTURE = /\.(jpe?g|png|gif|webp|heic|bmp)$/i;

export const fileName = (name) => h("span", { class: "file" }, `${PICTURE.test(name) ? "🖼" : "📎"} ${name}`);

// `others` are the messages of the same chat, `press(element, button)` presses, `dead` says that nothing can be pressed.
export function bubble(message, { others, press, dead }) {
  const card = gateway(message.channel) ?? {};
  if (card.sort === "voice") return message.direction === "in" ? callOf(message, card, press, dead) : keyOf(message);
  const at = new Date(message.at);
  return h("div", { class: `message ${message.direction}` },
    h("div", { class: "bubble" },
      card.sort === "notice" ? h("span", { class: "notice" }, `✉ ${card.title}`) : null,
      quoted(message, others),
      message.subject ? h("strong", { class: "subject" }, message.subject) : null,
      message.text ? h("span", { class: "text" }, linked(message.text)) : null,
      message.files.map(fileName),
      h("span", { class: "stamp" }, origin(message, card), message.edited ? "изменено, " : "", clockTime(at, zone()))),
    message.buttons.length ? h("div", { class: "buttons" }, message.buttons.map((button) =>
      h("button", { type: "button", disabled: dead, onclick: (event) => press(event.currentTarget, button) }, button.label))) : null);
}

// Where several gateways share the address, which one it was; from whom, where a person need not know it.
function origin(message, card) {
  const shared = ofKind(card.kind).length > 1 && card.sort !== "notice";
  const from = message.direction === "in" && message.sender && card.sort === "sms" ? message.sender : "";
  const said = [shared ? card.title : "", from].filter(Boolean).join(", ");
  return said ? h("span", { class: "origin" }, `${said} `) : null;
}

function quoted(message, others) {
  if (!message.quoted) return null;
  const source = others.find((one) => one.id === message.quoted && one.channel === message.channel);
  const words = source ? source.text || source.files.join(", ") : "сообщение, которого здесь нет";
  return h("span", { class: "quoted", title: words }, words.slice(0, 160));
}

// While there are keys to press the call is on: they are gone with it.
function callOf(message, card, press, dead) {
  const on = message.buttons.length > 0;
  return h("div", { class: on ? "message in call on" : "message in call" },
    h("div", { class: "bubble" },
      h("span", { class: "ring" }, h("span", { class: "phone-sign", "aria-hidden": "true" }, "☎"),
        h("b", {}, card.title), h("span", { class: "how" }, on ? "идет разговор" : "звонок окончен")),
      h("span", { class: "text" }, `«${message.text}»`),
      h("span", { class: "stamp" }, clockTime(new Date(message.at), zone()))),
    on ? h("div", { class: "keypad", role: "group", "aria-label": "Клавиши телефона" }, message.buttons.map((button) =>
      h("button", { type: "button", disabled: dead, "aria-label": `Клавиша ${button.id}: ${button.label}`, onclick: (event) => press(event.currentTarget, button) },
        h("b", {}, button.id), h("span", {}, button.label)))) : null);
}

const keyOf = (message) => h("div", { class: "message out key" },
  h("div", { class: "bubble" }, h("span", { class: "text" }, "Нажата клавиша ", h("b", {}, message.text)),
    h("span", { class: "stamp" }, clockTime(new Date(message.at), zone()))));

function linked(text) {
  return text.split(/(https?:\/\/[^\s]+)/).map((part, index) =>
    index % 2 ? h("a", { href: part, target: "_blank", rel: "noreferrer" }, part) : part);
}
