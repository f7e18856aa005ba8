"""The two halves of a channel as the house sees them: `send.py` and `receive.py` of its folder, as protocols.

A channel is a folder `priyom/channels/<key>/` with `CARD` in `__init__.py`. Both modules are plain functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from priyom.contracts.card import Card, build_settings
from priyom.contracts.events import Event
from priyom.contracts.message import Edit, Outgoing, Receipt
from priyom.foundation.http import Http


@dataclass(frozen=True, slots=True)
class Account:
    """One bot, number or sender of the clinic. `settings` is an instance of the card's settings class.

    `hook_secret` is the secret the gateway must show in webhooks; made by us, `[A-Za-z0-9_-]{32}`.
    """

    key: str
    settings: Any
    hook_secret: str


@dataclass(frozen=True, slots=True)
class Request:
    """A webhook as it came: header names in lower case, the query as pairs, the raw body."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the account is at the vendor, learned by a live check. `name` goes into deep links (`{bot}`)."""

    name: str
    title: str
    note: str = ""
    webhook: str = ""
    """The webhook address the vendor has on record, '' when none or unknown."""


class Sender(Protocol):
    """`send.py`. Every function may raise the errors of `contracts.errors`, and nothing else.

    Only `send` and `check` are needed by every channel; the others exist where the card says so:
    `edit` (card.edits), `answer_press` (buttons pressed), `find` (after_crash ASK),
    `connect` (the vendor lets us register the webhook), `fetch` (files can come in).
    """

    async def send(self, http: Http, account: Account, outgoing: Outgoing) -> Receipt:
        """Send once. Uncertain when the request left and no answer came."""

    async def check(self, http: Http, account: Account) -> Identity:
        """Ask the vendor who we are: the live check of the set-up page."""

    async def edit(self, http: Http, account: Account, edit: Edit) -> None:
        """Replace a standing message. Already equal counts as done."""

    async def answer_press(self, http: Http, account: Account, press_id: str, text: str) -> None:
        """Stop the button's spinner, with a short note. Too late counts as done."""

    async def find(self, http: Http, account: Account, outgoing: Outgoing) -> Receipt | None:
        """Ask whether the vendor has this delivery (by our key); None: it never heard of it."""

    async def connect(self, http: Http, account: Account, url: str) -> None:
        """Register the webhook at the vendor."""

    async def fetch(self, http: Http, account: Account, ref: str) -> bytes:
        """The content of a file somebody sent."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """One webhook, understood. `events` in the vendor's order."""

    events: tuple[Event, ...] = field(default=())


class Receiver(Protocol):
    """`receive.py`: pure functions over one webhook."""

    def verify(self, account: Account, request: Request) -> None:
        """Raises Forged unless the secret or signature is right. Constant-time."""

    def identify(self, account: Account, request: Request) -> tuple[str, str]:
        """(update key, chat key): the first is equal for repeats of the same update, the second orders a chat.

        Never raises: for a body that cannot be read the update key is a hash of it and the chat key ''.
        """

    def parse(self, account: Account, request: Request) -> Parsed:
        """What the webhook says. Unknown kinds of updates give no events; raises Malformed when unreadable."""

    def answer(self, request: Request) -> tuple[int, str, bytes]:
        """(status, content type, body) that the vendor takes for «accepted»."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A card with its two halves."""

    card: Card
    sender: Sender
    receiver: Receiver

    def account(self, key: str, settings: Mapping[str, object], hook_secret: str) -> Account:
        """An account of this channel from stored values. Raises BadSettings."""
        return Account(key, build_settings(self.card.settings, settings), hook_secret)
