"""Rows that wait for a moment of their own. A loop looks for them each time it is woken, often in vain: the look is one
short statement on the index of the moments, and only what was found is read whole, through its model."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, models

from priyom.foundation.clock import now


class Due:
    """What is due of one table. Rows without a moment wait for nothing."""

    def __init__(self, model: type[models.Model], column: str) -> None:
        """`column`: the moment, indexed where it is not null."""
        table = model._meta.db_table
        self._take = (
            f'SELECT id FROM "{table}" WHERE "{column}" <= %(now)s::timestamptz '
            f'ORDER BY "{column}", id LIMIT 1 FOR UPDATE SKIP LOCKED'
        )
        self._nearest = f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL ORDER BY "{column}" LIMIT 1'

    def take(self) -> int | None:
        """The id of the row whose moment came first, if one has come: nobody else takes it in this transaction."""
        found: int | None = _one(self._take, {"now": now()})
        return found

    def nearest(self) -> datetime | None:
        """The first moment, also one that has come."""
        found: datetime | None = _one(self._nearest, {})
        return found


def _one(statement: str, values: dict[str, datetime]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return row and row[0]
