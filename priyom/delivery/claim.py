"""Take deliveries into our hands, find the nearest due one, take up what a dead process left, end what is too late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from priyom.contracts.card import AfterCrash
from priyom.contracts.message import File, Signal
from priyom.delivery.attempt import Claimed
from priyom.delivery.consequence import NEVER, Again, Outcome, Settled, unknown
from priyom.delivery.database import Database
from priyom.foundation.clock import now
from priyom.foundation.sql import Statements

sql = Statements(Path(__file__).parent / "sql")

CRASHED = "отправлено, но ответа шлюза мы не получили"
TOO_LATE = "не ушло вовремя"


async def claim(database: Database, account_id: int, most: int, *, asks: bool = False) -> list[Claimed]:
    """At most `most` due deliveries of the account, marked as being sent, by rank and then by age. `asks`: the vendor
    can be asked later what became of them."""
    values = {"account": account_id, "now": now(), "most": most, "asks": 0 if asks else None}
    rows = await database.rows(sql["claim"], values)
    return sorted((Claimed(*row) for row in rows), key=lambda c: (c.rank, c.id))


async def with_files(database: Database, claimed: Sequence[Claimed]) -> list[Claimed]:
    """The same, with the contents of the files that hang on them."""
    wanted = {number for item in claimed for number in item.body.get("files", ())}
    if not wanted:
        return list(claimed)
    rows = await database.rows(sql["files"], {"ids": list(wanted)})
    found = {row[0]: File(row[1], row[2], bytes(row[3])) for row in rows}
    return [
        replace(item, files=tuple(found[number] for number in item.body.get("files", ()) if number in found))
        for item in claimed
    ]


async def nearest(database: Database, account_id: int) -> datetime | None:
    """When the account's next delivery is due."""
    rows = await database.rows(sql["nearest"], {"account": account_id})
    found: datetime | None = rows[0][0]
    return found


@dataclass(frozen=True, slots=True)
class Left:
    """A delivery somebody marked as being sent and will never settle. `young`: the database has just begun; who left it
    may learn only now that he holds nothing any more."""

    id: int
    op: str
    of_try: int
    address: str
    rank: int
    untried: int = 0
    young: bool = False


async def left(database: Database, account_id: int, ours: Sequence[int]) -> list[Left]:
    """What a dead process has left, the oldest first. Call it holding the account; `ours` is in our own hands."""
    rows = await database.rows(sql["sending"], {"account": account_id, "ours": list(ours)})
    return [Left(*row) for row in rows]


def recovered(item: Left, after_crash: AfterCrash, *, tried: bool = True) -> Outcome:
    """What becomes of it. `tried` False: it is known never to have left (our own claim, whose answer was lost)."""
    if not tried:
        return Again(item.id, item.of_try, 0.0, tried=False)
    outcome = unknown(item.id, item.of_try, after_crash, item.op, CRASHED, untried=item.untried, young=item.young)
    if isinstance(outcome, Again) and not outcome.maybe_sent:  # an edit or a press is simply repeated, at once
        return Again(item.id, item.of_try, 0.0)
    return outcome


async def expired(database: Database) -> list[Settled]:
    """Ends for waiting deliveries past their time, up to 1,000. One that may have left is uncertain, not failed."""
    rows = await database.rows(sql["expired"], {"now": now()})
    ends = {True: (Signal.UNCERTAIN, CRASHED), False: (Signal.FAILED, TOO_LATE)}
    return [Settled(delivery_id, tries or NEVER, *ends[maybe], "expired") for delivery_id, tries, maybe in rows]


async def next_expiry(database: Database) -> datetime | None:
    """When the next waiting delivery becomes too late."""
    rows = await database.rows(
        "SELECT min(expires_at) FROM delivery_delivery WHERE state = 'waiting' AND expires_at IS NOT NULL"
    )
    found: datetime | None = rows[0][0]
    return found
