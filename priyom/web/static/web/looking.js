// Colleagues at the same thread: tells them when somebody writes here, lets their own lines fade, and remembers what had
// been answered when writing began, so that nobody answers twice.
const body = document.body;
const TELL_EVERY = 3000; // milliseconds
let told = 0;
let fading = 0;

const place = () => document.getElementById("looking");
const field = (target) => (target.matches?.(".composer textarea, #write textarea") ? target : null);

function tell(stopped) {
  const address = place()?.dataset.writing;
  if (!address) return;
  told = stopped ? 0 : Date.now();
  const headers = JSON.parse(body.getAttribute("hx-headers"));
  fetch(address, { method: "POST", headers, body: new URLSearchParams(stopped ? { stopped: "1" } : {}), keepalive: true }).catch(() => {});
}

document.addEventListener("input", (event) => {
  const area = field(event.target);
  if (!area) return;
  if (!area.value.trim()) {
    if (told) tell(true);
  } else if (Date.now() - told >= TELL_EVERY) {
    tell(false);
  }
});

// Sent, or refused: either way nobody is typing.
body.addEventListener("htmx:afterRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  if (elt.id === "looking") fade();
  else if (told && requestConfig?.verb === "post" && elt.matches?.("#write form, .composer form")) tell(true);
});

// A line is true for so long; who writes on says so again, and then it comes anew before that.
function fade() {
  const region = place();
  const left = Number(region?.querySelector("[data-for]")?.dataset.for);
  clearTimeout(fading);
  if (left) fading = setTimeout(() => place() === region && htmx.trigger(body, "fact", { only: region }), left);
}

// The newest answer that stood here while the composer was empty. Afterwards it stays: a colleague's answer that comes
// while one is writing is easily overlooked, and the server asks about it once.
function seen() {
  const mark = document.querySelector("#composer [name=seen]");
  if (!mark || document.getElementById("text")?.value.trim()) return;
  const numbers = [...document.querySelectorAll("#thread .said.out[id^='out-d']")].map((item) => Number(item.id.slice(5)));
  const newest = Math.max(0, ...numbers.filter(Number.isFinite), Number(mark.value.slice(1)) || 0);
  if (newest) mark.value = `d${newest}`;
}

document.addEventListener("focusin", (event) => field(event.target) && seen());
document.addEventListener("beforeinput", (event) => field(event.target) && seen());
