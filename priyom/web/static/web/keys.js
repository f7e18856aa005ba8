// The keyboard: / find, j k move, Enter open (a row is a link), r answer, n note, e done, ? help.
const dialog = document.getElementById("keys");

function rows() {
  return [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const focused = all.indexOf(document.activeElement);
  const lit = all.findIndex((row) => row.closest("li")?.hasAttribute("aria-current"));
  const from = focused >= 0 ? focused : lit;
  const next = all[Math.max(0, Math.min(all.length - 1, from + step))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function use(key) {
  const target = [...document.querySelectorAll(`[data-key="${key}"]`)].find((item) => item.offsetParent !== null);
  if (!target) {
    if (key === "n") open("e", "n");
    return;
  }
  if (target.matches("input, textarea")) target.focus();
  else target.click();
}

// A note's field may stand in a part that is folded: unfold it first.
function open(key, then) {
  const folded = document.querySelector(`details > summary[data-key="${key}"]`);
  if (!folded || folded.parentElement.open) return;
  folded.parentElement.open = true;
  use(then);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("input, textarea, select");
  if (event.key === "Escape" && typing) return event.target.blur();
  if (typing || dialog?.open) return;
  // Keys are meant by their place, so that a Russian or Kazakh layout works as well.
  const key = { KeyJ: "j", KeyK: "k", KeyR: "r", KeyN: "n", KeyE: "e", KeyC: "c", KeyZ: "z" }[event.code];
  if (event.key === "?" || (event.code === "Slash" && event.shiftKey) || (event.code === "Digit7" && event.shiftKey && event.key === "?")) dialog?.showModal();
  else if (event.code === "Slash" || event.key === "/") (document.querySelector("[data-find]") ?? document.getElementById("search"))?.focus();
  else if (key === "j") move(1);
  else if (key === "k") move(-1);
  else if (key) use(key);
  else return;
  event.preventDefault();
});
