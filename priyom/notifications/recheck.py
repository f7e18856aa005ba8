"""The last look before a message leaves: is the visit still so, is it still allowed? One statement a batch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from priyom.contracts import registry
from priyom.foundation.sql import Statements

sql = Statements(Path(__file__).parent / "sql")


async def recheck(connection: psycopg.AsyncConnection[Any], ids: Sequence[int]) -> dict[int, str]:
    """delivery id -> why it must not go; those that may go are absent."""
    cursor = await connection.execute(sql["recheck"].encode(), {"ids": list(ids), "families": families()})
    return {row[0]: row[1] for row in await cursor.fetchall()}


@cache
def families() -> str:
    """JSON: channel -> the channels that are one way with it, for those that are not alone."""
    found = {key: sorted(registry.family(key)) for key in registry.names()}
    return json.dumps({key: family for key, family in found.items() if len(family) > 1})
