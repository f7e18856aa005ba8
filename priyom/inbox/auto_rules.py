"""When a desk opens next, and how an automatic answer says so: pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OPENS, LINK, CLINIC, PHONE = "opens", "link", "clinic.name", "branch.phone"
HOURS_NAMES, REDIRECT_NAMES = (OPENS, CLINIC, PHONE), (LINK, CLINIC)
"""The variables of an answer out of hours, and of a redirect."""
VARIABLE = re.compile(r"\{\{\s*([\w.]*)\s*\}\}")
STRAY = re.compile(r"\{\{|\}\}")
DAYS = {
    "ru": ("сегодня", "завтра", ("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу",
                                 "в воскресенье")),
    "kk": ("бүгін", "ертең", ("дүйсенбіде", "сейсенбіде", "сәрсенбіде", "бейсенбіде", "жұмада", "сенбіде",
                              "жексенбіде")),
}  # fmt: skip
AT = {"ru": "{day} в {time}", "kk": "{day} сағат {time}"}


def is_open(at: datetime, opens: time, closes: time, zone: ZoneInfo) -> bool:
    """Whether somebody is at the desk; every day from `opens` to `closes`, local."""
    return opens <= at.astimezone(zone).time() < closes


def next_opening(at: datetime, opens: time, zone: ZoneInfo) -> datetime:
    """When a desk opens next after `at`: local at the branch."""
    local = at.astimezone(zone)
    day = local.date() + timedelta(days=local.time() >= opens)
    return datetime.combine(day, opens, zone)


def said(opening: datetime, today: date, language: str) -> str:
    """«завтра в 08:00» of a local moment."""
    this, next_day, weekdays = DAYS[language]
    distance = (opening.date() - today).days
    day = this if distance == 0 else next_day if distance == 1 else weekdays[opening.weekday()]
    return AT[language].format(day=day, time=f"{opening:%H:%M}")


def unknown(text: str, names: tuple[str, ...]) -> str:
    """The first variable in the text that does not exist, `{{` for braces that do not match, '' when all is well."""
    strange = next((name for name in VARIABLE.findall(text) if name not in names), None)
    if strange is not None:
        return strange or "{{ }}"
    return "{{" if STRAY.search(VARIABLE.sub("", text)) else ""


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables; what has no value leaves no doubled space."""
    out = VARIABLE.sub(lambda match: values.get(match.group(1), ""), text)
    return re.sub(r" +([,.:;!?])", r"\1", re.sub(r"[ \t]{2,}", " ", out)).strip()
