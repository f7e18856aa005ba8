"""What a webhook is answered, apart from how it came and where it is kept: pure decisions, the same for both doors."""

from __future__ import annotations

from dataclasses import dataclass

from priyom.contracts.channel import Account as Wire
from priyom.contracts.channel import Receiver, Request
from priyom.contracts.errors import Forged

TEXT = "text/plain; charset=utf-8"
RETRY_AFTER = "5"
"""Seconds after which a vendor that heeds it may repeat."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer over HTTP."""

    status: int
    kind: str = TEXT
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


NOBODY = Answer(404)
ALIVE = Answer(200)
NOT_SO = Answer(405, headers=(("Allow", "POST"),))
UNREADABLE = Answer(400)
TOO_SLOW = Answer(408, headers=(("Connection", "close"),))
TOO_LARGE = Answer(413)
FAR_TOO_LARGE = Answer(413, headers=(("Connection", "close"),))
FORGED = Answer(403)


def later(why: str) -> Answer:
    """Nothing was kept: to be repeated."""
    return Answer(503, TEXT, f"{why}\n".encode(), (("Retry-After", RETRY_AFTER),))


LOCKED = later("Секреты этого канала сейчас не открыть: повторите позже")
AWAY = later("Сохранить сейчас некуда: повторите позже")
CROWDED = later("Сейчас слишком много вызовов: повторите позже")


def tried(method: str, receiver: Receiver) -> bool:
    """Whether this is a vendor trying the address."""
    return method == "GET" and hasattr(receiver, "challenge")


def by_method(method: str, receiver: Receiver) -> Answer | None:
    """The answer that needs no body; None when the body is wanted."""
    if method == "HEAD":  # a vendor looks whether the address lives
        return ALIVE
    if not tried(method, receiver) and method not in getattr(receiver, "METHODS", ("POST",)):
        return NOT_SO
    return None


def by_proof(method: str, receiver: Receiver, known: Wire, came: Request) -> Answer | None:
    """The answer to a vendor's try, or to a forgery; None when it is genuine and is to be kept."""
    try:
        if tried(method, receiver):
            status, kind, content = receiver.challenge(known, came)
            return Answer(status, kind, content)
        receiver.verify(known, came)
    except Forged:
        return FORGED
    return None


def accepted(receiver: Receiver, known: Wire, came: Request) -> Answer:
    """What the vendor takes for «accepted»; to be said after it is kept."""
    status, kind, content = receiver.reply(known, came) if hasattr(receiver, "reply") else receiver.answer(came)
    return Answer(status, kind, content)
