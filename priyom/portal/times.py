"""Moments as people say them, in the three languages of patients' pages, local to the branch."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from priyom.notifications.variables import MONTHS, WEEKDAYS

_ON = ("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def at_words(at: datetime, zone: ZoneInfo, language: str) -> str:
    """Inside a sentence: «в четверг, 26 ноября в 14:00», «26 қараша, бейсенбі, сағат 14:00», «on Thursday, ...»."""
    local = at.astimezone(zone)
    if language == "ru":
        return f"{_ON[local.weekday()]}, {local.day} {MONTHS['ru'][local.month - 1]} в {local:%H:%M}"
    if language == "kk":
        return f"{local.day} {MONTHS['kk'][local.month - 1]}, {WEEKDAYS['kk'][local.weekday()]}, сағат {local:%H:%M}"
    return f"on {_english(local)} at {local:%H:%M}"


def label(at: datetime, zone: ZoneInfo, language: str) -> str:
    """By itself: «Четверг, 26 ноября, 14:00»."""
    local = at.astimezone(zone)
    if language == "ru":
        day = f"{WEEKDAYS['ru'][local.weekday()].capitalize()}, {local.day} {MONTHS['ru'][local.month - 1]}"
    elif language == "kk":
        day = f"{local.day} {MONTHS['kk'][local.month - 1]}, {WEEKDAYS['kk'][local.weekday()]}"
    else:
        day = _english(local)
    return f"{day}, {local:%H:%M}"


def _english(local: datetime) -> str:
    return f"{_DAYS[local.weekday()]}, {local.day} {_MONTHS[local.month - 1]}"
