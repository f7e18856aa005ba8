"""What is agreed about the sound (SDP, RFC 4566 and 3264): one stream of G.711, and keys beside it (RFC 4733)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

PCMU, PCMA = 0, 8
OUR_KEYS = 101
_MAP = re.compile(r"rtpmap:(\d{1,3}) ([A-Za-z0-9-]+)/(\d+)")


class NoCommonSound(ValueError):
    """The other side offers no G.711 by RTP."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Where to send sound, in which codec, and the payload type of key presses (None: it does not send them so)."""

    host: str
    port: int
    codec: int
    keys: int | None


def offer(host: str, port: int, session: int) -> bytes:
    """Our description: A-law first (Russia and Kazakhstan speak it), both ways."""
    family = "IP6" if ":" in host else "IP4"
    lines = [
        "v=0", f"o=priyom {session} 1 IN {family} {host}", "s=-", f"c=IN {family} {host}", "t=0 0",
        f"m=audio {port} RTP/AVP {PCMA} {PCMU} {OUR_KEYS}", f"a=rtpmap:{PCMA} PCMA/8000", f"a=rtpmap:{PCMU} PCMU/8000",
        f"a=rtpmap:{OUR_KEYS} telephone-event/8000", f"a=fmtp:{OUR_KEYS} 0-15", "a=ptime:20", "a=sendrecv", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


def agree(body: bytes) -> Sound:
    """The other side's description. Raises NoCommonSound."""
    host, audio, names, here = "", "", {}, False
    for line in body.decode("utf-8", "replace").splitlines():
        kind, _, value = line.strip().partition("=")
        if kind == "m":
            here = value.startswith("audio ") and not audio
            audio = value if here else audio
        elif kind == "c" and (here or not audio):
            host = value.split()[-1].partition("/")[0] if value.split() else ""
        elif kind == "a" and here and (match := _MAP.match(value)):
            names[int(match[1])] = match[2].lower()
    parts = audio.split()
    if len(parts) < 4 or not parts[1].isdecimal() or not _is_address(host) or "AVP" not in parts[2]:
        raise NoCommonSound("no audio")
    types = [int(part) for part in parts[3:] if part.isdecimal()]
    codec = next((t for t in types if t in (PCMU, PCMA)), None)
    if codec is None or not 0 < int(parts[1]) < 65_536:
        raise NoCommonSound("no G.711")
    return Sound(host, int(parts[1]), codec, next((t for t in types if names.get(t) == "telephone-event"), None))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
