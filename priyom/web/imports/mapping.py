"""The mapping as the page asks for it: each column says what it is, three constants fill what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from priyom.exchange.upload import Column, Target, targets

CONSTANTS = ("branch.name", "practitioner.name", "service.name")


@dataclass(frozen=True, slots=True)
class Choice:
    """A column with its samples and the key of the field it was taken for; '' when it is left out."""

    name: str
    column: Column
    key: str


def choices(columns: Sequence[Column], mapping: Mapping[str, Any]) -> list[Choice]:
    """Every column of the file and what it means under this mapping; form fields are `col-0`, `col-1`, ..."""
    meaning = {spec.get("column", ""): key for key, spec in mapping.get("fields", {}).items()}
    return [Choice(f"col-{n}", column, meaning.get(column.name, "")) for n, column in enumerate(columns)]


def constants(mapping: Mapping[str, Any]) -> list[tuple[Target, str]]:
    """Fields that may be one value for the whole file, with that value."""
    found = {target.key: target for target in targets()}
    specs = mapping.get("fields", {})
    return [(found[key], specs.get(key, {}).get("value", "")) for key in CONSTANTS if key in found]


def asked(post: Mapping[str, Any], columns: Sequence[Column], guess: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping a posted form asks for. How values are read is kept from the guess where the column is the same."""
    guessed = guess.get("fields", {})
    fields: dict[str, dict[str, Any]] = {}
    for number, column in enumerate(columns):
        key = str(post.get(f"col-{number}", ""))
        if not key:
            continue
        before = guessed.get(key, {})
        fields[key] = dict(before) if before.get("column") == column.name else {"column": column.name}
    for key in CONSTANTS:
        value = str(post.get(f"value-{key}", "")).strip()
        if value:
            fields.setdefault(key, {})["value"] = value
    return {"time_zone": str(post.get("time_zone", "")).strip(), "fields": fields}
