"""Checks of single values in events; each refuses with a sentence for whoever mends the other program."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic_core import PydanticCustomError

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_NAIVE = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
SEXES = {"male": "m", "female": "f", "m": "m", "f": "f", "other": "", "unknown": "", "": ""}


def _wrong(text: str) -> PydanticCustomError:
    return PydanticCustomError("value", "{text}", {"text": text})


def text(value: str) -> str:
    """Text that can be stored: no NUL, no half of a surrogate pair."""
    if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise _wrong("В строке нечитаемые знаки")
    return value


def moment(value: Any) -> datetime:
    """An RFC 3339 moment with its offset, in the years 1900 to 2200."""
    if isinstance(value, str) and _NAIVE.fullmatch(value):
        raise _wrong("Время без смещения: добавьте его, например 2026-03-01T10:00:00+05:00")
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise _wrong("Нужно время RFC 3339, например 2026-03-01T10:00:00+05:00")
    try:
        made = datetime.fromisoformat(value.upper())
    except ValueError:
        raise _wrong("Такого времени не бывает") from None
    if not 1900 <= made.year <= 2200:
        raise _wrong(f"Год {made.year} - похоже, ошибка")
    return made


def plain_date(value: Any) -> date:
    """A full date of RFC 3339, not before 1880."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise _wrong("Нужна дата, например 1985-12-31")
    try:
        made = date.fromisoformat(value)
    except ValueError:
        raise _wrong("Такой даты не бывает") from None
    if not 1880 <= made.year <= 2200:
        raise _wrong(f"Год {made.year} - похоже, ошибка")
    return made


def zone(value: Any) -> str:
    """The name of an IANA time zone."""
    try:
        if isinstance(value, str) and value and ZoneInfo(value):
            return value
    except (KeyError, ValueError, OSError):
        pass
    raise _wrong("Такого часового пояса нет: нужно имя IANA, например Asia/Almaty")


def sex(value: Any) -> str:
    """male | female | other | unknown (FHIR), or m | f; kept as m, f or nothing."""
    if not isinstance(value, str) or value.casefold() not in SEXES:
        raise _wrong("Может быть: male, female, other, unknown")
    return SEXES[value.casefold()]


def language(value: Any) -> str:
    """A BCP 47 tag; Russian and Kazakh are kept, for another one the clinic's own languages are used."""
    if not isinstance(value, str) or len(value) > 35:
        raise _wrong("Нужен код языка, например ru или kk")
    first = value.replace("_", "-").split("-")[0].casefold()
    return first if first in ("ru", "kk") else ""
