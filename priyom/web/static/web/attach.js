// Files of an answer: by button, drag or paste. Photos are made smaller here, where that saves something; what is too
// big is refused before it is sent; and the sending of much shows how far it is.
const LONGEST_SIDE = 2560;
const QUALITY = 0.85;
const SMALL = 300 * 1024; // bytes: not worth the work
const SAVES = 0.8; // of its size at most, else the original goes
const THUMB = 48;
const MUCH = 256 * 1024;

const body = document.body;
const here = () => document.getElementById("composer");
const input = () => here()?.querySelector('input[type="file"]');
const original = new Map(); // what a file was before: "name/size" -> bytes
const key = (file) => `${file.name}/${file.size}`;
let pending = 0;
let after = [];

export const picked = () => [...(input()?.files ?? [])];

export function clear() {
  if (input()) input().files = new DataTransfer().files;
  draw();
}

export function pick(files) {
  const box = here();
  const problem = box?.querySelector("[data-picked-wrong]");
  if (!problem) return;
  const fresh = [...files];
  tell(problem, input() ? "" : box.dataset.noFiles);
  if (!input()) return;
  put(fresh.filter((file) => !worth(file)));
  const photos = fresh.filter(worth);
  if (photos.length) shrinkAll(box, photos);
}

async function shrinkAll(box, photos) {
  pending += 1;
  box.classList.add("shrinking");
  draw();
  const smaller = await Promise.all(photos.map(shrink));
  pending -= 1;
  if (!pending) box.classList.remove("shrinking");
  if (box.isConnected) put(smaller);
  if (pending) return;
  for (const go of after.splice(0)) go();
}

const worth = (file) => ["image/jpeg", "image/png"].includes(file.type) && file.size > SMALL;

async function shrink(file) {
  let picture;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" }); // as the phone was held
  } catch {
    return file;
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const brush = canvas.getContext("2d");
  brush.fillStyle = "#fff"; // what was transparent
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  if (!made || made.size > file.size * SAVES) return file;
  const smaller = new File([made], `${file.name.replace(/\.[^.]*$/, "")}.jpg`, { type: "image/jpeg" });
  original.set(key(smaller), file.size);
  return smaller;
}

function put(files) {
  const box = here();
  const field = input();
  const problem = box?.querySelector("[data-picked-wrong]");
  if (!field) return;
  const all = new DataTransfer();
  const kept = box.querySelectorAll('input[name="kept"]').length;
  for (const file of [...field.files, ...files]) {
    if (all.items.length + kept >= Number(box.dataset.most)) tell(problem, box.dataset.tooMany);
    else if (file.size > Number(box.dataset.limit)) tell(problem, `«${file.name}» ${box.dataset.tooBig}`);
    else all.items.add(file);
  }
  field.files = all.files;
  draw();
}

function tell(problem, text) {
  problem.textContent = text;
  problem.hidden = !text;
}

function drop(number) {
  const all = new DataTransfer();
  picked().forEach((file, n) => n !== number && all.items.add(file));
  input().files = all.files;
  draw();
  document.getElementById("text")?.focus();
}

function draw() {
  const box = here();
  const list = document.getElementById("picked");
  const files = picked();
  if (!list) return;
  if (input()) input().picked = files;
  const items = files.map((file, n) => item(box, file, n));
  if (pending) items.push(Object.assign(document.createElement("li"), { className: "muted", textContent: `${box.dataset.shrinking}…` }));
  list.hidden = !items.length;
  list.replaceChildren(...items);
}

function item(box, file, n) {
  const line = document.createElement("li");
  const words = document.createElement("span");
  const size = document.createElement("span");
  const away = document.createElement("button");
  size.className = "muted";
  const before = original.get(key(file));
  size.textContent = before ? `${bytes(before)} → ${bytes(file.size)}, ${box.dataset.smaller}` : bytes(file.size);
  words.append(file.name, " ", size);
  away.type = "button";
  away.className = "plain";
  away.textContent = "×";
  away.setAttribute("aria-label", `${box.dataset.away}: ${file.name}`);
  away.addEventListener("click", () => drop(n));
  if (file.type.startsWith("image/")) line.append(thumb(file));
  line.append(words, away);
  return line;
}

// Drawn, not linked: the page's policy loads pictures from the program only.
function thumb(file) {
  const canvas = document.createElement("canvas");
  canvas.className = "thumb";
  canvas.width = canvas.height = THUMB;
  canvas.setAttribute("aria-hidden", "true");
  createImageBitmap(file).then((picture) => {
    const side = Math.min(picture.width, picture.height);
    const [x, y] = [(picture.width - side) / 2, (picture.height - side) / 2];
    canvas.getContext("2d").drawImage(picture, x, y, side, side, 0, 0, THUMB, THUMB);
    picture.close();
  }, () => canvas.remove());
  return canvas;
}

function bytes(count) {
  const [unit, of] = count >= 1048576 ? ["megabyte", 1048576] : ["kilobyte", 1024];
  const digits = { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: count >= 1048576 ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang, digits).format(Math.max(1, count) / of);
}

// The button's own choice adds to what was picked before: the browser would replace it.
document.addEventListener("change", (event) => {
  const field = event.target;
  if (!field.matches('.composer input[type="file"]')) return;
  const fresh = [...field.files];
  const all = new DataTransfer();
  for (const file of field.picked ?? []) all.items.add(file);
  field.files = all.files;
  pick(fresh);
});

document.addEventListener("click", (event) => {
  const away = event.target.closest("[data-unkeep]");
  if (!away) return;
  const list = away.closest("ul");
  away.closest("li").remove();
  list.hidden = !list.children.length;
});

document.addEventListener("paste", (event) => {
  if (!event.target.closest?.(".composer") || !event.clipboardData?.files.length) return;
  event.preventDefault();
  pick(event.clipboardData.files);
});

const carries = (event) => here() && event.dataTransfer?.types.includes("Files") && event.target.closest?.(".thread-col");
document.addEventListener("dragover", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  here().classList.add("dragged");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget?.closest?.(".thread-col")) here()?.classList.remove("dragged");
});
document.addEventListener("drop", (event) => {
  if (!carries(event)) return;
  event.preventDefault();
  here().classList.remove("dragged");
  pick(event.dataTransfer.files);
});

// Nothing leaves before the photos are ready.
body.addEventListener("htmx:confirm", (event) => {
  if (event.target.id !== "answer" || !pending) return;
  event.preventDefault();
  const [form, { submitter }] = [event.target, event.detail.triggeringEvent ?? {}];
  after = [() => form.isConnected && form.requestSubmit(submitter)];
});

body.addEventListener("htmx:xhr:progress", (event) => {
  const bar = document.getElementById("sending");
  if (event.target.id !== "answer" || !bar || !event.detail.lengthComputable || event.detail.total < MUCH) return;
  bar.hidden = false;
  bar.value = Math.round((100 * event.detail.loaded) / event.detail.total);
});
body.addEventListener("htmx:xhr:loadend", (event) => {
  const bar = event.target.id === "answer" && document.getElementById("sending");
  if (bar) bar.hidden = bar.value >= 100;
});
