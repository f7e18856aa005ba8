// Emoji: a small table, the lately used ones first, found by Russian and Kazakh words, used by keyboard alone.
import { close, open, write } from "./drop.js";
import { SIGNS } from "./emoji_list.js";

const KEPT = "emoji";
const MOST = 16;
const panel = () => document.getElementById("emoji-drop");
const kazakh = document.documentElement.lang === "kk";

function lately() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return kept.map((sign) => SIGNS.find((one) => one.sign === sign)).filter(Boolean);
  } catch {
    return [];
  }
}

function remember(sign) {
  const kept = [sign, ...lately().map((one) => one.sign).filter((old) => old !== sign)];
  try {
    localStorage.setItem(KEPT, JSON.stringify(kept.slice(0, MOST)));
  } catch {
    // a browser that keeps nothing: the table is simply in its own order
  }
}

function build(box) {
  const find = document.createElement("input");
  find.type = "search";
  find.placeholder = box.dataset.find;
  find.setAttribute("aria-label", box.dataset.find);
  find.autocomplete = "off";
  const none = document.createElement("p");
  none.className = "small muted none";
  none.textContent = box.dataset.none;
  const table = document.createElement("div");
  table.className = "signs";
  table.setAttribute("role", "group");
  table.setAttribute("aria-label", box.getAttribute("aria-label"));
  box.replaceChildren(find, table, none);
  find.addEventListener("input", () => fill(box));
}

function fill(box) {
  const wanted = box.querySelector("input").value.trim().toLowerCase().replace(/ё/g, "е").split(/\s+/).filter(Boolean);
  const recent = lately();
  const all = [...recent, ...SIGNS.filter((one) => !recent.includes(one))];
  const found = all.filter((one) => wanted.every((word) => one.words.split(" ").some((known) => known.startsWith(word))));
  box.querySelector(".signs").replaceChildren(...found.map(button));
  box.querySelector(".none").hidden = found.length > 0;
}

function button(one, n) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "plain sign";
  made.textContent = one.sign;
  made.tabIndex = n ? -1 : 0;
  made.title = kazakh ? one.kk : one.ru;
  made.setAttribute("aria-label", made.title);
  return made;
}

function use(made) {
  remember(made.textContent);
  close(panel());
  write(document.getElementById("text"), made.textContent);
}

document.body.addEventListener("drop:open", (event) => {
  const box = event.detail;
  if (box.id !== "emoji-drop") return;
  if (!box.childElementCount) build(box);
  box.querySelector("input").value = "";
  fill(box);
  box.querySelector("input").focus();
});

document.addEventListener("click", (event) => {
  const made = event.target.closest("#emoji-drop .sign");
  if (made) use(made);
});

// How many stand in a line is as the window is wide: counted from where they stand.
function across(signs) {
  const top = signs[0].offsetTop;
  const next = signs.findIndex((made) => made.offsetTop > top);
  return next < 0 ? signs.length : next;
}

function step(event, box) {
  const signs = [...box.querySelectorAll(".sign")];
  if (!signs.length) return false;
  const at = signs.indexOf(document.activeElement);
  if (at < 0) {
    if (event.key === "Enter") use(signs[0]);
    else if (event.key === "ArrowDown") signs[0].focus();
    else return false;
    return true;
  }
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across(signs), ArrowUp: -across(signs) };
  if (!(event.key in steps)) return false;
  const next = at + steps[event.key];
  if (next < 0) box.querySelector("input").focus();
  else signs[Math.min(next, signs.length - 1)].focus();
  return true;
}

document.addEventListener("keydown", (event) => {
  const box = event.target.closest?.("#emoji-drop");
  if (box) {
    if (event.key === "Enter" && event.target.matches(".sign")) use(event.target);
    else if (!step(event, box)) return;
  } else if (event.altKey && !event.ctrlKey && !event.metaKey && event.code === "KeyE" && panel()) {
    if (panel().hidden) open(panel());
    else close(panel(), true);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}, true);
