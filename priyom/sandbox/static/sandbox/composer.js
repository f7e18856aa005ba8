// What the person can do at the bottom of a phone: type, send files, open the bot, share the number, block the clinic.

import { carried, complain } from "./api.js";
import { fileName } from "./bubbles.js";
import { h, put } from "./dom.js";
import { gateway, isSite, ofKind } from "./gateways.js";
import { tabKey } from "./people.js";

const MOST_BYTES = 40 * 1024 * 1024;

// `act(deed, body)` does it and says whether it worked; `own()` is the person's phone number.
export class Composer {
  constructor(element, { act, own }) {
    Object.assign(this, { element, act, own, tab: null, menu: false, drafts: new Map(), files: new Map() });
  }

  show(tab) {
    if (!tab || !this.tab || tabKey(tab) !== tabKey(this.tab)) this.menu = false;
    this.tab = tab;
    this.draw();
  }

  get takesFiles() {
    return Boolean(this.tab) && !this.tab.blocked && ofKind(this.tab.kind).some((one) => one.carries_files);
  }

  // Files dropped or chosen wait here until they are sent.
  take(list) {
    if (!this.takesFiles) { complain("Сюда файлы не отправить: этот канал носит только слова"); return; }
    const waiting = [...(this.files.get(tabKey(this.tab)) ?? []), ...list];
    if (waiting.reduce((sum, file) => sum + file.size, 0) > MOST_BYTES) { complain("Вместе больше 40 МБ: выберите файлы поменьше"); return; }
    this.files.set(tabKey(this.tab), waiting);
    this.draw();
  }

  draw() {
    const { tab } = this;
    if (!tab) { put(this.element); return; }
    const card = gateway(tab.channel) ?? {};
    const site = isSite(tab.kind);
    if (tab.blocked) {
      const state = site ? "Посетитель завершил чат" : card.needs_start ? "Бот заблокирован: клинике сюда не написать" : "Адрес отключен: сообщения сюда не доходят";
      put(this.element, h("p", { class: "state" }, state), h("button", { type: "button", class: "main wide",
        onclick: () => this.act("block", { blocked: false }) }, site ? "Вернуться в чат" : card.needs_start ? "Разблокировать" : "Включить"));
    } else if (card.needs_start && !tab.started) {
      const payload = this.payload("код из личной ссылки, если есть");
      put(this.element, h("p", { class: "state" }, site ? "Чат на сайте еще не открыт" : "Бот клиники еще не открыт"), payload,
        h("button", { type: "button", class: "main wide", onclick: () => this.start(payload) }, site ? "Открыть чат" : "Старт"));
    } else {
      put(this.element, this.menu ? this.drawMenu(card, site) : null, this.waiting(), this.line(card));
    }
  }

  payload(hint) {
    return h("input", { placeholder: hint, "aria-label": "Код из ссылки" });
  }

  start(input) {
    return this.act("start", { payload: input.value.trim() });
  }

  waiting() {
    const key = tabKey(this.tab);
    const files = this.files.get(key) ?? [];
    const drop = (gone) => { this.files.set(key, files.filter((file) => file !== gone)); this.draw(); };
    return files.length ? h("ul", { class: "waiting" }, files.map((file) => h("li", {}, fileName(file.name),
      h("button", { type: "button", "aria-label": `Убрать ${file.name}`, onclick: () => drop(file) }, "✕")))) : null;
  }

  line(card) {
    const key = tabKey(this.tab);
    const input = h("input", { placeholder: card.kind === "email" ? "Ответить письмом" : "Сообщение", "aria-label": "Сообщение клинике",
      autocomplete: "off", oninput: (event) => this.drafts.set(key, event.target.value),
      onpaste: (event) => { if (event.clipboardData.files.length) { event.preventDefault(); this.take(event.clipboardData.files); } } });
    input.value = this.drafts.get(key) ?? "";
    const chooser = h("input", { type: "file", multiple: true, hidden: true, "aria-label": "Файлы клинике", onchange: (event) => this.take(event.target.files) });
    return h("form", { class: "composer", onsubmit: (event) => this.send(event, key, input) },
      h("button", { type: "button", class: "icon", title: "Что еще можно сделать", "aria-label": "Еще", "aria-expanded": String(this.menu),
        onclick: () => { this.menu = !this.menu; this.draw(); } }, "⋯"),
      this.takesFiles ? [chooser, h("button", { type: "button", class: "icon", title: "Отправить фото или файл (можно перетащить)", "aria-label": "Приложить файл",
        onclick: () => chooser.click() }, "📎")] : null,
      input, h("button", { type: "submit", class: "main icon", title: "Отправить", "aria-label": "Отправить" }, "➤"));
  }

  async send(event, key, input) {
    event.preventDefault();
    const text = input.value.trim();
    const files = this.files.get(key) ?? [];
    if (!text && !files.length) return;
    const said = files.length ? { text, files: await carried(files) } : { text };
    input.value = "";
    this.drafts.delete(key);
    this.files.delete(key);
    if (await this.act("say", said)) {
      this.element.querySelector("form > input:not([hidden])")?.focus();
    } else {
      this.drafts.set(key, text);
      this.files.set(key, files);
      this.draw();
    }
  }

  drawMenu(card, site) {
    const payload = this.payload("код из ссылки");
    const number = h("input", { placeholder: "+7…", "aria-label": "Свой номер" });
    number.value = this.own();
    const shut = site ? "Завершить чат" : this.tab.kind === "phone" ? "Отключить номер" : this.tab.kind === "email" ? "Отключить почту" : "Заблокировать бота";
    return h("div", { class: "menu" },
      card.needs_start ? h("div", { class: "pair" }, payload, h("button", { type: "button", onclick: () => this.start(payload) }, site ? "Открыть" : "Старт")) : null,
      card.asks_contact || site ? h("div", { class: "pair" }, number,
        h("button", { type: "button", onclick: () => this.act("share", { phone: number.value.trim() }) }, "Поделиться номером")) : null,
      h("button", { type: "button", onclick: () => this.act("block", { blocked: true }) }, shut));
  }
}
