"""Webhooks of IntellectDialog, and what `listen` hands over in the same form.

Their bodies are not documented in public: an error is known by the fields of one client (`message_id`, `error_at`,
`detail`); messages and statuses are taken to carry the message as `GET messages` shows it. Where they do not, polling
still brings everything, and what comes here gives no events.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from priyom.channels.intellectdialog.messages import address_of, is_incoming, moment, number_of, report_of, said_of
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, Reported
from priyom.contracts.message import Signal
from priyom.contracts.reading import Tree


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless our secret stands in the address."""
    shown = request.query.get("key", "")
    if not hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), account.hook_secret.encode()):
        raise Forged("the key is missing or wrong")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """(the message's number, its person); a report also by what it says; a hash when it cannot be read."""
    whole = "sha256:" + sha256(request.body).hexdigest()
    try:
        tree = _inner(Tree.of(request.body))
        if tree.has("id") and is_incoming(tree):
            return f"in:{number_of(tree)[:100]}", address_of(tree)
        return whole, address_of(tree)
    except Malformed:
        return whole, ""


def parse(account: Account, request: Request) -> Parsed:
    """A person's words, a report, or nothing for what is unknown to us. Raises Malformed."""
    tree, zone = _inner(Tree.of(request.body)), account.settings.zone
    event: Event | None = None
    if tree.has("error_at") or (tree.has("detail") and tree.has("message_id")):
        told = f"IntellectDialog: {tree.words('detail', '')[:300]}"
        event = Reported(number_of(tree, "message_id"), Signal.FAILED, told, moment(tree.words("error_at", ""), zone))
    elif tree.has("id") and tree.has("type_name"):
        ours = account.settings.provider_id.strip()
        if tree.words("provider_id", ours) == ours:
            event = said_of(tree, zone) if is_incoming(tree) else report_of(tree, zone)
    return Parsed((event,) if event else ())


def answer(request: Request) -> tuple[int, str, bytes]:
    """200 counts as taken."""
    return 200, "text/plain", b"ok"


def _inner(tree: Tree) -> Tree:
    """The message may stand bare or under one of these names."""
    for name in ("response", "data", "message"):
        if isinstance(tree.value.get(name), dict):
            tree = tree.branch(name)
    return tree
