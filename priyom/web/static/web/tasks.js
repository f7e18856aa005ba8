// Calls: dialling takes the task, what was noted can be taken back for a moment, the open task is lit in the list.
const body = document.body;

// The phone's own application opens the number; the page says meanwhile that this task is in hand.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dial]")) document.querySelector("[data-take]")?.click();
});

function fade(button) {
  const line = button.closest(".noted");
  setTimeout(() => {
    if (document.activeElement === button) line.closest(".thing")?.querySelector("[data-key='e']")?.focus();
    button.hidden = true;
  }, Number(button.dataset.fades));
}

// The open one is lit in the list, also when it has opened by itself; a reload opens it again.
function light(task) {
  const list = document.getElementById("task-rows");
  if (!list || !task) return;
  for (const old of list.querySelectorAll("li[aria-current]")) old.removeAttribute("aria-current");
  const row = document.getElementById(`t-${task.dataset.task}`);
  row?.setAttribute("aria-current", "true");
}

function name(task) {
  const address = new URL(location.href);
  if (!task || !address.pathname.startsWith("/tasks") || address.searchParams.get("task") === task.dataset.task) return;
  history.replaceState(history.state, "", `/tasks?task=${task.dataset.task}`);
}

body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id === "task-times") event.detail.target.scrollIntoView({ block: "nearest" });
  if (event.detail.target?.id !== "detail") return;
  for (const button of event.detail.target.querySelectorAll("button[data-fades]")) fade(button);
  const task = event.detail.target.querySelector("[data-task]");
  light(task);
  name(task);
});

light(document.querySelector("#detail [data-task]"));
