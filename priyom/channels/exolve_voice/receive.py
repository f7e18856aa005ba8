"""Nothing comes in: Exolve is asked what became of a call (`send.ask`), and whatever calls our address is forged."""

from __future__ import annotations

from hashlib import sha256

from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged


def verify(account: Account, request: Request) -> None:
    """Raises Forged: the form of the vendor's own webhooks is not published, so none is taken."""
    raise Forged("this channel takes no webhooks")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """A hash of the body."""
    return "sha256:" + sha256(request.body).hexdigest(), ""


def parse(account: Account, request: Request) -> Parsed:
    """No events."""
    return Parsed()


def answer(request: Request) -> tuple[int, str, bytes]:
    """Never needed."""
    return 200, "application/json", b"{}"
