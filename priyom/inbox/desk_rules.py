"""When a first answer was promised, and which words cannot wait: pure."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

URGENT = re.compile(
    r"\b(?:срочн|экстренн|скор(?:ую|ая)\b|кров(?:ь|и|отеч)|температур|задыха|дышать|болит|больно|боль\b|боли\b|обморок|"
    r"сознани|аллерги|отек|отёк|судорог|шұғыл|шугыл|жедел|ауырып|ауырады|қан кет|кан кет|қызуы|температура)",
    re.IGNORECASE,
)
"""Beginnings of words, Russian and Kazakh: better one too many at the top of the list than one too few."""


def sounds_urgent(text: str) -> bool:
    """Whether somebody should read this first."""
    return URGENT.search(text) is not None


def promised(since: datetime, minutes: int, opens: time, closes: time, zone: ZoneInfo) -> datetime | None:
    """The moment by which `minutes` of open desk time have passed since `since` (UTC); None for nothing promised.

    The desk is open every day from `opens` to `closes`, local time of the branch.
    """
    if minutes <= 0:
        return None
    left = timedelta(minutes=minutes)
    day = since.astimezone(zone).date()
    while True:
        start = datetime.combine(day, opens, zone).astimezone(since.tzinfo)
        end = datetime.combine(day, closes, zone).astimezone(since.tzinfo)
        begin = max(since, start)
        if begin < end:
            if begin + left <= end:
                return begin + left
            left -= end - begin
        day += timedelta(days=1)
