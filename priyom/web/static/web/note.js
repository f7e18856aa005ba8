// «Answer» or «note»: one place to write, two looks, so that nobody tells the patient what was meant for a colleague.
// `@` offers the colleagues by name.
const body = document.body;
const texts = new Map(); // address of the thread -> its note that is being written
const CALLED = /(^|\s)@([\p{L}\p{N} .'-]{0,40})$/u;

const box = () => document.getElementById("write");
const field = () => document.getElementById("note-text");
const list = () => document.getElementById("names");
const chat = () => document.querySelector(".thread-col")?.dataset.chat;

// -- the switch --

function mode(name, focus) {
  const place = box();
  if (!place) return;
  place.classList.toggle("notes", name === "note");
  for (const tab of place.querySelectorAll("[data-mode]")) {
    const on = tab.dataset.mode === name;
    tab.setAttribute("aria-selected", on);
    tab.tabIndex = on ? 0 : -1;
  }
  if (focus) (name === "note" ? field() : document.querySelector("#composer #text"))?.focus();
}

document.addEventListener("click", (event) => {
  const tab = event.target.closest(".modes [data-mode]");
  if (tab) mode(tab.dataset.mode, true);
  if (event.target.closest("[data-quote]")) mode("answer", false); // an answer to one message is an answer
}, true);
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.(".modes [role=tab]") || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const other = event.target.dataset.mode === "note" ? "answer" : "note";
  mode(other, false);
  box().querySelector(`[data-mode="${other}"]`).focus();
});

// A note that was begun outlives the thread's being laid out anew.
body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "detail" || !field()) return;
  const kept = texts.get(chat());
  if (!kept) return;
  field().value = kept;
  if (!event.detail.requestConfig?.elt?.matches?.(".composer form")) mode("note", false);
});
body.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.elt.matches?.("#note form") || event.detail.xhr?.status !== 204) return;
  texts.delete(chat());
  field().value = "";
  field().rows = 1;
  for (const old of field().form.querySelectorAll('[name="mention"]')) old.remove();
  field().focus();
});
body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "note") field()?.focus();
});

// -- colleagues --

const plain = (text) => text.toLowerCase().replaceAll("ё", "е");

function called() {
  const found = field().value.slice(0, field().selectionStart).match(CALLED);
  return found ? plain(found[2]) : null;
}

function offer() {
  const word = called();
  let any = false;
  for (const item of list().children) {
    const name = plain(item.dataset.name);
    const fits = word !== null && (name.startsWith(word) || name.split(" ").some((one) => one.startsWith(word)));
    item.hidden = !fits;
    any ||= fits;
  }
  list().hidden = !any;
  choose(any ? shown()[0] : null);
}

const shown = () => [...list().children].filter((item) => !item.hidden);
const chosen = () => list().querySelector('[aria-selected="true"]');

function choose(item) {
  for (const one of list().children) one.setAttribute("aria-selected", one === item);
  if (item) field().setAttribute("aria-activedescendant", item.id);
  else field().removeAttribute("aria-activedescendant");
  item?.scrollIntoView({ block: "nearest" });
}

function pick(item) {
  const area = field();
  const head = area.value.slice(0, area.selectionStart).replace(CALLED, (_all, gap) => `${gap}@${item.dataset.name} `);
  const tail = area.value.slice(area.selectionStart);
  area.value = head + tail;
  area.setSelectionRange(head.length, head.length);
  const named = document.createElement("input");
  Object.assign(named, { type: "hidden", name: "mention", value: item.dataset.id });
  area.form.append(named);
  close();
  area.focus();
  texts.set(chat(), area.value);
}

function close() {
  list().hidden = true;
  choose(null);
}

document.addEventListener("input", (event) => {
  if (event.target !== field()) return;
  texts.set(chat(), field().value);
  offer();
});

// Before the keys mean anything else: Enter would send the note, Escape leave the field.
document.addEventListener("keydown", (event) => {
  if (event.target !== field() || !list() || list().hidden || event.isComposing) return;
  const items = shown();
  const at = items.indexOf(chosen());
  if (event.key === "ArrowDown") choose(items[(at + 1) % items.length]);
  else if (event.key === "ArrowUp") choose(items[(at + items.length - 1) % items.length]);
  else if (event.key === "Enter" || event.key === "Tab") pick(chosen() ?? items[0]);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
document.addEventListener("pointerdown", (event) => {
  const item = event.target.closest?.("#names li");
  if (item) {
    event.preventDefault();
    pick(item);
  } else if (list() && !event.target.closest?.("#note")) {
    close();
  }
});
