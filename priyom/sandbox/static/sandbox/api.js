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

// Files as the contract takes them.
export const carried = (files) => Promise.all([...files].map((file) => new Promise((done, failed) => {
  const reader = new FileReader();
  reader.onload = () => done({ name: file.name, mime: file.type || "application/octet-stream", content: reader.result.split(",")[1] ?? "" });
  reader.onerror = () => failed(reader.error);
  reader.readAsDataURL(file);
})));

export const phonePath = (phone) => `/phones/${phone.kind}/${encodeURIComponent(phone.address)}`;
