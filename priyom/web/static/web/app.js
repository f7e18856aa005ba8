// Small helpers of the staff pages: switches that submit themselves, copy buttons, the theme, the place in a thread.
import "./live.js";
import "./keys.js";
import "./sure.js";
import "./composer.js";
import "./looking.js";
import "./thread.js";
import "./tasks.js";
import "./queue.js";
import "./attention.js";

const body = document.body;

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (!form) return;
  if (event.target.name === "branch") form.querySelector('[name="day"]')?.setAttribute("disabled", "");
  form.submit();
});

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    const field = copy.parentElement.querySelector("input");
    try {
      await navigator.clipboard.writeText(copy.dataset.copy);
    } catch {
      field.select();
      document.execCommand("copy");
    }
    copy.textContent = copy.dataset.copied;
  }
  const theme = event.target.closest("[data-theme-set]");
  if (theme) setTheme(theme);
  for (const open of document.querySelectorAll("details.me[open], details.more[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
  const row = event.target.closest("[data-row]");
  if (row) select(row);
});

function setTheme(button) {
  const chosen = button.dataset.themeSet;
  document.cookie = `theme=${chosen}; path=/; max-age=${chosen ? 31536000 : 0}; samesite=lax`;
  if (chosen) document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
  for (const other of button.parentElement.children) other.setAttribute("aria-pressed", other === button);
}

export function select(row) {
  const list = row.closest("[data-rows]");
  for (const old of list?.querySelectorAll("li[aria-current]") ?? []) old.removeAttribute("aria-current");
  row.closest("li")?.setAttribute("aria-current", "true");
}

// The row of what stands beside the list is lit, also after a reload or the browser's «back».
function light() {
  const url = new URL(location.href);
  for (const [name, prefix] of [["visit", "v-"], ["chat", "chat-"], ["task", "t-"], ["patient", "p-"], ["account", "a-"]]) {
    const id = url.searchParams.get(name) ?? url.pathname.match(new RegExp(`^/${name}s/(\\d+)$`))?.[1];
    const row = id && document.getElementById(prefix + id)?.querySelector("[data-row]");
    if (row) select(row);
  }
}

const phone = window.matchMedia("(max-width: 700px)");

// The newest message is in view: on a phone it is the page that scrolls, under the composer and the bottom bar.
export function toBottom() {
  const thread = document.querySelector("[data-bottom]");
  if (!thread) return;
  thread.scrollTop = thread.scrollHeight;
  if (!phone.matches) return;
  const below = (document.getElementById("composer")?.offsetHeight ?? 0) + (document.getElementById("rail")?.offsetHeight ?? 0);
  window.scrollTo(0, thread.getBoundingClientRect().bottom + window.scrollY + below - window.innerHeight);
}

// By rows, not by a style of its own: the page's policy knows no inline styles, and a swap would copy one.
function grown(area) {
  area.rows = 1;
  const line = parseFloat(getComputedStyle(area).lineHeight) || 20;
  area.rows = Math.max(1, Math.min(8, Math.round((area.scrollHeight - 16) / line)));
}

document.addEventListener("input", (event) => event.target.matches("textarea[data-send]") && grown(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches("textarea[data-send]")) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "detail") return;
  event.detail.target.scrollTop = 0;
  if (phone.matches) window.scrollTo(0, 0);
  toBottom();
  if (event.detail.requestConfig?.verb === "post") document.querySelector("textarea[data-send]")?.focus();
});

// The list's address, with the filters chosen there and without what stood beside it.
function listAddress(back) {
  const url = new URL(location.href);
  if (url.pathname !== new URL(back.href).pathname) return back.href;
  for (const name of ["visit", "chat", "at", "task", "patient", "account"]) url.searchParams.delete(name);
  return url.href;
}

// The browser's own «back» on a phone: the list, where it was left.
document.addEventListener("click", (event) => {
  const back = event.target.closest("[data-back]");
  if (!back || !document.querySelector(".columns .list")) return;
  event.preventDefault();
  const detail = document.getElementById("detail");
  detail.querySelectorAll(".open").forEach((part) => part.classList.remove("open"));
  const list = document.querySelector(".columns .list [data-rows] li[aria-current]");
  history.replaceState(null, "", listAddress(back));
  list?.scrollIntoView({ block: "center" });
});

function gone(event) {
  if (document.querySelector(".gone")) return;
  const note = document.createElement("p");
  note.className = "gone note bad";
  note.setAttribute("role", "alert");
  note.textContent = body.dataset.gone;
  body.append(note);
}
body.addEventListener("htmx:sendError", gone);
body.addEventListener("htmx:afterOnLoad", () => document.querySelector(".gone")?.remove());

light();
toBottom();
