"""CloudEvents 1.0 of visits and patients: parsing and what is wrong with them, each with its JSON pointer. No Django.

Format: CloudEvents 1.0.2, JSON event format and JSON batch format (github.com/cloudevents/spec). Fields we do not know
are left alone; of those we know nothing is guessed: a time without an offset, for example, is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from priyom.exchange.event_values import language, moment, plain_date, sex, text, zone

LONGEST = timedelta(hours=24)
MAX_BATCH = 1000

VISIT_TYPES = (
    "visit.booked",
    "visit.moved",
    "visit.cancelled",
    "visit.arrived",
    "visit.completed",
    "visit.missed",
)
TYPES = (*VISIT_TYPES, "patient.changed")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and where: an RFC 6901 pointer into the request's body."""

    pointer: str
    detail: str


M = TypeVar("M", bound=BaseModel)


class Refused(Exception):
    """The request is not taken; nothing of it is. `problems` has at least one entry."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.pointer}: {p.detail}" for p in self.problems))


Id = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(text)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(text)]
PersonName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(text)
]
Moment = Annotated[datetime, BeforeValidator(moment)]
Zone = Annotated[str, BeforeValidator(zone)]
BirthDate = Annotated[date, BeforeValidator(plain_date)]
Sex = Annotated[str, BeforeValidator(sex)]
Language = Annotated[str, BeforeValidator(language)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class PractitionerPart(_Part):
    """`name` may be left out for one seen before."""

    id: Id
    name: Name | None = None


class ServicePart(_Part):
    """`name` may be left out for one seen before. A sensitive one never names itself in a message."""

    id: Id
    name: Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(text)] | None = None
    sensitive: bool | None = None


class BranchPart(_Part):
    """`time_zone` (IANA) is needed for a branch not seen before."""

    id: Id
    name: Name | None = None
    time_zone: Zone | None = None
    address: Annotated[str, StringConstraints(max_length=300), AfterValidator(text)] | None = None
    phone: Annotated[str, StringConstraints(max_length=20), AfterValidator(text)] | None = None


class VisitPart(_Part):
    """Whole for a new visit; of a known one only what the type needs."""

    id: Id
    start: Moment | None = None
    end: Moment | None = None
    practitioner: PractitionerPart | None = None
    service: ServicePart | None = None
    branch: BranchPart | None = None


class ContactPart(_Part):
    """An address. Phones may be written as people write them; the clinic's country reads national ones."""

    channel: Literal["phone", "email", "telegram", "max", "vk", "whatsapp"]
    address: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254), AfterValidator(text)
    ]
    relation: Annotated[str, StringConstraints(max_length=20), AfterValidator(text)] | None = None


class PatientPart(_Part):
    """A patient as the source knows them. `contacts` left out: leave what is known; a list: these and no others."""

    id: Id
    family: PersonName
    given: PersonName
    patronymic: Annotated[str, StringConstraints(max_length=100), AfterValidator(text)] | None = None
    birth_date: BirthDate | None = None
    sex: Sex | None = None
    language: Language | None = None
    contacts: list[ContactPart] | None = None


class VisitData(_Part):
    """`data` of a visit event."""

    visit: VisitPart
    patient: PatientPart | None = None


class PatientData(_Part):
    """`data` of patient.changed."""

    patient: PatientPart


