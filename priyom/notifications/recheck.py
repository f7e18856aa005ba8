"""The last look before a message leaves: is the visit still so, is it still allowed? One statement a batch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from priyom.foundation.sql import Statements

sql = Statements(Path(__file__).parent / "sql")


async def recheck(connection: psycopg.AsyncConnection[Any], ids: Sequence[int]) -> dict[int, str]:
    """delivery id -> why it must not go; those that may go are absent."""
    cursor = await connection.execute(sql["recheck"].encode(), {"ids": list(ids)})
    return {row[0]: row[1] for row in await cursor.fetchall()}
