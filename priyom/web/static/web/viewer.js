// Photos of a thread, large: the arrows go from one to the next, Escape closes, and one can save what one sees.
const box = () => document.getElementById("viewer");
const all = () => [...document.querySelectorAll("#thread [data-photo]")];
let shown = "";

function show(address) {
  const photos = all();
  const at = Math.max(0, photos.findIndex((photo) => photo.href === address));
  const photo = photos[at];
  if (!photo) return;
  shown = photo.href;
  const name = photo.querySelector("img").alt;
  const image = box().querySelector("img");
  image.src = photo.href;
  image.alt = name;
  box().querySelector("[data-name]").textContent = name;
  box().querySelector("[data-place]").textContent = photos.length > 1 ? `${at + 1} / ${photos.length}` : "";
  const save = box().querySelector("[data-save]");
  save.href = `${photo.href}?save=1`;
  save.download = name;
  for (const step of box().querySelectorAll("[data-step]")) step.disabled = !photos[at + Number(step.dataset.step)];
}

function go(step) {
  const photos = all();
  const next = photos[photos.findIndex((photo) => photo.href === shown) + step];
  if (next) show(next.href);
}

document.addEventListener("click", (event) => {
  const photo = event.target.closest("[data-photo]");
  if (photo && !event.ctrlKey && !event.metaKey && !event.shiftKey && box()) {
    event.preventDefault();
    show(photo.href);
    box().showModal();
    box().querySelector("[data-close]").focus();
    return;
  }
  if (!box()?.open) return;
  const step = event.target.closest("#viewer [data-step]");
  if (step) go(Number(step.dataset.step));
  else if (event.target.closest("#viewer [data-close]") || event.target === box() || event.target.matches("#viewer figure")) box().close();
});

// Keys that are meant for the photo are meant for nothing else.
document.addEventListener("keydown", (event) => {
  if (!box()?.open) return;
  if (event.key === "ArrowLeft") go(-1);
  else if (event.key === "ArrowRight") go(1);
  if (event.key !== "Escape") event.stopPropagation();
}, true);
