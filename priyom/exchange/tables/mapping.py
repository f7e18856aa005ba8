"""A mapping says from where in a table each field comes: a column, a constant, a date format, a map of values.

It is data (TOML or JSON), kept beside the import, made by hand, by a guess, or in the page. Shape:

    title = "..."                      # optional
    time_zone = "Asia/Almaty"          # of times without an offset, and of branches not seen before
    [fields."visit.date"]
    column = "Дата"                    # or value = "..." for a constant; a column with a value: the value where empty
    format = "%d.%m.%Y"                # optional, strptime; without it ISO and 31.12.2026 are understood
    [fields."visit.state"]
    column = "Явка"
    values = {"да" = "completed", "нет" = "missed"}
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from priyom.exchange.tables.targets import BY_KEY

_SPEC_KEYS = {"column", "value", "format", "values"}


class BadMapping(ValueError):
    """The mapping cannot be used; `problems` says why, one sentence each, for a person."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True, slots=True)
class Source:
    """Where one field comes from. `values` turns what is written into what we mean (compared without case)."""

    column: str = ""
    value: str = ""
    format: str = ""
    values: Map[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Mapping:
    """The sources by field. Without any `visit.` field the table is one of patients alone."""

    fields: Map[str, Source]
    time_zone: str
    title: str = ""
    zone: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "zone", ZoneInfo(self.time_zone))

    @property
    def has_visits(self) -> bool:
        """Whether rows are visits (else: patients)."""
        return any(key.startswith("visit.") for key in self.fields)


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a .toml or .json file, unchecked. Raises BadMapping when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
        made: object = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise BadMapping([f"Файл соответствия {path} не прочитать: {error}"]) from None
    if not isinstance(made, dict):
        raise BadMapping([f"В файле {path} нет соответствия столбцов"])
    return made


def check(data: Map[str, Any], columns: Sequence[str]) -> Mapping:
    """The mapping, fit for a table with these columns. Raises BadMapping with everything that is wrong at once."""
    problems: list[str] = []
    zone = data.get("time_zone", "")
    if not isinstance(zone, str) or not is_zone(zone):
        problems.append(f"Часовой пояс «{zone}» не известен: нужен, например, Asia/Almaty")
    raw = data.get("fields")
    if not isinstance(raw, Map) or not raw:
        raise BadMapping([*problems, "Не указано, откуда брать поля"])
    sources: dict[str, Source] = {}
    for key, spec in raw.items():
        source = _source(str(key), spec, columns, problems)
        if source is not None:
            sources[str(key)] = source
    problems += _missing(sources)
    if problems:
        raise BadMapping(problems)
    return Mapping(sources, zone, str(data.get("title", "")))


@lru_cache(maxsize=256)
def is_zone(name: str) -> bool:
    """Whether this is an IANA zone we know."""
    try:
        return bool(name) and bool(ZoneInfo(name))
    except (KeyError, ValueError, OSError):
        return False


def _source(key: str, spec: object, columns: Sequence[str], problems: list[str]) -> Source | None:
    target = BY_KEY.get(key)
    if target is None:
        problems.append(f"Поля «{key}» нет")
        return None
    if not isinstance(spec, Map) or not set(spec) <= _SPEC_KEYS or not all(isinstance(k, str) for k in spec):
        problems.append(f"{target.title}: понимаются column, value, format, values")
        return None
    column, value, fmt = (spec.get(name, "") for name in ("column", "value", "format"))
    values = spec.get("values")
    if not all(isinstance(item, str) for item in (column, value, fmt)):
        problems.append(f"{target.title}: column, value и format - это текст")
        return None
    if values is not None and not (isinstance(values, Map) and all(isinstance(v, str) for v in values.values())):
        problems.append(f"{target.title}: values - это пары «написано = значит»")
        return None
    if not column and not value:
        return None
    if column and column not in columns:
        problems.append(f"{target.title}: столбца «{column}» в таблице нет")
        return None
    folded = None if not values else {str(k).strip().casefold(): v for k, v in values.items()}
    return Source(column, value, fmt, folded)


def _missing(sources: Map[str, Source]) -> list[str]:
    problems = []
    if not {"patient.name", "patient.family"} & set(sources):
        problems.append("Укажите, где фамилия или ФИО пациента")
    if not {"patient.id", "patient.phone", "patient.birth_date"} & set(sources):
        problems.append("Чтобы отличать пациентов, нужен номер пациента, телефон или дата рождения")
    if not any(key.startswith("visit.") for key in sources):
        return problems
    if not {"visit.start", "visit.date"} & set(sources):
        problems.append("Укажите, где дата и время визита")
    elif "visit.start" not in sources and "visit.time" not in sources:
        problems.append("К дате визита нужно время")
    for room, what in (("practitioner", "врач"), ("service", "услуга"), ("branch", "филиал")):
        if not {f"{room}.id", f"{room}.name"} & set(sources):
            problems.append(f"Укажите, где {what} (столбец или постоянное значение)")
    return problems
