// One person's phone: tabs of channels, the chat, buttons to press, a line to type in, and what can be done to the bot.

import { call, phonePath } from "./api.js";
import { now, zone, onZone } from "./clock.js";
import { clockTime, dayName, h, put, sameDay } from "./dom.js";
import { gateway } from "./gateways.js";
import { see, tabKey, unread } from "./people.js";

export class PhoneView {
  constructor(person, { close, changed }) {
    this.person = person;
    this.changed = changed;
    this.tab = this.latest();
    this.messages = null;
    this.menu = false;
    this.drafts = new Map();
    this.head = h("header", {});
    this.tabs = h("div", { class: "tabs", role: "tablist" });
    this.chat = h("div", { class: "chat", tabindex: "0", "aria-live": "polite", "aria-label": "Переписка" });
    this.foot = h("footer", {});
    this.close = close;
    this.element = h("article", { class: "phone", "aria-label": person.name }, this.head, this.tabs, this.chat, this.foot);
    this.drawAll();
    this.load();
    onZone(() => this.drawChat());
  }

  latest() {
    const { tabs, last } = this.person;
    return tabs.find((tab) => unread(tab)) ?? tabs.find((tab) => last && tab.channel === last.channel) ?? tabs[0] ?? null;
  }

  // The list has fresh news of this person.
  update(person) {
    this.person = person;
    const same = this.tab && person.tabs.find((tab) => tabKey(tab) === tabKey(this.tab));
    const before = JSON.stringify([this.tab?.blocked, this.tab?.started]);
    this.tab = same ?? this.latest();
    if (this.tab && this.messages) see(this.tab, this.messages.length);
    this.drawTabs();
    if (before !== JSON.stringify([this.tab?.blocked, this.tab?.started])) this.drawFoot();
  }

  has(kind, address) {
    return this.person.tabs.some((tab) => tab.kind === kind && tab.address === address);
  }

  shows(kind, address) {
    return this.tab?.kind === kind && this.tab.address === address;
  }

  async load() {
    const tab = this.tab;
    if (!tab) return;
    if (this.loading) { this.again = true; return; }
    this.loading = true;
    const messages = await call("GET", `${phonePath(tab)}/messages`);
    this.loading = false;
    if (this.again || tab !== this.tab) { this.again = false; this.load(); if (tab !== this.tab) return; }
    if (messages === null) return;
    this.messages = messages;
    see(this.tab, messages.length);
    this.drawChat();
  }

  async act(deed, body) {
    const answer = await call("POST", `${phonePath(this.tab)}/${deed}`, body);
    if (answer) {
      Object.assign(this.tab, { started: answer.started, blocked: answer.blocked });
      this.menu = false;
      this.drawFoot();
      this.load();
      this.changed();
    }
    return answer !== null;
  }

  drawAll() {
    put(this.head, h("span", { class: "who" }, this.person.name),
      this.person.language === "kk" ? h("span", { class: "tongue", title: "Сообщения на казахском" }, "қаз") : null,
      h("button", { type: "button", class: "icon", title: "Убрать телефон", "aria-label": "Убрать телефон", onclick: this.close }, "✕"));
    this.drawTabs();
    this.drawChat();
    this.drawFoot();
  }

  drawTabs() {
    put(this.tabs, this.person.tabs.map((tab) => {
      const fresh = tab === this.tab ? 0 : unread(tab);
      return h("button", { type: "button", role: "tab", "aria-selected": String(tab === this.tab), title: tab.label ?? tab.address,
        onclick: () => this.choose(tab) }, `${tab.blocked ? "✕ " : ""}${gateway(tab.channel)?.title ?? tab.channel}`,
        fresh ? h("span", { class: "badge" }, String(fresh)) : null);
    }));
  }

  choose(tab) {
    if (tab === this.tab) return;
    this.tab = tab;
    this.messages = null;
    this.menu = false;
    this.drawAll();
    this.load();
  }

  drawChat() {
    if (!this.tab) {
      put(this.chat, h("p", { class: "empty" }, "У этого пациента нет ни телефона, ни мессенджера, ни почты: дозвониться или дождаться визита."));
      return;
    }
    if (this.messages === null) { put(this.chat, h("div", { class: "bone" }), h("div", { class: "bone short" })); return; }
    this.drawnOn = dayName(now(), zone());
    const below = this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight < 60;
    let day = null;
    const rows = [h("p", { class: "address" }, this.tab.label ?? this.tab.address)];
    for (const message of this.messages) {
      const at = new Date(message.at);
      if (!day || !sameDay(day, at, zone())) rows.push(h("p", { class: "day" }, sameDay(at, now(), zone()) ? "Сегодня" : dayName(at, zone())));
      day = at;
      rows.push(this.bubble(message, at));
    }
    if (!this.messages.length) rows.push(h("p", { class: "empty" }, "Сообщений нет"));
    put(this.chat, rows);
    if (below || !this.shown) this.chat.scrollTop = this.chat.scrollHeight;
    this.shown = true;
  }

