"""Texts in cells -> values: dates, times, states, phones as people write them. Pure; refusals are sentences."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from priyom.foundation.phone import BadPhone, normalize


class BadCell(ValueError):
    """The text cannot be what its column means; the message says why and what would do."""


STATES = {
    "booked": "booked",
    "записан": "booked",
    "запланирован": "booked",
    "назначен": "booked",
    "ожидается": "booked",
    "жазылды": "booked",
    "scheduled": "booked",
    "confirmed": "booked",
    "подтвержден": "booked",
    "подтверждён": "booked",
    "cancelled": "cancelled",
    "canceled": "cancelled",
    "отменен": "cancelled",
    "отменён": "cancelled",
    "отмена": "cancelled",
    "бас тартты": "cancelled",
    "arrived": "arrived",
    "пришел": "arrived",
    "пришёл": "arrived",
    "явился": "arrived",
    "келді": "arrived",
    "completed": "completed",
    "завершен": "completed",
    "завершён": "completed",
    "состоялся": "completed",
    "принят": "completed",
    "оказан": "completed",
    "аяқталды": "completed",
    "done": "completed",
    "missed": "missed",
    "неявка": "missed",
    "не явился": "missed",
    "не пришел": "missed",
    "не пришёл": "missed",
    "келмеді": "missed",
    "no show": "missed",
    "noshow": "missed",
}
"""Words for states. A confirmation is not taken from a table: it has no evidence, so such a visit is booked."""

SEXES = {
    "m": "m", "male": "m", "м": "m", "муж": "m", "муж.": "m", "мужской": "m", "ер": "m",
    "f": "f", "female": "f", "ж": "f", "жен": "f", "жен.": "f", "женский": "f", "әйел": "f",
    "other": "", "unknown": "", "o": "", "u": "",
}  # fmt: skip

LANGUAGES = {
    "ru": "ru", "rus": "ru", "russian": "ru", "русский": "ru", "рус": "ru", "орыс": "ru", "орысша": "ru",
    "kk": "kk", "kaz": "kk", "kz": "kk", "kazakh": "kk", "казахский": "kk", "каз": "kk", "қазақ": "kk", "қазақша": "kk",
}  # fmt: skip

YEARS = range(1990, 2101)
"""Years a visit can be in: outside of them a date is a slip of the pen."""
BIRTH_YEARS = range(1880, 2101)
MAX_AGE = 130

_DMY = re.compile(r"(\d{1,2})[.\-/](\d{1,2})[.\-/](\d{4})(?:[ ,T]+(.+))?", re.ASCII)
_TIME = re.compile(r"(\d{1,2})[:.\-](\d{2})(?:[:.](\d{2}))?(?:\.0+)?", re.ASCII)


@lru_cache(maxsize=4096)
def parse_moment(text: str, fmt: str, zone: ZoneInfo) -> datetime:
    """A date and time; without an offset it is in `zone`. Aware. Raises BadCell."""
    try:
        made = datetime.strptime(text, fmt) if fmt else _moment(text)  # noqa: DTZ007 - the zone is set below
    except ValueError:
        wanted = f"такого вида: {fmt}" if fmt else "например, 31.12.2026 14:30 или 2026-12-31 14:30"
        raise BadCell(f"«{text}» - не дата со временем; нужно {wanted}") from None
    if made.year not in YEARS:
        raise BadCell(f"Год {made.year} - похоже, ошибка")
    return made if made.tzinfo else made.replace(tzinfo=zone)


@lru_cache(maxsize=4096)
def parse_date(text: str, fmt: str = "", years: range = YEARS) -> date:
    """A date; a time of midnight behind it is ignored. Raises BadCell."""
    try:
        made = (datetime.strptime(text, fmt) if fmt else _moment(text)).date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        raise BadCell(
            f"«{text}» - не дата; нужно {'такого вида: ' + fmt if fmt else '31.12.2026 или 2026-12-31'}"
        ) from None
    if made.year not in years:
        raise BadCell(f"Год {made.year} - похоже, ошибка")
    return made


@lru_cache(maxsize=4096)
def parse_time(text: str, fmt: str = "") -> time:
    """A time of day. Raises BadCell."""
    try:
        if fmt:
            return datetime.strptime(text, fmt).time()  # noqa: DTZ007 - a time of day has no zone
        if " " in text or "T" in text:
            return _moment(text).time()
        return _clock(text)
    except ValueError:
        raise BadCell(f"«{text}» - не время; нужно, например, 14:30") from None


def parse_minutes(text: str) -> int:
    """A length from 1 minute to 24 hours. Raises BadCell."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 1440):
        raise BadCell(f"Длительность «{text}»: нужно число минут от 1 до 1440")
    return int(text)


def check_age(text: str) -> None:
    """An age is a whole number from 0 to 130. Raises BadCell."""
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 6:
        raise BadCell(f"Возраст «{text}»: нужно целое число лет")
    if not 0 <= int(text) <= MAX_AGE:
        raise BadCell(f"Возраст {int(text)}: такого не бывает")


def parse_word(text: str, words: dict[str, str], what: str) -> str:
    """One of the words we know. Raises BadCell naming what was asked for."""
    found = words.get(text.casefold())
    if found is None:
        raise BadCell(f"{what} «{text}»: не знаем, что это; укажите в соответствии, что это значит")
    return found


@lru_cache(maxsize=4096)
def parse_phone(text: str, country: str) -> str:
    """E.164. Raises BadCell."""
    try:
        return normalize(text, country)
    except BadPhone as error:
        raise BadCell(str(error)) from None


def parse_email(text: str) -> str:
    """Looks like an address: something, one @, a dot behind. Raises BadCell."""
    name, at, host = text.partition("@")
    if not (name and at and "." in host.strip(".")) or any(c.isspace() for c in text) or "@" in host or len(text) > 254:
        raise BadCell(f"«{text}» - не адрес почты")
    return text


def _moment(text: str) -> datetime:
    found = _DMY.fullmatch(text)
    if found is None:
        return datetime.fromisoformat(text)
    day, month, year, rest = found.groups()
    at = _clock(rest.strip()) if rest else time()
    return datetime(int(year), int(month), int(day), at.hour, at.minute, at.second)  # noqa: DTZ001 - set by the caller


def _clock(text: str) -> time:
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(text)
    hour, minute, second = found.groups()
    return time(int(hour), int(minute), int(second or 0))
