"""The accounts webhooks are for, remembered between calls. What is remembered may take a webhook, for the statement
that keeps it looks at the row's version once more; it may not refuse one: for that the row is read anew."""

from __future__ import annotations

import asyncio

from priyom.contracts import registry
from priyom.contracts.card import BadSettings
from priyom.delivery.accounts import wired
from priyom.delivery.incoming import Known, secrets_of, sql
from priyom.foundation.encryption import WrongKey
from priyom.webhooks.within import Within

Place = tuple[str, str]
"""(channel, account key), as in the address."""
LONGEST_KEY = 40


class Accounts:
    """Remembers as many accounts as there are: strangers' addresses leave nothing."""

    def __init__(self, database: Within) -> None:
        self._database = database
        self._known: dict[Place, Known] = {}
        self._turn = asyncio.Lock()
        self._asked: set[str] = set()
        self._next: asyncio.Task[None] | None = None

    def remembered(self, place: Place) -> Known | None:
        """As it was when last read; None when it never was."""
        return self._known.get(place)

    async def fresh(self, place: Place) -> Known | None:
        """As it is now, by a statement that begins after this call: one for all who ask meanwhile. None: there is no
        such account. Raises Away."""
        if place[0] not in registry.names() or len(place[1]) > LONGEST_KEY:
            return None
        if self._next is None:
            self._next = asyncio.create_task(self._read())
        self._asked.add(place[1])
        await asyncio.shield(self._next)
        return self._known.get(place)

    async def _read(self) -> None:
        async with self._turn:
            keys, self._asked, self._next = self._asked, set(), None
            rows = await self._database.rows(sql["raw_accounts"], {"keys": list(keys)})
        for place in [place for place in self._known if place[1] in keys]:
            del self._known[place]
        for key, channel, *row in rows:
            if channel in registry.names():
                self._known[channel, key] = _known(channel, key, *row)


def _known(channel: str, key: str, number: int, version: str, plain: dict[str, object], token: bytes) -> Known:
    made = registry.channel(channel)
    try:
        wire = wired(made, key, plain, bytes(token))
    except (WrongKey, BadSettings):
        return Known(number, version, made, None)
    return Known(number, version, made, wire, secrets_of(made, wire))
