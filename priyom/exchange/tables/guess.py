"""Guesses a mapping from headings (Russian, Kazakh, English) and first values: a draft for a person to correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from priyom.exchange.tables.targets import TARGETS
from priyom.exchange.tables.values import STATES

_YES = {"yes", "да", "1", "true", "иә", "y"}
_NO = {"no", "нет", "0", "false", "жоқ", "n"}


def guess_mapping(columns: Mapping[str, Sequence[str]], time_zone: str) -> dict[str, Any]:
    """A mapping (shape: `mapping.py`) for columns with some of their values; what was not recognised is left out."""
    free = {_fold(name): name for name in reversed(list(columns))}
    fields: dict[str, dict[str, Any]] = {}
    for target in TARGETS:
        for heading in target.headings:
            name = free.pop(heading, None)
            if name is not None:
                fields[target.key] = {"column": name}
                break
    if fields and "visit.start" not in fields and "visit.date" in fields and "visit.time" not in fields:
        _split_date(fields, columns)
    _states(fields, columns)
    return {"time_zone": time_zone, "fields": fields}


def _fold(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).strip(" :*").casefold()


def _split_date(fields: dict[str, dict[str, Any]], columns: Mapping[str, Sequence[str]]) -> None:
    """A «date» whose values carry a time is the start itself."""
    samples = columns[fields["visit.date"]["column"]]
    if samples and all(":" in value and "00:00" not in value for value in samples):
        fields["visit.start"] = fields.pop("visit.date")


def _states(fields: dict[str, dict[str, Any]], columns: Mapping[str, Sequence[str]]) -> None:
    """A column of yes and no says who came - or, where it is called «no-show», who did not."""
    found = fields.get("visit.state")
    if found is None:
        return
    samples = {value.casefold() for value in columns[found["column"]]}
    if samples and samples <= STATES.keys():
        return
    if samples and samples <= _YES | _NO:
        absent = _fold(found["column"]).replace("-", "").replace(" ", "") in ("noshow", "неявка")
        came, missed = (_NO, _YES) if absent else (_YES, _NO)
        found["values"] = dict.fromkeys(sorted(came), "completed") | dict.fromkeys(sorted(missed), "missed")
