// Small ways to make and change elements, and to say times as people say them.

export function h(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (value === true) made.setAttribute(name, "");
    else made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export const byId = (id) => document.getElementById(id);

export function put(where, ...children) {
  where.replaceChildren(...children.flat().filter(Boolean));
}

const formats = new Map();

export function tell(at, zone, options) {
  const key = zone + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat("ru-RU", { timeZone: zone || "UTC", ...options }));
  return formats.get(key).format(at);
}

export const clockTime = (at, zone) => tell(at, zone, { hour: "2-digit", minute: "2-digit" });
export const dayName = (at, zone) => tell(at, zone, { weekday: "short", day: "numeric", month: "long" });
const dayKey = (at, zone) => tell(at, zone, { year: "numeric", month: "2-digit", day: "2-digit" });

// «14:05», «завтра 14:05», «вчера 9:00», «23 ноя 14:05»
export function soon(at, now, zone) {
  const time = clockTime(at, zone);
  const day = dayKey(at, zone);
  if (day === dayKey(now, zone)) return time;
  if (day === dayKey(new Date(now.getTime() + 864e5), zone)) return `завтра ${time}`;
  if (day === dayKey(new Date(now.getTime() - 864e5), zone)) return `вчера ${time}`;
  return `${tell(at, zone, { day: "numeric", month: "short" }).replace(".", "")} ${time}`;
}

export const sameDay = (one, other, zone) => dayKey(one, zone) === dayKey(other, zone);

// The moment at which it is hours:minutes in the zone, so many days after `now`.
export function localMoment(now, zone, days, hours, minutes = 0) {
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en-CA", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
      hour: "numeric", minute: "numeric", second: "numeric",
    }).formatToParts(now).map((part) => [part.type, Number(part.value)]));
  const asUtc = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  const shift = asUtc - Math.floor(now.getTime() / 1000) * 1000;
  return new Date(Date.UTC(parts.year, parts.month - 1, parts.day + days, hours, minutes) - shift);
}
