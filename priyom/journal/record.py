"""Write a fact, in the transaction of whoever records it, and queue it for everybody who reacts to its kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast

from django.db import connection, transaction
from pydantic import TypeAdapter

from priyom.foundation.clock import now
from priyom.foundation.sql import Statements

sql = Statements(Path(__file__).parent / "sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Base of every fact. Subclasses are frozen dataclasses of plain values; their class name is the fact's type."""

    patient_id: int | None = None
    visit_id: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A fact as a reactor gets it."""

    id: int
    at: datetime


F = TypeVar("F", bound=Recorded)
Reaction = Callable[[Any, Seen], None]


class _Book:
    """Which reactors exist, by fact type. Filled when the rooms' `reactions.py` are imported at start."""

    kinds: ClassVar[dict[str, type[Recorded]]] = {}
    reactions: ClassVar[dict[str, dict[str, Reaction]]] = {}
    adapters: ClassVar[dict[str, TypeAdapter[Any]]] = {}


def reacts_to(kind: type[F]) -> Callable[[Callable[[F, Seen], None]], Callable[[F, Seen], None]]:
    """Decorator of a reaction in a room's `reactions.py`: once per fact, in a transaction, in order."""

    def register(reaction: Callable[[F, Seen], None]) -> Callable[[F, Seen], None]:
        name = f"{reaction.__module__.removeprefix('priyom.').removesuffix('.reactions')}.{reaction.__name__}"
        _Book.kinds[kind.__name__] = kind
        _Book.reactions.setdefault(kind.__name__, {})[name] = cast(Reaction, reaction)
        return reaction

    return register


ONLY_TELLS = "alerts."
"""How the names of reactors begin that only tell people: what waits for them changes nothing of a visit."""


def reactors(kind: str) -> tuple[str, ...]:
    """Names of the reactors of a fact type."""
    return tuple(sorted(_Book.reactions.get(kind, {})))


def reaction(kind: str, reactor: str) -> Reaction | None:
    """The function behind a reactor's name; None when it no longer exists."""
    return _Book.reactions.get(kind, {}).get(reactor)


def read(kind: str, data: Mapping[str, Any], patient_id: int | None, visit_id: int | None) -> Recorded:
    """The typed fact of a stored row. Raises KeyError for a type nobody reacts to."""
    adapter = _Book.adapters.get(kind)
    if adapter is None:
        adapter = _Book.adapters[kind] = TypeAdapter(_Book.kinds[kind])
    made = adapter.validate_python({**data, "patient_id": patient_id, "visit_id": visit_id})
    return cast(Recorded, made)


def record(fact: Recorded) -> int:
    """Write the fact and queue it; the row's id. Must be called inside a transaction (the caller's change)."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a fact is recorded in the transaction of the change it tells of")
    assert is_dataclass(fact)
    kind = type(fact).__name__
    data = {f.name: _plain(getattr(fact, f.name)) for f in fields(fact) if f.name not in ("patient_id", "visit_id")}
    with connection.cursor() as cursor:
        cursor.execute(
            sql["record"],
            {
                "type": kind, "at": now(), "patient": fact.patient_id, "visit": fact.visit_id,
                "data": json.dumps(data, ensure_ascii=False), "reactors": list(reactors(kind)),
            },
        )  # fmt: skip
        return int(cursor.fetchone()[0])


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
