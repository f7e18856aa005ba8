// One person's phone: a tab for every kind of address, the chat, and what the person can do.

import { call, phonePath } from "./api.js";
import { now, zone, onZone } from "./clock.js";
import { bubble } from "./bubbles.js";
import { Composer } from "./composer.js";
import { dayName, h, put, sameDay } from "./dom.js";
import { kindTitle } from "./gateways.js";
import { see, tabKey, unread } from "./people.js";

export class PhoneView {
  constructor(person, { close, changed }) {
    this.person = person;
    this.changed = changed;
    this.tab = this.latest();
    this.messages = null;
    this.head = h("header", {});
    this.tabs = h("div", { class: "tabs", role: "tablist" });
    this.chat = h("div", { class: "chat", tabindex: "0", "aria-live": "polite", "aria-label": "Переписка" });
    this.foot = h("footer", {});
    this.composer = new Composer(this.foot, {
      act: (deed, body) => this.act(deed, body), own: () => this.person.tabs.find((tab) => tab.kind === "phone")?.address ?? "",
    });
    this.close = close;
    this.element = h("article", { class: "phone", "aria-label": person.name }, this.head, this.tabs, this.chat, this.foot);
    this.stayBelow();
    this.acceptDrops();
    this.drawAll();
    this.load();
    onZone(() => this.drawChat());
  }

  latest() {
    const { tabs, last } = this.person;
    return tabs.find((tab) => unread(tab)) ?? tabs.find((tab) => last && tab.kind === last.kind) ?? tabs[0] ?? null;
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
      this.composer.menu = false;
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
        onclick: () => this.choose(tab) }, `${tab.blocked ? "✕ " : ""}${kindTitle(tab.kind)}`,
        fresh ? h("span", { class: "badge" }, String(fresh)) : null);
    }));
    if (this.tabShown !== this.tab) {
      this.tabShown = this.tab;
      requestAnimationFrame(() => this.tabs.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" }));
    }
  }

  choose(tab) {
    if (tab === this.tab) return;
    this.tab = tab;
    this.messages = null;
    this.below = true;
    this.drawAll();
    this.load();
  }

  drawChat() {
    if (!this.tab) {
      put(this.chat, h("p", { class: "empty" }, "У этого человека нет ни телефона, ни мессенджера, ни почты: дозвониться или дождаться визита."));
      return;
    }
    if (this.messages === null) { put(this.chat, h("div", { class: "bone" }), h("div", { class: "bone short" })); return; }
    this.drawnOn = dayName(now(), zone());
    const { below } = this;
    let day = null;
    const rows = [h("p", { class: "address" }, this.tab.label ?? this.tab.address)];
    for (const message of this.messages) {
      const at = new Date(message.at);
      if (!day || !sameDay(day, at, zone())) rows.push(h("p", { class: "day" }, sameDay(at, now(), zone()) ? "Сегодня" : dayName(at, zone())));
      day = at;
      rows.push(this.bubble(message));
    }
    if (!this.messages.length) rows.push(h("p", { class: "empty" }, "Сообщений нет"));
    put(this.chat, rows);
    if (below) this.chat.scrollTop = this.chat.scrollHeight;
  }

  // «Сегодня» above a message becomes a date when the clock passes midnight.
  midnight() {
    if (this.drawnOn && this.drawnOn !== dayName(now(), zone())) this.drawChat();
  }

  bubble(message) {
    return bubble(message, {
      others: this.messages, dead: this.tab.blocked, press: (element, button) => this.press(element, message, button),
    });
  }

  async press(element, message, button) {
    element.disabled = true;
    element.classList.add("pressed");
    await this.act("press", { message: message.id, channel: message.channel, button: button.id });
    setTimeout(() => { element.disabled = false; element.classList.remove("pressed"); }, 1500);
  }

  drawFoot() {
    this.composer.show(this.tab);
  }

  // A phone that becomes narrower keeps its last message in sight.
  stayBelow() {
    this.below = true;
    this.chat.addEventListener("scroll", () => { this.below = this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight < 60; });
    new ResizeObserver(() => { if (this.below) this.chat.scrollTop = this.chat.scrollHeight; }).observe(this.chat);
  }

  // Files can be dropped anywhere on the phone.
  acceptDrops() {
    const over = (event) => event.dataTransfer?.types.includes("Files");
    this.element.addEventListener("dragover", (event) => { if (over(event)) { event.preventDefault(); this.element.classList.add("dropping"); } });
    this.element.addEventListener("dragleave", (event) => { if (!this.element.contains(event.relatedTarget)) this.element.classList.remove("dropping"); });
    this.element.addEventListener("drop", (event) => {
      this.element.classList.remove("dropping");
      if (!over(event)) return;
      event.preventDefault();
      this.composer.take(event.dataTransfer.files);
    });
  }
}
