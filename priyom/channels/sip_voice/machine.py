"""Tells an answering machine from a person, simply: a person says «алло» and waits, a machine talks on. Whoever speaks
for longer than the setting without a pause is taken for a machine; whoever is silent, for a person."""

from __future__ import annotations

import asyncio

from priyom.channels.sip_voice.rtp import FRAME_SECONDS, Stream

HELLO_SECONDS = 1.2
"""So long we wait for the first word."""
PAUSE_SECONDS = 0.6
"""So much silence ends a «алло»."""
_POLL = 0.05


class Watch:
    """Listens to the first seconds of a call; `limit` is the speech, in seconds, that no person begins with."""

    def __init__(self, stream: Stream, limit: float) -> None:
        self._limit = limit
        self._loud = self._quiet = self._all = 0
        stream.sounded = self._hear

    async def is_machine(self) -> bool:
        """Wait until it is clear. Whoever sends no sound at all is given the benefit of the doubt."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() - began < self._limit + HELLO_SECONDS + 2.0:
            await asyncio.sleep(_POLL)
            if self._loud * FRAME_SECONDS >= self._limit:
                return True
            spoke = self._loud > 5
            if spoke and self._quiet * FRAME_SECONDS >= PAUSE_SECONDS:
                return False
            if not spoke and loop.time() - began >= HELLO_SECONDS:
                return False
        return False

    def _hear(self, loud: bool) -> None:
        if loud:
            self._loud += 1 + (self._quiet if self._loud > 5 and self._quiet < 15 else 0)
            self._quiet = 0
        else:
            self._quiet += 1