  // «Сегодня» above a message becomes a date when the clock passes midnight.
  midnight() {
    if (this.drawnOn && this.drawnOn !== dayName(now(), zone())) this.drawChat();
  }

  bubble(message, at) {
    return h("div", { class: `message ${message.direction}` },
      h("div", { class: "bubble" },
        message.subject ? h("strong", { class: "subject" }, message.subject) : null,
        h("span", { class: "text" }, linked(message.text)),
        message.files.map((file) => h("span", { class: "file" }, `📎 ${file}`)),
        h("span", { class: "stamp" }, message.edited ? "изменено, " : "", clockTime(at, zone()))),
      message.buttons.length ? h("div", { class: "buttons" }, message.buttons.map((button) =>
        h("button", { type: "button", disabled: this.tab.blocked, onclick: (event) => this.press(event.target, message, button) }, button.label))) : null);
  }

  async press(element, message, button) {
    element.disabled = true;
    element.classList.add("pressed");
    await this.act("press", { message: message.id, button: button.id });
    setTimeout(() => { element.disabled = false; element.classList.remove("pressed"); }, 1500);
  }

  drawFoot() {
    const tab = this.tab;
    if (!tab) { put(this.foot); return; }
    const card = gateway(tab.channel) ?? {};
    if (tab.blocked) {
      put(this.foot, h("p", { class: "state" }, card.needs_start ? "Бот заблокирован: клинике сюда не написать" : "Адрес отключен: сообщения сюда не доходят"),
        h("button", { type: "button", class: "main wide", onclick: () => this.act("block", { blocked: false }) }, card.needs_start ? "Разблокировать" : "Включить"));
      return;
    }
    if (card.needs_start && !tab.started) {
      const payload = h("input", { placeholder: "код из личной ссылки, если есть", "aria-label": "Код из ссылки" });
      put(this.foot, h("p", { class: "state" }, "Бот клиники еще не открыт"), payload,
        h("button", { type: "button", class: "main wide", onclick: () => this.act("start", { payload: payload.value.trim() }) }, "Старт"));
      return;
    }
    put(this.foot, this.menu ? this.drawMenu(card) : null, this.composer(card));
  }

  composer(card) {
    const key = tabKey(this.tab);
    const input = h("input", { placeholder: card.kind === "email" ? "Ответить письмом" : "Сообщение", "aria-label": "Сообщение клинике",
      autocomplete: "off", oninput: (event) => this.drafts.set(key, event.target.value) });
    input.value = this.drafts.get(key) ?? "";
    const send = async (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (!text) return;
      input.value = "";
      if (await this.act("say", { text })) {
        this.drafts.delete(key);
        this.element.querySelector("form input")?.focus();
      } else { input.value = text; }
    };
    return h("form", { class: "composer", onsubmit: send },
      h("button", { type: "button", class: "icon", title: "Что еще можно сделать", "aria-label": "Еще", "aria-expanded": String(this.menu),
        onclick: () => { this.menu = !this.menu; this.drawFoot(); } }, "⋯"),
      input, h("button", { type: "submit", class: "main icon", title: "Отправить", "aria-label": "Отправить" }, "➤"));
  }

  drawMenu(card) {
    const item = (label, deed, body) => h("button", { type: "button", onclick: () => this.act(deed, body) }, label);
    const payload = h("input", { placeholder: "код из ссылки", "aria-label": "Код из ссылки" });
    const own = this.person.tabs.find((tab) => tab.kind === "phone");
    const number = h("input", { placeholder: "+7…", "aria-label": "Свой номер" });
    number.value = own?.address ?? "";
    return h("div", { class: "menu" },
      card.needs_start ? h("div", { class: "pair" }, payload,
        h("button", { type: "button", onclick: () => this.act("start", { payload: payload.value.trim() }) }, "Старт")) : null,
      card.asks_contact ? h("div", { class: "pair" }, number,
        h("button", { type: "button", onclick: () => this.act("share", { phone: number.value.trim() }) }, "Поделиться номером")) : null,
      item(card.needs_start ? "Заблокировать бота" : this.tab.kind === "phone" ? "Отключить номер" : "Отключить почту", "block", { blocked: true }));
  }
}

function linked(text) {
  return text.split(/(https?:\/\/[^\s]+)/).map((part, index) =>
    index % 2 ? h("a", { href: part, target: "_blank", rel: "noreferrer" }, part) : part);
}
