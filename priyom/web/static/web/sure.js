// What cannot be undone is asked twice, in place: the first press changes the button's words, the second one acts.
const PATIENCE = 5000;

function ask(button) {
  const before = button.innerHTML;
  button.style.minWidth = `${button.offsetWidth}px`;
  button.dataset.sureOn = "1";
  button.classList.add("sure");
  button.textContent = button.dataset.sure;
  setTimeout(() => calm(button, before), PATIENCE);
}

function calm(button, before) {
  if (button.dataset.sureOn) {
    delete button.dataset.sureOn;
    button.classList.remove("sure");
    button.removeAttribute("style");
    button.innerHTML = before;
  }
  document.dispatchEvent(new Event("calm")); // what was not to change under the finger may
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-sure]");
  if (!button || button.dataset.sureOn) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  ask(button);
}, true);
