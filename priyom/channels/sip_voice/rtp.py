"""One call's sound: a steady stream of 20 ms packets out (speech or silence), key presses and loudness in.

RTP is RFC 3550, key presses RFC 4733: one key is several packets with one timestamp, and counts once.
"""

from __future__ import annotations

import asyncio
import secrets
import struct
from collections import deque
from collections.abc import Callable, Sequence

from priyom.channels.sip_voice.audio import DECODED, SILENCE
from priyom.channels.sip_voice.sdp import PCMA, Sound
from priyom.channels.sip_voice.tones import Ear

FRAME = 160
FRAME_SECONDS = 0.02
KEYS = "0123456789*#ABCD"
LOUD = 600
"""A sample beyond this is voice, not the line's noise (32767 is the loudest)."""
_HEAD = struct.Struct("!BBHII")
_LOUD = {codec: bytes(abs(value) > LOUD for value in table) for codec, table in DECODED.items()}
_LATE = 0.5


class NoPort(OSError):
    """Every port of the range is taken."""


def packet(kind: int, number: int, stamp: int, source: int, body: bytes, *, mark: bool = False) -> bytes:
    """One RTP packet."""
    return _HEAD.pack(0x80, kind | (0x80 if mark else 0), number & 0xFFFF, stamp & 0xFFFFFFFF, source) + body


def unpack(data: bytes) -> tuple[int, int, bytes] | None:
    """(payload type, timestamp, body) of a packet; None when it is no RTP."""
    if len(data) < 12 or data[0] >> 6 != 2:
        return None
    _, kind, _, stamp, _ = _HEAD.unpack_from(data)
    at = 12 + 4 * (data[0] & 15)
    if data[0] & 0x10 and len(data) >= at + 4:
        at += 4 + 4 * struct.unpack_from("!H", data, at + 2)[0]
    return kind & 0x7F, stamp, data[at:]


def key_packets(key: str, kind: int, number: int, stamp: int, source: int, frames: int = 5) -> list[bytes]:
    """A key press: `frames` packets while it is down, and the end three times over."""
    code = KEYS.index(key)
    made = []
    for n in range(frames + 3):
        end = n >= frames
        body = struct.pack("!BBH", code, (0x80 if end else 0) | 10, min(n + 1, frames) * FRAME)
        made.append(packet(kind, number + n, stamp, source, body, mark=n == 0))
    return made


class Stream(asyncio.DatagramProtocol):
    """`pressed` hears every key once; `sounded` hears of each packet of sound whether it was loud."""

    def __init__(self, pressed: Callable[[str], None]) -> None:
        self.pressed = pressed
        self.sounded: Callable[[bool], None] = lambda loud: None
        self._line: asyncio.DatagramTransport | None = None
        self._sound: Sound | None = None
        self._hosts: frozenset[str] = frozenset()
        self._frames: deque[bytes] = deque()
        self._empty = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._last_key: int | None = None
        self._ear = Ear()
        self._number, self._stamp = secrets.randbelow(1 << 15), secrets.randbelow(1 << 31)
        self._source = secrets.randbelow(1 << 32)

    async def open(self, host: str, ports: Sequence[int] = ()) -> int:
        """Listen on a free port, of `ports` (even ones) where they are given; its number. Raises NoPort, OSError."""
        loop = asyncio.get_running_loop()
        for port in ports or (0,):
            try:
                self._line, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, port))
            except OSError:
                if not ports:
                    raise
                continue
            return int(self._line.get_extra_info("sockname")[1])
        raise NoPort("no free port")

    def start(self, sound: Sound, also_from: str = "") -> None:
        """Send to where the other side wants it. Sound and keys are taken from there (and from `also_from`) alone: a
        stranger's packet must not cancel a visit."""
        self._sound, self._hosts = sound, frozenset({sound.host, also_from} - {""})
        if self._pump is None:
            self._pump = asyncio.get_running_loop().create_task(self._send())

    @property
    def codec(self) -> int:
        """The codec agreed upon."""
        return self._sound.codec if self._sound else PCMA

    @property
    def left(self) -> int:
        """Samples still to be played."""
        return len(self._frames) * FRAME

    async def play(self, coded: bytes) -> None:
        """Play G.711 to its end, or until `hush`."""
        pad = SILENCE[self.codec] * (-len(coded) % FRAME)
        whole = coded + pad
        self._frames.extend(whole[at : at + FRAME] for at in range(0, len(whole), FRAME))
        self._empty.clear()
        if self._frames:
            await self._empty.wait()

    def hush(self) -> None:
        """Stop what is being played."""
        self._frames.clear()
        self._empty.set()

    def press(self, key: str) -> bool:
        """Send a key press (the emulator's people do). False where the other side takes none."""
        if self._sound is None or self._sound.keys is None or self._line is None:
            return False
        packets = key_packets(key, self._sound.keys, self._number, self._stamp, self._source)
        self._number += len(packets)
        for data in packets:
            self._line.sendto(data, (self._sound.host, self._sound.port))
        self._stamp += FRAME * 8
        return True

    async def close(self) -> None:
        """Stop sending and listening."""
        self.drop()
        if self._pump is not None:
            await asyncio.gather(self._pump, return_exceptions=True)

    def drop(self) -> None:
        """The same without waiting."""
        self.hush()
        if self._pump is not None:
            self._pump.cancel()
        if self._line is not None:
            self._line.close()

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        due, mark = loop.time(), True
        while self._line is not None and self._sound is not None and not self._line.is_closing():
            frame = self._frames.popleft() if self._frames else b""
            if not self._frames:
                self._empty.set()
            body = frame or SILENCE[self._sound.codec] * FRAME
            data = packet(self._sound.codec, self._number, self._stamp, self._source, body, mark=mark)
            self._line.sendto(data, (self._sound.host, self._sound.port))
            self._number, self._stamp, mark = self._number + 1, self._stamp + FRAME, False
            due += FRAME_SECONDS
            if due < loop.time() - _LATE:  # a machine that slept shall not send a burst
                due = loop.time()
            await asyncio.sleep(max(0.0, due - loop.time()))

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        """A packet of sound or of a key."""
        found = unpack(data)
        if found is None or self._sound is None or source[0] not in self._hosts:
            return
        kind, stamp, body = found
        if kind == self._sound.keys:
            if len(body) >= 4 and body[0] < len(KEYS) and stamp != self._last_key:
                self._last_key = stamp
                self.pressed(KEYS[body[0]])
        elif kind in _LOUD and body:
            self.sounded(sum(body.translate(_LOUD[kind])) > len(body) // 10)
            if self._sound.keys is None and (key := self._ear.hear(body, kind)):
                self.pressed(key)

    def error_received(self, error: Exception) -> None:
        """The other side's port is shut: it has hung up, and SIP will say so."""
