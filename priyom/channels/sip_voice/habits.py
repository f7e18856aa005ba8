"""From an account's settings to the parts of its line: how we behave on the phone, with which voice, on which ports,
and how a number is spelled for this trunk."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import Any

from priyom.channels.sip_voice import Settings
from priyom.channels.sip_voice.conversation import Manners
from priyom.channels.sip_voice.leg import Trunk
from priyom.channels.sip_voice.speech import Voice
from priyom.contracts.errors import Misconfigured


def manners_of(settings: Settings) -> Manners:
    """How we behave."""
    return Manners(
        ring=max(5, settings.ring_seconds),
        key=max(1, settings.key_seconds),
        repeats=max(0, settings.repeats),
        follow_up=max(0, settings.follow_up_seconds),
        longest=max(10, settings.longest_seconds),
        machine=max(0, settings.machine_seconds),
        opt_out=settings.opt_out,
        rehearsal=settings.rehearsal,
    )


def voice_of(settings: Settings) -> Voice:
    """With which voice."""
    return Voice(settings.prompts, program=settings.speech == "espeak-ng", signal=settings.rehearsal)


def ports_of(settings: Settings) -> Sequence[int]:
    """The even ports of `10000-10100` for sound; () for any. Raises Misconfigured."""
    if not settings.rtp_ports:
        return ()
    first, _, last = settings.rtp_ports.partition("-")
    if not (first.strip().isdecimal() and last.strip().isdecimal()):
        raise Misconfigured("порты для звука пишут так: 10000-10100")
    low, high = int(first), int(last)
    if not 1024 <= low < high <= 65_535:
        raise Misconfigured("порты для звука должны лежать между 1024 и 65535")
    return range(low + low % 2, high + 1, 2)


def number_of(settings: Settings, address: str) -> str:
    """`+77011234567` as this trunk wants it: `+7701...`, `7701...` or `8701...`."""
    digits = address.lstrip("+")
    match settings.number_format:
        case "+7…":
            return "+" + digits
        case "8…" if digits.startswith("7") and len(digits) == 11:
            return "8" + digits[1:]
    return digits


def check_rehearsal(settings: Settings, trunk: Trunk) -> None:
    """Raises Misconfigured when words would go in writing to anybody but this machine's sandbox."""
    if settings.rehearsal and not ipaddress.ip_address(trunk.server[0]).is_loopback:
        raise Misconfigured("учебный режим работает только с эмулятором на этой же машине: выключите его")


async def first_of(task: asyncio.Task[Any], event: asyncio.Event, timeout: float) -> None:
    """Wait for the one or the other, at most `timeout` seconds."""
    waiting = asyncio.ensure_future(event.wait())
    try:
        await asyncio.wait({task, waiting}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
