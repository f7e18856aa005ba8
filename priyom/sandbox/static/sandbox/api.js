// The sandbox's contract, as the page calls it. A refusal is shown in the words the server gave.

import { byId } from "./dom.js";

let hiding = 0;

export function complain(text) {
  const box = byId("trouble");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { box.hidden = true; }, 6000);
}

export async function call(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    complain("Песочница не отвечает. Проверьте, что программа запущена.");
    return null;
  }
  const value = await answer.json().catch(() => null);
  if (!answer.ok) {
    complain(value?.detail ?? `Не вышло (${answer.status})`);
    return null;
  }
  return value;
}

export const phonePath = (phone) => `/phones/${phone.kind}/${encodeURIComponent(phone.address)}`;
