"""One row of a table under a mapping -> a patient and a visit, or every reason why not. Pure: no database, no clock."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from typing import TypeVar

from priyom.exchange.tables.mapping import Mapping, Source, is_zone
from priyom.exchange.tables.read_table import RawRow
from priyom.exchange.tables.targets import BY_KEY
from priyom.exchange.tables.values import (
    BIRTH_YEARS,
    LANGUAGES,
    SEXES,
    STATES,
    BadCell,
    check_age,
    parse_date,
    parse_email,
    parse_minutes,
    parse_moment,
    parse_phone,
    parse_time,
    parse_word,
)

DEFAULT_MINUTES = 30
LONGEST = timedelta(hours=24)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Person:
    """A patient of a table. `sex` is m, f or ''; phone is E.164 or ''."""

    external_id: str
    family: str
    given: str
    patronymic: str
    birth_date: date | None
    sex: str
    language: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class Named:
    """Something of the clinic by its outside id: a practitioner, a service, a branch."""

    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A visit of a table. `state` is '' where the table does not say. Moments are UTC."""

    external_id: str
    starts_at: datetime
    ends_at: datetime
    state: str
    booked_at: datetime | None
    practitioner: Named
    service: Named
    branch: Named
    time_zone: str


@dataclass(frozen=True, slots=True)
class Row:
    """A good row; without a visit it tells of the patient alone. `digest` (16 bytes) is equal for equal content."""

    line: int
    patient: Person
    visit: Planned | None
    digest: bytes


_of_person = attrgetter(*(f.name for f in fields(Person)))
_of_visit = attrgetter(*(f.name for f in fields(Planned)))


def _digest(patient: Person, visit: Planned | None) -> bytes:
    said = repr((_of_person(patient), visit and _of_visit(visit)))
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class RowReader:
    """Reads rows under one mapping; `country` (ISO 3166) is how national phone numbers are read."""

    def __init__(self, mapping: Mapping, country: str) -> None:
        self._mapping = mapping
        self._country = country
        self._sources = dict(mapping.fields)

    def read(self, raw: RawRow) -> tuple[Row | None, tuple[str, ...]]:
        """The row, or None and at least one reason. Never raises for what stands in a row."""
        if raw.fault:
            return None, (raw.fault,)
        return _Reading(self._mapping, self._country, self.shown(raw)).row(raw.line)

    def shown(self, raw: RawRow) -> dict[str, str]:
        """What each mapped field gets from this row, as text after constants and maps of values."""
        return {key: _text(source, raw.cells) for key, source in self._sources.items()}


def _text(source: Source, cells: dict[str, str]) -> str:
    text = (cells.get(source.column, "") if source.column else "") or source.value
    return text if source.values is None else source.values.get(text.casefold(), text)


