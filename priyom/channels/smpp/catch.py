"""What the gateway brings over the line: receipts and people's messages, kept before they are acknowledged.

A receipt speaks of one part. Of a message in several parts the house is told once: failed with the first part that
fails, delivered when the last part is. A person's message in parts is handed on when it is whole, or with a gap when a
part has not come within a quarter of an hour.
"""

from __future__ import annotations

import asyncio
import logging
from uuid import uuid4

from priyom.channels.smpp import ids, receipts
from priyom.channels.smpp.memory import Long, Memory, Pile
from priyom.channels.smpp.parcel import Parcel, from_hex, print_of, to_hex
from priyom.channels.smpp.parts import place
from priyom.channels.smpp.pdu import Command, Named, Pdu, Sm
from priyom.channels.smpp.settings import Settings
from priyom.channels.smpp.statuses import TEMPORARY
from priyom.contracts.channel import Post
from priyom.foundation.clock import now

log = logging.getLogger(__name__)

_NOT_FOR_US = 0x03


class Catch:
    """The receiving half of a session. `memory` is shared with the sending half."""

    def __init__(self, settings: Settings, post: Post, memory: Memory) -> None:
        self._settings = settings
        self._post = post
        self._memory = memory
        self._mail = asyncio.Lock()
        self._in_hand: dict[str, asyncio.Task[None]] = {}
        self.under_way: set[asyncio.Future[None]] = set()
        """Parts handed over and not yet answered: a receipt may overtake the answer that names the id."""

    async def asked(self, pdu: Pdu, line: str) -> Pdu | None:
        """The answer to a request of the gateway; `line` names the connection it came over."""
        if pdu.command == Command.UNBIND:
            return pdu.answer()
        if pdu.command not in (Command.DELIVER_SM, Command.DATA_SM) or not isinstance(pdu.body, Sm):
            return pdu.answer(_NOT_FOR_US)
        try:
            if receipts.is_receipt(pdu):
                await self._receipt(pdu)
            elif receipts.is_message(pdu):
                await self._words_once(pdu, line)
        except Exception as error:
            log.warning("what an SMPP gateway brought could not be kept: %s", type(error).__name__)
            return pdu.answer(TEMPORARY, Named())
        return pdu.answer(0, Named())

    async def stopped(self, long: Long) -> None:
        """Keep the ids of the parts taken; when these are all, hand on what was said of them meanwhile."""
        if not long.ids:
            return
        try:
            while long.whole and long.early:
                await self._tell(from_hex(long.early[0]), long)
                del long.early[0]
            await self._memory.flush()
        except Exception as error:
            # The message stands at the gateway: to call it failed now would send it twice.
            log.warning("the parts of a long message could not be kept: %s", type(error).__name__)

    async def sweep(self) -> None:
        """Hand on what has waited too long for its missing parts."""
        for pile in self._memory.overdue():
            await self._hand_on(pile)

    async def _receipt(self, pdu: Pdu) -> None:
        word = receipts.read(pdu, self._settings)
        long = self._memory.of(word.message_id) if word else None
        if word and long is None and self.under_way:
            await asyncio.wait(set(self.under_way))
            long = self._memory.of(word.message_id)
        if long is None:
            await self._post.take(Parcel(f"r-{print_of([pdu])}", (pdu,), now()).request())
        elif not long.whole:
            long.early.append(to_hex(pdu))
            await self._memory.flush()
        else:
            await self._tell(pdu, long)

    async def _tell(self, pdu: Pdu, long: Long) -> None:
        word = receipts.read(pdu, self._settings)
        if word is None or word.signal is None:
            return
        if self._memory.note(long, word.message_id, word.signal):
            await self._post.take(Parcel(f"r-{print_of([pdu])}", (pdu,), now(), ids.whole(long.ids)).request())
        else:
            await self._memory.flush()

    async def _words_once(self, pdu: Pdu, line: str) -> None:
        """A gateway that waits too long for our answer brings the same once more: both get the one outcome."""
        mark = print_of([pdu])
        task = self._in_hand.get(mark)
        if task is None:
            task = self._in_hand[mark] = asyncio.create_task(self._words(pdu, mark, line))
            task.add_done_callback(lambda _: self._in_hand.pop(mark, None))
        await asyncio.shield(task)

    async def _words(self, pdu: Pdu, mark: str, line: str) -> None:
        async with self._mail:  # in the order they came
            assert isinstance(pdu.body, Sm)
            where, _ = place(pdu)
            recent = self._memory.recent(mark, line)
            key = recent.key if recent else f"in-{mark[:16]}-{uuid4().hex[:12]}"
            if recent is None:
                self._memory.remember(mark, key, line)
            if where is None:
                await self._memory.flush()
                await self._post.take(Parcel(key, (pdu,), now()).request())
                return
            pile = None
            if recent is None or self._memory.waits_for(pdu.body.source.number, where):
                pile = self._memory.pile(pdu.body.source.number, where, to_hex(pdu), key)
            if pile is None:
                await self._memory.flush()
            else:
                await self._hand_on(pile)

    async def _hand_on(self, pile: Pile) -> None:
        pdus = tuple(from_hex(pile.parts[number]) for number in sorted(pile.parts, key=int))
        await self._post.take(Parcel(pile.key, pdus, now(), total=pile.total).request())
        self._memory.drop(pile)
