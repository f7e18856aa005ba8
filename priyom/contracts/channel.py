"""The two halves of a channel as the house sees them: `send.py` and `receive.py` of its folder, as protocols.

A channel is a folder `priyom/channels/<key>/` with `CARD` in `__init__.py`. Both modules are plain functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from priyom.contracts.card import Card, build_settings
from priyom.contracts.events import Event, Reported
from priyom.contracts.message import Asked, Edit, Outgoing, Receipt
from priyom.contracts.vitals import Draft, Registered, Vitals
from priyom.foundation.http import Http


@dataclass(frozen=True, slots=True)
class Account:
    """One bot, number or sender of the clinic. `settings` is an instance of the card's settings class.

    `hook_secret` is the secret the gateway must show in webhooks; made by us, `[A-Za-z0-9_-]{32}`. `session` is what
    the channel's `listen.open` made, in the worker that holds the account; None everywhere else.
    """

    key: str
    settings: Any
    hook_secret: str
    session: Any = None


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
    `edit` (card.edits), `answer_press` (buttons pressed), `find` (after_crash ASK), `ask` (card.asks_status),
    `vitals` (card.tells_vitals), `typing` (card.types), `submit` and `templates` (card.templates), `fetch` (files can
    come in); `connect` where the vendor lets us register the webhook.
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

    async def typing(self, http: Http, account: Account, address: str) -> None:
        """Show the person that we are writing. Nothing is lost when it fails."""

    async def ask(self, http: Http, account: Account, asked: Sequence[Asked]) -> Sequence[Reported]:
        """What became of these (at most 100); those of which there is nothing to say are absent."""

    async def vitals(self, http: Http, account: Account) -> Vitals:
        """How the account stands: balance, rating, limit."""

    async def submit(self, http: Http, account: Account, draft: Draft) -> Registered:
        """Hand in a template for approval. Raises Rejected with the vendor's reason."""

    async def templates(self, http: Http, account: Account) -> Sequence[Registered]:
        """All templates of the account, as the vendor has them."""


class Post(Protocol):
    """What a listening session hands its catch to; given by the worker."""

    hook_url: str
    """Where the vendor would call us, were it to use the webhook."""

    async def take(self, request: Request) -> None:
        """Keep an update durably, as if it had come by webhook; only then tell the vendor that it was taken. A repeat
        changes nothing. `receive.identify` and `receive.parse` will see this request; `verify` will not."""

    async def cursor(self) -> str:
        """What `keep` was last told, '' at first: a position in the vendor's queue."""

    async def keep(self, cursor: str) -> None:
        """Remember the position over restarts."""


class Session(Protocol):
    """A line held open. The channel's `send` finds it as `account.session` and may speak over it."""

    async def run(self) -> None:
        """Hold the line until cancelled; reconnect by yourself after short troubles. Ends by returning only when there
        is nothing to hold. Raises the errors of `contracts.errors`: the worker tells the clinic and opens it anew."""


class Listener(Protocol):
    """`listen.py`, where the card says `listens`."""

    def open(self, http: Http, account: Account, post: Post) -> Session | None:
        """A session of this account, not yet running; None when its settings want none."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """One webhook, understood. `events` in the vendor's order."""

    events: tuple[Event, ...] = field(default=())


class Receiver(Protocol):
    """`receive.py`: pure functions over one webhook.

    Optional beside them: `METHODS` (("GET", "POST") where the vendor reports by GET), `challenge` (the vendor tries our
    address by GET), `reply` (the answer depends on the account; goes before `answer`). Where the vendor calls addresses
    below ours, the rest of the path stands in the request's query as `_path`.
    """

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

    def reply(self, account: Account, request: Request) -> tuple[int, str, bytes]:
        """The same, where it depends on the account."""

    def challenge(self, account: Account, request: Request) -> tuple[int, str, bytes]:
        """The answer to the vendor's GET that proves the address is ours. Raises Forged."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A card with its two halves."""

    card: Card
    sender: Sender
    receiver: Receiver
    listener: Listener | None = None

    def account(self, key: str, settings: Mapping[str, object], hook_secret: str) -> Account:
        """An account of this channel from stored values. Raises BadSettings."""
        return Account(key, build_settings(self.card.settings, settings), hook_secret)
