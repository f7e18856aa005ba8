"""What became of each message, on its way to the house: kept in order and handed over as often as it takes, for an
answer given once on the phone is not asked for again."""

from __future__ import annotations

import asyncio
import json
import logging

from priyom.channels.sip_voice.conversation import Item
from priyom.channels.sip_voice.outcomes import End
from priyom.contracts.channel import Post, Request
from priyom.foundation.clock import now

log = logging.getLogger(__name__)

PAUSES = (0.2, 1.0, 2.0, 5.0, 10.0, 30.0)


class Outbox:
    """Updates of one account."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue()
        self._numbered = 0

    def put(self, address: str, item: Item, event: str, fields: dict[str, object]) -> None:
        """One more update. Their numbers tell those of one message apart."""
        self._numbered += 1
        whole = {
            "id": item.name, "n": self._numbered, "to": address, "event": event, "at": int(now().timestamp()), **fields,
        }  # fmt: skip
        self._waiting.put_nowait(json.dumps(whole, ensure_ascii=False).encode())

    async def run(self) -> None:
        """Hand everything over, until cancelled."""
        while True:
            body = await self._waiting.get()
            tries = 0
            while not await self._take(body):
                await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
                tries += 1
            self._waiting.task_done()

    async def empty(self) -> None:
        """Wait until all is handed over."""
        await self._waiting.join()

    async def _take(self, body: bytes) -> bool:
        try:
            await self._post.take(Request({}, {}, body))
        except Exception as error:  # whatever the house's store says: the answer must not be lost
            log.warning("an outcome of a call is not kept yet: %s", type(error).__name__)
            return False
        return True


class Reports:
    """The desk of one call."""

    def __init__(self, outbox: Outbox, address: str) -> None:
        self._outbox, self._address = outbox, address

    def report(self, item: Item, event: str, *, key: str = "", payload: str = "", end: End | None = None) -> None:
        """Pass on what became of a message."""
        fields: dict[str, object] = {"key": key, "payload": payload} if key else {}
        if end is not None:
            fields |= {"code": end.code, "words": end.words, "sip": end.sip, "gone": end.gone}
        self._outbox.put(self._address, item, event, fields)