class _Reading:
    """The reading of one row: gathers every reason, so that a person mends a row once."""

    def __init__(self, mapping: Mapping, country: str, texts: dict[str, str]) -> None:
        self._mapping, self._country, self._texts = mapping, country, texts
        self._errors: list[str] = []

    def row(self, line: int) -> tuple[Row | None, tuple[str, ...]]:
        patient = self._patient()
        visit = self._visit(patient) if self._mapping.has_visits else None
        if self._errors:
            return None, tuple(dict.fromkeys(self._errors))
        return Row(line, patient, visit, _digest(patient, visit)), ()

    def _patient(self) -> Person:
        get = self._get
        family, given, patronymic = self._name()
        birth = self._try(
            "patient.birth_date", lambda t: parse_date(t, self._format("patient.birth_date"), BIRTH_YEARS), None
        )
        self._try("patient.age", check_age, None)
        phone = self._try("patient.phone", lambda t: parse_phone(t, self._country), "")
        person = Person(
            external_id=get("patient.id", 200),
            family=family,
            given=given,
            patronymic=patronymic,
            birth_date=birth,
            sex=self._try("patient.sex", lambda t: parse_word(t, SEXES, "Пол"), ""),
            language=self._try("patient.language", lambda t: parse_word(t, LANGUAGES, "Язык"), ""),
            phone=phone,
            email=self._try("patient.email", parse_email, ""),
        )
        if not family:
            self._errors.append("Нет фамилии пациента")
        return person if person.external_id else self._numbered(person)

    def _name(self) -> tuple[str, str, str]:
        whole = self._get("patient.name", 300).split()
        family = self._get("patient.family", 100) or (whole[0] if whole else "")
        given = self._get("patient.given", 100) or (whole[1] if len(whole) > 1 else "")
        patronymic = self._get("patient.patronymic", 100) or " ".join(whole[2:])
        if max(len(family), len(given), len(patronymic)) > 100:
            self._errors.append("Имя пациента длиннее 100 знаков")
        return family, given, patronymic

    def _numbered(self, person: Person) -> Person:
        """A patient without a number is known by the phone and name, or by the name and day of birth."""
        if "patient.id" in self._mapping.fields:
            self._errors.append("Нет номера пациента")
        name = " ".join((person.family, person.given, person.patronymic)).casefold()
        known = person.phone or (person.birth_date.isoformat() if person.birth_date else "")
        if not known and not (self._texts.get("patient.phone") or self._texts.get("patient.birth_date")):
            self._errors.append("Пациента не отличить: нет ни номера, ни телефона, ни даты рождения")
        return replace(person, external_id=_made("p", name, known))

    def _visit(self, patient: Person) -> Planned | None:
        named = {room: self._named(room) for room in ("practitioner", "service", "branch")}
        zone = self._get("branch.time_zone", 50) or self._mapping.time_zone
        if not is_zone(zone):
            self._errors.append(f"Часовой пояс «{zone}» не известен")
        starts = self._start()
        state = self._try("visit.state", lambda t: parse_word(t, STATES, "Состояние"), "")
        booked = self._try(
            "visit.booked_at", lambda t: parse_moment(t, self._format("visit.booked_at"), self._mapping.zone), None
        )
        if starts is None:
            return None
        if (
            booked is not None
            and booked.astimezone(self._mapping.zone).date() > starts.astimezone(self._mapping.zone).date()
        ):
            self._errors.append("Визит раньше, чем на него записались")
        ends = self._end(starts)
        number = self._get("visit.id", 200)
        if not number and "visit.id" in self._mapping.fields:
            self._errors.append("Нет номера визита")
        number = number or _made(
            "v", patient.external_id, named["practitioner"].external_id, starts.astimezone(UTC).isoformat()
        )
        return Planned(
            number, starts.astimezone(UTC), ends.astimezone(UTC), state, booked.astimezone(UTC) if booked else None,
            named["practitioner"], named["service"], named["branch"], zone,
        )  # fmt: skip

    def _start(self) -> datetime | None:
        zone = self._mapping.zone
        if "visit.start" in self._mapping.fields:
            starts = self._try("visit.start", lambda t: parse_moment(t, self._format("visit.start"), zone), None)
            if starts is None and not self._texts.get("visit.start"):
                self._errors.append("Нет времени визита")
            return starts
        day = self._try("visit.date", lambda t: parse_date(t, self._format("visit.date")), None)
        at = self._try("visit.time", lambda t: parse_time(t, self._format("visit.time")), None)
        for key, what in (("visit.date", "даты"), ("visit.time", "времени")):
            if not self._texts.get(key):
                self._errors.append(f"Нет {what} визита")
        return None if day is None or at is None else datetime.combine(day, at, zone)

    def _end(self, starts: datetime) -> datetime:
        ends = None
        if self._texts.get("visit.end"):
            ends = self._try("visit.end", lambda t: self._moment_or_time(t, starts), None)
        if ends is None:
            return starts + timedelta(minutes=self._try("visit.minutes", parse_minutes, DEFAULT_MINUTES))
        if not timedelta(0) < ends.astimezone(UTC) - starts.astimezone(UTC) <= LONGEST:
            self._errors.append("Конец визита раньше начала, или визит дольше суток")
        return ends

    def _moment_or_time(self, text: str, starts: datetime) -> datetime:
        fmt = self._format("visit.end")
        try:
            at: time = parse_time(text, fmt) if len(text) <= len("14:30:00") and not fmt else time.min
        except BadCell:
            return parse_moment(text, fmt, self._mapping.zone)
        if at != time.min:
            return datetime.combine(starts.date(), at, starts.tzinfo)
        return parse_moment(text, fmt, self._mapping.zone)

    def _named(self, room: str) -> Named:
        name = self._get(f"{room}.name", 200)
        number = self._get(f"{room}.id", 200) or name
        if not number:
            title = BY_KEY[f"{room}.name"].title.lower()
            self._errors.append(f"Не указан {title}" if room != "service" else "Не указана услуга")
        return Named(number, name or number)

    def _get(self, key: str, longest: int) -> str:
        text = self._texts.get(key, "")
        if len(text) > longest:
            self._errors.append(f"{BY_KEY[key].title}: длиннее {longest} знаков")
        return text

    def _format(self, key: str) -> str:
        return self._mapping.fields[key].format

    def _try(self, key: str, parse: Callable[[str], T], otherwise: T) -> T:
        text = self._texts.get(key, "")
        if not text:
            return otherwise
        try:
            return parse(text)
        except BadCell as error:
            self._errors.append(str(error))
        except OverflowError:
            self._errors.append(f"«{text}» - такого времени не бывает")
        return otherwise


def _made(kind: str, *parts: str) -> str:
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=12)
    return f"table-{kind}-{digest.hexdigest()}"
