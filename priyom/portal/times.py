"""Moments as people say them, in the three languages of patients' pages, local to the branch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from priyom.notifications.variables import MONTHS, WEEKDAYS

_ON = ("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def months(language: str) -> tuple[str, ...]:
    """Months as they stand behind the day, January first."""
    return tuple(MONTHS.get(language, _MONTHS))


def at_words(at: datetime, zone: ZoneInfo, language: str) -> str:
    """Inside a sentence, what belongs together unbroken: «в четверг, 26 ноября в 14:00», «on Thursday, ...»."""
    local = at.astimezone(zone)
    if language == "ru":
        return f"{_ON[local.weekday()]}, {_day(local, MONTHS['ru'])} в\u00a0{local:%H:%M}"
    if language == "kk":
        return f"{_day(local, MONTHS['kk'])}, {WEEKDAYS['kk'][local.weekday()]}, сағат\u00a0{local:%H:%M}"
    return f"on {_english(local)} at\u00a0{local:%H:%M}"


def label(at: datetime, zone: ZoneInfo, language: str) -> str:
    """By itself: «Четверг, 26 ноября, 14:00»."""
    local = at.astimezone(zone)
    if language == "ru":
        day = f"{WEEKDAYS['ru'][local.weekday()].capitalize()}, {_day(local, MONTHS['ru'])}"
    elif language == "kk":
        day = f"{_day(local, MONTHS['kk'])}, {WEEKDAYS['kk'][local.weekday()]}"
    else:
        day = _english(local)
    return f"{day}, {local:%H:%M}"


def _english(local: datetime) -> str:
    return f"{_DAYS[local.weekday()]}, {_day(local, _MONTHS)}"


def _day(local: datetime, months: Sequence[str]) -> str:
    return f"{local.day}\u00a0{months[local.month - 1]}"
