"""What a refusal of an SMTP server means for us: by the enhanced code first (RFC 3463, 5248), then by the plain one.

«A policy refuses» (5.7.x) is our fault at this stage: the relay we log in to speaks of us, while a stranger's server
speaks later, through a bounce. Only an unknown or disabled mailbox marks the address itself.
"""

from __future__ import annotations

import re
from enum import StrEnum

from priyom.contracts.errors import ChannelError, Misconfigured, NotReachable, Rejected, Throttled, Unavailable

PAUSE_SECONDS = 900.0

_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_DEAD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"})
_OURS = frozenset({"5.1.7", "5.1.8"})
_TOO_MANY = re.compile(r"too many|rate|limit|throttl|slow down|quota exceeded", re.IGNORECASE)
_UNKNOWN = re.compile(r"unknown|no such|not exist|not found|invalid (recipient|mailbox|user)", re.IGNORECASE)
_SPAM = re.compile(r"spam|policy|blocked|blacklist|relay", re.IGNORECASE)


class Stage(StrEnum):
    """What the server was answering to."""

    GREETING = "greeting"
    LOGIN = "login"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"


def enhanced(text: str) -> str:
    """The enhanced status code in an answer (`5.1.1`), or ''."""
    match = _ENHANCED.search(text)
    return match[1] if match else ""


def dead(status: str) -> bool:
    """Whether this enhanced code says that the mailbox or its domain does not exist."""
    return status in _DEAD


def unknown_in(text: str) -> bool:
    """Whether these words say, without a code, that the mailbox does not exist."""
    return bool(_UNKNOWN.search(text))


def refusal(stage: Stage, code: int, text: str) -> ChannelError:
    """The error of an answer that was not a yes."""
    status = enhanced(text)
    said = f"сервер почты ответил {code} {text}"[:300]
    kept = status or str(code)
    if code < 500:
        return _temporary(stage, status, said, kept, text)
    return _permanent(stage, code, status, text)(said, kept)


def _temporary(stage: Stage, status: str, said: str, kept: str, text: str) -> ChannelError:
    if stage is not Stage.LOGIN and (status in ("4.7.0", "4.7.28") or _TOO_MANY.search(text)):
        return Throttled(said, PAUSE_SECONDS, kept)
    if status == "4.2.2":
        return Rejected(said, kept)
    return Unavailable(said, kept)


def _permanent(stage: Stage, code: int, status: str, text: str) -> type[ChannelError]:
    if stage in (Stage.GREETING, Stage.LOGIN) or code in (530, 534, 535, 538) or status in _OURS:
        return Misconfigured
    if dead(status):
        return NotReachable
    if status.startswith("5.7."):
        return Misconfigured
    if status:
        return Rejected
    if stage is Stage.RCPT and code in (550, 551, 553) and _UNKNOWN.search(text):
        return NotReachable
    if (stage is Stage.MAIL and code in (550, 551, 553, 554)) or _SPAM.search(text):
        return Misconfigured
    return Rejected
