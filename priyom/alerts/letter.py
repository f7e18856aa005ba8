"""What the managers read in the evening: what stayed silent, who still waits, what was promised and not kept.

It leaves the house by mail, so people are named as briefly as a colleague needs to find them («Анна К.»), and neither
services nor words of patients stand in it; the links lead to what else there is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from priyom.alerts.words import link
from priyom.notifications.variables import MONTHS

MOST = 20
"""Lines of a list; the rest is counted and stands behind the link."""


@dataclass(frozen=True, slots=True)
class SilentVisit:
    """A visit of which nothing is known, and why (Russian, the beginning of a clause)."""

    visit_id: int
    starts_at: datetime
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who has written and got no answer."""

    conversation_id: int
    since: datetime
    who: str


@dataclass(frozen=True, slots=True)
class Evening:
    """A branch's day at its end. `visits` leaves out the cancelled ones; `promised` and `calls` are those that fell due
    that day, `late` and `uncalled` those of them that failed; `strangers` wait in chats of no branch."""

    branch_id: int
    branch: str
    day: date
    zone: ZoneInfo
    visits: int
    silent: tuple[SilentVisit, ...]
    waiting: tuple[Waiting, ...]
    strangers: int
    promised: int
    late: int
    calls: int
    uncalled: int
    tomorrow: int
    tomorrow_silent: int

    @property
    def well(self) -> bool:
        """Whether nobody has to do anything."""
        return not (self.silent or self.waiting or self.strangers or self.late or self.uncalled or self.tomorrow_silent)

    @property
    def empty(self) -> bool:
        """Whether nothing was to be done either: such a day is not worth a letter."""
        return self.well and not (self.visits or self.promised or self.calls)


def subject(evening: Evening) -> str:
    """«На Абая, 2 марта: молчат 3 из 42 визитов»."""
    head = f"{evening.branch}, {_day(evening.day)}: "
    if evening.silent:
        return head + _silent_of(len(evening.silent), evening.visits)
    if evening.waiting or evening.strangers:
        return head + f"ответа ждут {_people(len(evening.waiting) + evening.strangers)}"
    return head + (_all_known(evening.visits) if evening.well else "итог дня")


def text(evening: Evening) -> str:
    """The whole letter, plain text."""
    blocks = [_silent(evening), _waiting(evening), _figures(evening)]
    lines = [f"{evening.branch}, {_day(evening.day)}. Итог дня."]
    if evening.well:
        known = _all_known(evening.visits)
        lines.append(f"{known[0].upper()}{known[1:]}, ответа никто не ждет.")
    return "\n\n".join([*lines, *(block for block in blocks if block)])


def day_link(evening: Evening) -> str:
    """Where the day stands in the program: its silent visits, if there are any."""
    show = "&show=silent" if evening.silent else ""
    return link(f"/?branch={evening.branch_id}&day={evening.day.isoformat()}{show}")


def many(n: int, one: str, few: str, rest: str) -> str:
    """«1 визит», «2 визита», «5 визитов»."""
    if n % 10 == 1 and n % 100 != 11:
        return f"{n} {one}"
    return f"{n} {few if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else rest}"


def _silent(evening: Evening) -> str:
    found = evening.silent
    if not found:
        return "" if evening.well else _sentence(_all_known(evening.visits)) if evening.visits else ""
    lines = [
        f"{_clock(row.starts_at, evening.zone)} {row.who}: {row.why}. {link(f'/visits/{row.visit_id}')}"
        for row in found[:MOST]
    ]
    head = _silent_of(len(found), evening.visits)
    return "\n".join([f"! {_sentence(head)[:-1]}:", *lines, *_rest(len(found))])


def _waiting(evening: Evening) -> str:
    found = evening.waiting
    lines = [
        f"{row.who}: с {_since(row.since, evening)}. {link(f'/chats/{row.conversation_id}')}" for row in found[:MOST]
    ]
    if evening.strangers:
        lines.append(f"Еще {_people(evening.strangers)} из чатов без филиала. {link('/chats')}")
    if not lines:
        return ""
    return "\n".join([f"◔ Ждут ответа: {_people(len(found) + evening.strangers)}.", *lines, *_rest(len(found))])


def _figures(evening: Evening) -> str:
    """What was promised, called and is coming; a line for each that there was."""
    lines = []
    if evening.promised:
        kept = evening.promised - evening.late
        tail = f"; опоздали {evening.late}" if evening.late else ""
        lines.append(f"Первый ответ вовремя: {kept} из {evening.promised}{tail}.")
    if evening.calls:
        made = evening.calls - evening.uncalled
        tail = f"; не сделано {evening.uncalled}" if evening.uncalled else ""
        lines.append(f"Звонки: сделано {made} из {evening.calls}{tail}.")
    if evening.tomorrow_silent:
        lines.append(f"На завтра {_silent_of(evening.tomorrow_silent, evening.tomorrow)}.")
    return "\n".join(lines)


def _silent_of(silent: int, visits: int) -> str:
    verb = "молчит" if silent % 10 == 1 and silent % 100 != 11 else "молчат"
    whole = "визита" if visits % 10 == 1 and visits % 100 != 11 else "визитов"
    return f"{verb} {silent} из {visits} {whole}"


def _all_known(visits: int) -> str:
    if not visits:
        return "визитов не было"
    return "единственный визит известен" if visits == 1 else f"все визиты известны ({visits})"


def _people(n: int) -> str:
    return many(n, "человек", "человека", "человек")


def _rest(found: int) -> list[str]:
    return [f"И еще {found - MOST}."] if found > MOST else []


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _since(at: datetime, evening: Evening) -> str:
    day = at.astimezone(evening.zone).date()
    return _clock(at, evening.zone) + ("" if day == evening.day else f" {_day(day)}")


def _day(day: date) -> str:
    return f"{day.day} {MONTHS['ru'][day.month - 1]}"


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"
