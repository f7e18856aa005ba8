// <voice-message>: a player for voice messages over a plain <audio>, which stays for browsers without scripts. What it
// shows lives in a shadow of its own, so that a live page sees no change in the message and leaves it playing.
const SPEEDS = [1, 1.5, 2];
const SHAPES = { play: "M8 5v14l11-7z", pause: "M7 5h4v14H7zM13 5h4v14h-4z" };
const NAMESPACE = "http://www.w3.org/2000/svg";

const look = new CSSStyleSheet();
look.replaceSync(`
  :host { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; width: min(320px, 62vw); margin: 4px 0; }
  ::slotted(audio) { display: none !important; }
  button { font: inherit; color: var(--accent-ink); background: none; border: 1px solid transparent; border-radius: 20px; cursor: pointer; padding: 0; }
  button:hover { border-color: var(--accent); }
  :focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
  .play { flex: none; width: 40px; height: 40px; background: var(--accent); display: grid; place-items: center; }
  .play svg { width: 22px; height: 22px; fill: var(--accent-text); }
  .speed { flex: none; min-width: 40px; height: 32px; font-weight: 600; font-size: 13px; }
  input { flex: 1 1 60px; min-width: 40px; height: 24px; margin: 0; accent-color: var(--accent); }
  output { flex: none; min-width: 76px; font-size: 12.5px; color: var(--muted); font-variant-numeric: tabular-nums; }
  p { flex: 1 0 100%; margin: 0; font-size: 13px; color: var(--alarm); }
  [hidden] { display: none; }
`);

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

function made(name, properties, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

function shape() {
  const image = document.createElementNS(NAMESPACE, "svg");
  image.setAttribute("viewBox", "0 0 24 24");
  image.setAttribute("aria-hidden", "true");
  image.append(document.createElementNS(NAMESPACE, "path"));
  return image;
}

class VoiceMessage extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    const words = this.dataset;
    this.sound = this.querySelector("audio");
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [look];
    this.button = made("button", { type: "button", className: "play" }, shape());
    this.bar = made("input", { type: "range", min: 0, max: 0, step: 0.1, value: 0, disabled: true });
    this.bar.setAttribute("aria-label", words.place);
    this.time = made("output", { ariaLive: "off" });
    this.speed = made("button", { type: "button", className: "speed" });
    this.problem = made("p", { hidden: true, textContent: words.wrong });
    this.problem.setAttribute("role", "alert");
    root.append(this.button, this.bar, this.time, this.speed, this.problem, made("slot", {}));
    this.listen();
    this.draw();
  }

  listen() {
    this.button.addEventListener("click", () => (this.sound.paused ? this.play() : this.sound.pause()));
    this.bar.addEventListener("input", () => { this.sound.currentTime = Number(this.bar.value); });
    this.speed.addEventListener("click", () => {
      this.sound.playbackRate = SPEEDS[(SPEEDS.indexOf(this.sound.playbackRate) + 1) % SPEEDS.length];
      this.draw();
    });
    for (const name of ["play", "pause", "ended", "timeupdate", "loadedmetadata", "durationchange"]) {
      this.sound.addEventListener(name, () => this.draw());
    }
    this.sound.addEventListener("error", () => { this.problem.hidden = false; });
    if (this.sound.error) this.problem.hidden = false;
  }

  play() {
    for (const other of document.querySelectorAll("voice-message audio")) if (other !== this.sound) other.pause();
    this.sound.play().catch(() => { this.problem.hidden = !this.sound.error; });
  }

  draw() {
    const { paused, currentTime, duration, playbackRate } = this.sound;
    const words = this.dataset;
    const known = Number.isFinite(duration);
    this.button.setAttribute("aria-label", `${paused ? words.play : words.pause}: ${words.name}`);
    this.button.querySelector("path").setAttribute("d", SHAPES[paused ? "play" : "pause"]);
    this.bar.disabled = !known;
    this.bar.max = known ? duration : 0;
    this.bar.value = currentTime;
    this.bar.setAttribute("aria-valuetext", clock(currentTime));
    this.time.textContent = known ? `${clock(currentTime)} / ${clock(duration)}` : clock(currentTime);
    this.speed.textContent = `${String(playbackRate).replace(".", ",")}×`;
    this.speed.setAttribute("aria-label", `${words.speed}: ${this.speed.textContent}`);
  }
}

customElements.define("voice-message", VoiceMessage);