class _Envelope(_Part):
    specversion: Literal["1.0"]
    id: Id
    source: Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(text)]
    type: Literal[
        "visit.booked",
        "visit.moved",
        "visit.cancelled",
        "visit.arrived",
        "visit.completed",
        "visit.missed",
        "patient.changed",
    ]
    time: Moment | None = None
    datacontenttype: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A checked event. `pointer` is where it stands in the request (`` or `/3`)."""

    pointer: str
    id: str
    source: str
    type: str
    visit: VisitPart | None
    patient: PatientPart | None

    def at(self, path: str) -> str:
        """The pointer of something in `data`: at("/visit/start")."""
        return f"{self.pointer}/data{path}"


def parse_batch(body: Any) -> list[Event]:
    """The events of a batch (a list of JSON objects), in order. Raises Refused with every problem of every event."""
    if not isinstance(body, list):
        raise Refused([Problem("", "Пакет событий - это массив JSON")])
    if len(body) > MAX_BATCH:
        raise Refused([Problem("", f"В пакете {len(body)} событий: больше {MAX_BATCH} за раз не берем")])
    events: list[Event] = []
    problems: list[Problem] = []
    for index, item in enumerate(body):
        try:
            events.append(parse(item, f"/{index}"))
        except Refused as error:
            problems += error.problems
    if problems:
        raise Refused(problems)
    return events


def parse(item: Any, pointer: str = "") -> Event:
    """One event out of its JSON object. Raises Refused with everything that is wrong."""
    if not isinstance(item, dict):
        raise Refused([Problem(pointer, "Событие - это объект JSON")])
    problems: list[Problem] = []
    envelope = _model(_Envelope, item, pointer, problems)
    kind = item.get("type")
    data: VisitData | PatientData | None = None
    if "data" not in item:
        problems.append(Problem(f"{pointer}/data", "Нужно поле data"))
    elif kind == "patient.changed":
        data = _model(PatientData, item["data"], f"{pointer}/data", problems)
    elif kind in VISIT_TYPES:
        data = _model(VisitData, item["data"], f"{pointer}/data", problems)
    visit = data.visit if isinstance(data, VisitData) else None
    if visit is not None:
        problems += _times(str(kind), visit, f"{pointer}/data/visit")
    if problems or envelope is None or data is None:
        raise Refused(problems)
    return Event(pointer, envelope.id, envelope.source, envelope.type, visit, data.patient)


def whole(event: Event) -> list[Problem]:
    """What is missing of an event that has to book its visit; empty when it carries everything."""
    assert event.visit is not None
    missing = [
        Problem(event.at(f"/visit/{name}"), f"Нужно поле {name}: визит еще не известен")
        for name in ("start", "end", "practitioner", "service", "branch")
        if getattr(event.visit, name) is None
    ]
    if event.patient is None:
        missing.append(Problem(event.at("/patient"), "Нужно поле patient: визит еще не известен"))
    return missing


def _model(model: type[M], value: Any, pointer: str, problems: list[Problem]) -> M | None:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems += [
            Problem(pointer + _pointer(found["loc"]), _words(found)) for found in error.errors(include_url=False)
        ]
        return None


def _times(kind: str, visit: VisitPart, pointer: str) -> list[Problem]:
    problems = []
    if kind == "visit.moved":
        problems = [
            Problem(f"{pointer}/{name}", f"Нужно поле {name}: куда перенесен визит")
            for name in ("start", "end")
            if getattr(visit, name) is None
        ]
    if visit.start is None or visit.end is None:
        return problems
    if visit.end <= visit.start:
        problems.append(Problem(f"{pointer}/end", "Конец визита не позже начала"))
    elif visit.end - visit.start > LONGEST:
        problems.append(Problem(f"{pointer}/end", "Визит дольше 24 часов"))
    return problems


def _pointer(place: tuple[int | str, ...]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in place)


_WORDS = {
    "missing": "Нужно это поле",
    "string_type": "Нужна строка",
    "bool_type": "Нужно true или false",
    "list_type": "Нужен массив",
    "model_type": "Нужен объект",
    "model_attributes_type": "Нужен объект",
    "string_too_short": "Не может быть пустым",
}


def _words(found: ErrorDetails) -> str:
    context = found.get("ctx", {})
    if found["type"] == "string_too_long":
        return f"Не длиннее {context['max_length']} знаков"
    if found["type"] == "literal_error":
        return f"Может быть: {context['expected'].replace(' or ', ', ')}"
    if found["type"] in _WORDS:
        return _WORDS[found["type"]]
    return found["msg"]
