"""In which threads the messages and files stand that have changed. Most changes name their thread or patient; these do
not, and are looked up for the threads that are open."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from priyom.delivery.database import Database
from priyom.foundation.sql import Statements

sql = Statements(Path(__file__).parent / "sql")


async def places(database: Database, words: Iterable[str], chats: Iterable[str]) -> frozenset[str]:
    """`chat:<id>` of those among `chats` in which a `delivery:<id>` or `file:<id>` of `words` stands; and
    `patient:<id>` of the deliveries to known people. Raises psycopg.Error."""
    known = sorted(set(words))
    values: dict[str, object] = {
        "deliveries": _numbers(known, "delivery"), "files": _numbers(known, "file"),
        "chats": _numbers(chats, "chat"),
    }  # fmt: skip
    return frozenset(word for (word,) in await database.rows(sql["news_places"], values))


def _numbers(words: Iterable[str], kind: str) -> list[int]:
    return [int(word.partition(":")[2]) for word in words if word.startswith(f"{kind}:")]
