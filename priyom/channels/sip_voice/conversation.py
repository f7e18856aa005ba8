"""One call to one person: dial, see that a person listens, say each message with its menu, take the keys, hang up.

A message that comes for somebody who is on the line is said in the same call: a pressed «перенести» gets its offer of
times at once, and nobody is called while being called. What becomes of each message is told to `Desk.report`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from priyom.channels.sip_voice import outcomes, rehearsal, scripts
from priyom.channels.sip_voice.audio import encode
from priyom.channels.sip_voice.leg import Leg
from priyom.channels.sip_voice.machine import Watch
from priyom.channels.sip_voice.outcomes import End
from priyom.channels.sip_voice.rtp import Stream
from priyom.channels.sip_voice.sdp import NoCommonSound, agree
from priyom.channels.sip_voice.sip import SipMessage
from priyom.channels.sip_voice.speech import Mute, Voice
from priyom.channels.sip_voice.wire import NoReply
from priyom.channels.sip_voice.words import OPERATOR_KEY, REPEAT_KEY, STOP_KEY, Sentence, Speech

HEARD_SHARE = 0.7
"""Whoever hung up after so much of the matter has been told it."""
DEAF_SECONDS = 0.3
"""A key this early was meant for something else."""
TWICE_SECONDS = 1.0
_CANCEL_SECONDS = 5.0
_MENU_LOOPS = 9


@dataclass(frozen=True, slots=True)
class Manners:
    """How we behave on the phone; seconds. `machine` 0: do not look for answering machines."""

    ring: float
    key: float
    repeats: int
    follow_up: float
    longest: float
    machine: float
    opt_out: bool
    rehearsal: bool


@dataclass(slots=True)
class Item:
    """A message to say. `told`: delivered has been reported; `ended`: nothing more will be reported."""

    name: str
    speech: Speech
    told: bool = False
    ended: bool = False


class Desk(Protocol):
    """Who hears what became of each message."""

    def report(self, item: Item, event: str, *, key: str = "", payload: str = "", end: End | None = None) -> None:
        """`delivered`, `failed` (with its end), `key`, `operator` or `stop`."""


@dataclass(slots=True)
class Conversation:
    """`leg` and `stream` are ready to dial; `media_from` is the address sound may come from besides the SDP's."""

    leg: Leg
    stream: Stream
    voice: Voice
    manners: Manners
    desk: Desk
    media_from: str
    first: Item
    keys: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: deque[Item] = field(default_factory=deque)
    _more: asyncio.Event = field(default_factory=asyncio.Event)
    _closing: bool = False
    _last_key: tuple[str, str, float] = ("", "", 0.0)
    _now: Item | None = None
    _deaf_until: float = 0.0
    _length: int = 0

    def join(self, item: Item) -> bool:
        """Say this too, if the call still takes anything."""
        if self._closing or self.ended.is_set() or self.leg.over.is_set():
            return False
        self._waiting.append(item)
        self._more.set()
        return True

    def pressed(self, key: str, way: str = "sound") -> None:
        """A key came. Trunks may tell the same press twice, beside the sound and by INFO: it counts once."""
        at = asyncio.get_running_loop().time()
        last, last_way, last_at = self._last_key
        if at < self._deaf_until or (key == last and way != last_way and at - last_at < TWICE_SECONDS):
            return
        self._last_key = (key, way, at)
        self.keys.put_nowait(key)
        self.stream.hush()

    async def hold(self, dialled: asyncio.Task[SipMessage]) -> None:
        """From ringing to the end. Cancelled, it hangs up and says so."""
        self._waiting.appendleft(self.first)
        end = outcomes.INTERRUPTED
        try:
            end = await self._answered(dialled) or await self._talk()
        finally:
            self._closing = True
            for item in ([self._now] if self._now else []) + list(self._waiting):
                self._finish(item, end)
            self.ended.set()
            await self.leg.hang_up()
            await self.put_away(dialled)

    async def put_away(self, dialled: asyncio.Task[SipMessage]) -> None:
        """Let what was begun come to its end, and close what is open."""
        try:
            await self.leg.settled()
        finally:
            dialled.cancel()
            await asyncio.gather(dialled, return_exceptions=True)
            await self.stream.close()

    def _finish(self, item: Item, end: End) -> None:
        if not item.told and not item.ended:
            self.desk.report(item, "failed", end=end)
        item.ended = True

    async def _answered(self, dialled: asyncio.Task[SipMessage]) -> End | None:
        """None: somebody took the call."""
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(dialled), self.manners.ring)
        if not dialled.done():
            self.leg.give_up()
            await asyncio.wait({dialled}, timeout=_CANCEL_SECONDS)
            return outcomes.NO_ANSWER
        try:
            final = dialled.result()
        except NoReply:
            return End("failed", "оператор перестал отвечать")
        if final.status >= 300:
            return outcomes.end_of(final.status)
        try:
            self.stream.start(agree(final.body), self.media_from)
        except NoCommonSound:
            return End("failed", "нет общего с оператором звука (нужен G.711)")
        return None

    async def _talk(self) -> End:
        speaking = asyncio.ensure_future(self._speak())
        gone = asyncio.ensure_future(self.leg.over.wait())
        try:
            await asyncio.wait({speaking, gone}, timeout=self.manners.longest, return_when=asyncio.FIRST_COMPLETED)
            if speaking.done():
                return speaking.result()
            if self._now is not None and self._share() >= HEARD_SHARE:
                self._tell(self._now)
            return outcomes.HUNG_UP
        finally:
            for task in (speaking, gone):
                task.cancel()
            await asyncio.gather(speaking, gone, return_exceptions=True)

    async def _speak(self) -> End:
        if self.manners.machine and await Watch(self.stream, self.manners.machine).is_machine():
            return outcomes.MACHINE
        answered, language = False, "ru"
        while self._waiting or (answered and await self._is_more()):
            self._now = self._waiting.popleft()
            language = self._now.speech.language
            answered = await self._deliver(self._now)
            self._now.ended = True
            self._now = None
        self._closing = True
        await self._say((Sentence(scripts.GOODBYE[language], language),))
        return End("over", "разговор окончен")

    async def _is_more(self) -> bool:
        """Wait for what the house may answer to the key."""
        self._more.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._more.wait(), self.manners.follow_up)
        return bool(self._waiting)

    async def _deliver(self, item: Item) -> bool:
        """Say one message until it is answered or the repeats are used up; whether it was answered."""
        if self.manners.rehearsal and item is not self.first:
            await self.leg.tell(rehearsal.KIND, rehearsal.body(item.speech))
        while not self.keys.empty():
            self.keys.get_nowait()
        self._deaf_until = asyncio.get_running_loop().time() + DEAF_SECONDS
        tries = 0
        for _ in range(_MENU_LOOPS):
            await self._say(item.speech.matter)
            if self.keys.empty():
                self._tell(item)
                await self._say(item.speech.menu)
            key = await self._key(item)
            if key == REPEAT_KEY:
                continue
            if key and await self._take(item, key):
                return True
            tries += 1
            if tries > self.manners.repeats or not item.speech.choices:
                return False
        return False

    async def _take(self, item: Item, key: str) -> bool:
        """Act on a key; False when it means nothing here."""
        language = item.speech.language
        if key in item.speech.choices:
            self._tell(item)
            self.desk.report(item, "key", key=key, payload=item.speech.choices[key])
            thanks = scripts.THANKS
        elif key == OPERATOR_KEY:
            self._tell(item)
            self.desk.report(item, "operator", key=key)
            thanks = scripts.WILL_CALL
        elif key == STOP_KEY and self.manners.opt_out and item.speech.choices:
            self._tell(item)
            self.desk.report(item, "stop", key=key)
            thanks = scripts.NO_MORE
        else:
            await self._say((Sentence(scripts.NO_SUCH_KEY[language], language),))
            return False
        item.ended = True
        await self._say((Sentence(thanks[language], language),))
        return True

    def _tell(self, item: Item) -> None:
        if not item.told:
            item.told = True
            self.desk.report(item, "delivered")

    async def _say(self, sentences: tuple[Sentence, ...]) -> None:
        """Play to the end; a key cuts it short."""
        if not sentences or not self.keys.empty():
            return
        try:
            samples = await self.voice.samples(sentences)
        except Mute:
            return  # all of the message was made before the call; only a courtesy can be missing
        coded = await asyncio.to_thread(encode, samples, self.stream.codec)
        self._length = len(coded)
        if self.keys.empty():
            await self.stream.play(coded)

    async def _key(self, item: Item) -> str:
        if not self.keys.empty():
            return self.keys.get_nowait()
        if not item.speech.choices:
            return ""
        try:
            return await asyncio.wait_for(self.keys.get(), self.manners.key)
        except TimeoutError:
            return ""

    def _share(self) -> float:
        return 1.0 - self.stream.left / self._length if self._length else 0.0
