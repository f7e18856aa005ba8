"""The variables of wordings: their names, checked, and their values for one patient and visit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from priyom.appointments.models import Visit
from priyom.foundation.phone import show
from priyom.patients.models import Patient

NAMES = frozenset(
    {
        "patient.given", "patient.name", "visit.local_date", "visit.local_time", "visit.short_date", "old.local_date",
        "old.local_time", "old.short_date", "practitioner.name", "practitioner.short_name", "service.name",
        "branch.name", "branch.address", "branch.place", "branch.phone", "clinic.name",
    }
)  # fmt: skip

WEEKDAYS = {
    "ru": ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"),
    "kk": ("дүйсенбі", "сейсенбі", "сәрсенбі", "бейсенбі", "жұма", "сенбі", "жексенбі"),
}
SHORT_WEEKDAYS = {
    "ru": ("пн", "вт", "ср", "чт", "пт", "сб", "вс"),
    "kk": ("дс", "сс", "ср", "бс", "жм", "сб", "жк"),
}
MONTHS = {
    "ru": (
        "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
        "декабря",
    ),
    "kk": (
        "қаңтар", "ақпан", "наурыз", "сәуір", "мамыр", "маусым", "шілде", "тамыз", "қыркүйек", "қазан", "қараша",
        "желтоқсан",
    ),
}  # fmt: skip

VARIABLE = re.compile(r"\{\{\s*([a-z_.]*)\s*\}\}")
EXAMPLES = {
    "ru": {
        "patient.given": "Анна", "patient.name": "Иванова Анна Петровна", "visit.local_date": "четверг, 26 ноября",
        "visit.local_time": "14:00", "visit.short_date": "чт 26.11", "old.local_date": "среда, 25 ноября",
        "old.local_time": "10:00", "old.short_date": "ср 25.11", "practitioner.name": "Ахметова Айгуль",
        "practitioner.short_name": "Ахметова А.", "service.name": "Консультация терапевта",
        "branch.name": "Клиника на Абая", "branch.address": "ул. Абая, 10",
        "branch.place": "Клиника на Абая, ул. Абая, 10", "branch.phone": "+7 727 000 00 00", "clinic.name": "Клиника",
    },
    "kk": {
        "patient.given": "Әсел", "patient.name": "Сәрсенова Әсел", "visit.local_date": "26 қараша, бейсенбі",
        "visit.local_time": "14:00", "visit.short_date": "бс 26.11", "old.local_date": "25 қараша, сәрсенбі",
        "old.local_time": "10:00", "old.short_date": "ср 25.11", "practitioner.name": "Ахметова Айгүл",
        "practitioner.short_name": "Ахметова А.", "service.name": "Терапевт кеңесі", "branch.name": "Абайдағы емхана",
        "branch.address": "Абай к., 10", "branch.place": "Абайдағы емхана, Абай к., 10",
        "branch.phone": "+7 727 000 00 00", "clinic.name": "Емхана",
    },
}  # fmt: skip
"""A made-up value of each variable, for previews and for vendors who approve texts."""

_STRAY = re.compile(r"\{\{|\}\}")


class BadWording(ValueError):
    """A text names a variable that does not exist, or its braces do not match; the message says which."""


def check(text: str) -> None:
    """Raises BadWording unless every variable of the text is known."""
    for name in VARIABLE.findall(text):
        if name not in NAMES:
            raise BadWording(f"Переменной {{{{ {name} }}}} нет. Есть: {', '.join(sorted(NAMES))}")
    if _STRAY.search(VARIABLE.sub("", text)):
        raise BadWording("Непарные скобки {{ }}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables filled in; empty ones leave no doubled spaces or lone commas. Raises BadWording."""
    check(text)
    filled = VARIABLE.sub(lambda match: values.get(match.group(1), ""), text)
    filled = re.sub(r"[ \t]{2,}", " ", filled)
    filled = re.sub(r" \(\)", "", filled)
    filled = re.sub(r"(?<!\.)\.\.(?!\.)", ".", filled)  # an initial at the end of a sentence
    filled = re.sub(r" +([,.:;!?])", r"\1", filled)
    lines = (re.sub(r"[,:] *$|^[ ,]+", "", line) if line.strip() != line or line.endswith(",") else line
             for line in filled.split("\n"))  # fmt: skip
    return "\n".join(line for line in lines).strip()


def values(
    patient: Patient, visit: Visit | None, language: str, clinic: str, old_start: datetime | None
) -> dict[str, str]:
    """name -> value in that language. Times are local at the visit's branch. A sensitive service is not named."""
    filled = {
        "patient.given": patient.given or patient.family,
        "patient.name": patient.full_name,
        "clinic.name": clinic,
    }
    if visit is None:
        return filled
    zone = ZoneInfo(visit.branch.time_zone)
    plain = {"ru": "приём", "kk": "қабылдау"}[language]
    filled |= moment("visit", visit.starts_at, zone, language)
    if old_start is not None:
        filled |= moment("old", old_start, zone, language)
    return filled | {
        "practitioner.name": visit.practitioner.name,
        "practitioner.short_name": visit.practitioner.short_name,
        "service.name": plain if visit.service.sensitive or not visit.service.name else visit.service.name,
        "branch.name": visit.branch.name,
        "branch.address": visit.branch.address or visit.branch.name,
        "branch.place": ", ".join(part for part in (visit.branch.name, visit.branch.address) if part),
        "branch.phone": show(visit.branch.phone) if visit.branch.phone else "",
    }


def moment(prefix: str, at: datetime, zone: ZoneInfo, language: str) -> dict[str, str]:
    """`четверг, 26 ноября`, `14:00` and `чт 26.11` of a moment."""
    local = at.astimezone(zone)
    weekday, month = WEEKDAYS[language][local.weekday()], MONTHS[language][local.month - 1]
    date = f"{weekday}, {local.day} {month}" if language == "ru" else f"{local.day} {month}, {weekday}"
    return {
        f"{prefix}.local_date": date,
        f"{prefix}.local_time": f"{local:%H:%M}",
        f"{prefix}.short_date": f"{SHORT_WEEKDAYS[language][local.weekday()]} {local:%d.%m}",
    }
