"""Asks a vendor that knows our keys about messages that may have left and that nobody sends any more: what is still
waited for is asked after when its turn comes (`attempt.py`), what was withdrawn meanwhile has no turn."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from priyom.contracts.errors import NotReachable, OptedOut, Rejected
from priyom.contracts.message import Receipt, Signal
from priyom.delivery.attempt import Claimed, outgoing
from priyom.delivery.consequence import TAKEN_OVER, Settled, taken
from priyom.delivery.crew import Line
from priyom.delivery.database import Database
from priyom.delivery.doubts import FORGOTTEN
from priyom.foundation.clock import now
from priyom.foundation.http import Http
from priyom.foundation.sql import Statements

sql = Statements(Path(__file__).parent / "sql")

NEVER_LEFT = "шлюз такого сообщения не получал"


async def doubtful(database: Database, account_id: int, vain: Iterable[int] = ()) -> list[tuple[Claimed, Settled]]:
    """Up to 20, the oldest first, each with its end if the vendor never heard of it. `vain`: leave these out."""
    values = {
        "account": account_id, "now": now(), "silent": TAKEN_OVER, "forgotten": FORGOTTEN, "vain": list(vain),
    }  # fmt: skip
    found = []
    for *parts, state, code in await database.rows(sql["doubtful"], values):
        item = Claimed(*parts)
        found.append((item, Settled(item.id, item.of_try, Signal.FAILED, NEVER_LEFT, code, state=state)))
    return found


async def ask_back(http: Http, line: Line, item: Claimed, never: Settled) -> Settled | None:
    """What the vendor says of one; None: it refuses this question. Raises the errors of `contracts.errors` when it
    cannot be asked now."""
    try:
        receipt: Receipt | None = await line.channel.sender.find(http, line.wire, outgoing(item))
    except (Rejected, NotReachable, OptedOut):
        return None
    return never if receipt is None else taken(item.id, item.of_try, receipt)
