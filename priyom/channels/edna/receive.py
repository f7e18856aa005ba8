"""Webhooks of edna Pulse: a report, a message, or a list of templates, told apart by what they hold.
https://docs-pulse.edna.io/docs/api/callback"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from hashlib import sha256

from priyom.channels.edna.patterns import registered
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, IncomingFile, Pressed, Reported, Said, TemplateChanged
from priyom.contracts.message import Signal
from priyom.contracts.reading import Tree

SIGNALS = {
    "SENT": Signal.SENT,
    "DELIVERED": Signal.DELIVERED,
    "READ": Signal.READ,
    "UNDELIVERED": Signal.FAILED,
    "FAILED": Signal.FAILED,
    "EXPIRED": Signal.FAILED,
    "CANCELLED": Signal.FAILED,
}
GONE = ("not-whatsapp-user", "131026")
"""What an error says when the number has no WhatsApp."""
FILES = {"IMAGE": "image/jpeg", "VIDEO": "video/mp4", "AUDIO": "audio/ogg", "DOCUMENT": "application/octet-stream"}


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless our secret stands in the address, or edna's own key in the header."""
    key = account.settings.webhook_key.strip()
    shown, right = request.query.get("key", ""), account.hook_secret
    if key:
        shown, right = request.headers.get("x-api-key", ""), key
    if not hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), right.encode("utf-8", "surrogateescape")):
        raise Forged("the key is missing or wrong")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """(what is told, whose it is); a hash of the body when it cannot be read."""
    whole = "sha256:" + sha256(request.body).hexdigest()
    try:
        tree = _tree(request.body)
        if tree.has("messageContent"):
            return f"in:{tree.number('id')}", _address(tree)
        if tree.has("requestId"):
            return f"{tree.words('requestId')[:100]}:{tree.words('status')[:32]}", tree.words("requestId")[:100]
    except Malformed:
        return whole, ""
    return whole, ""


def parse(account: Account, request: Request) -> Parsed:
    """What the webhook says; nothing for kinds unknown to us. Raises Malformed."""
    tree = _tree(request.body)
    events: list[Event] = []
    if tree.has("templates"):
        found = [registered(item.value) for item in tree.branches("templates")]
        events = [TemplateChanged(item) for item in found if item is not None]
    elif tree.has("messageContent"):
        events = _message(tree)
    elif tree.has("requestId") and (signal := SIGNALS.get(tree.words("status").upper())):
        events = [_report(tree, signal)]
    return Parsed(tuple(events))


def answer(request: Request) -> tuple[int, str, bytes]:
    """200 counts as taken."""
    return 200, "text/plain", b"ok"


def _tree(body: bytes) -> Tree:
    """Templates come as a bare list."""
    return Tree.of(b'{"templates":' + body + b"}" if body.lstrip().startswith(b"[") else body)


def _report(tree: Tree, signal: Signal) -> Event:
    error = tree.value.get("error")
    code = error if isinstance(error, str) else str(error.get("code", "")) if isinstance(error, dict) else ""
    said = f"edna: {tree.words('status').lower()}" + (f" ({code})" if code else "")
    gone = signal is Signal.FAILED and any(word in code for word in GONE)
    return Reported(tree.words("requestId"), signal, _plain(said), _moment(tree, "statusAt"), _plain(code), gone)


def _message(tree: Tree) -> list[Event]:
    content, address = tree.branch("messageContent"), _address(tree)
    if not address:
        return []
    provider_id, at = str(tree.number("id")), _moment(tree, "receivedAt")
    about = tree.words("replyOutMessageExternalRequestId", "")
    user = tree.maybe("userInfo")
    name = user.words("userName", "") or user.words("firstName", "") if user else ""
    if payload := content.words("payload", ""):
        return [Pressed(address, payload, f"in:{provider_id}", about, at, name)]
    for item in content.branches("items"):
        if chosen := item.words("identifier", ""):
            return [Pressed(address, chosen, f"in:{provider_id}", about, at, name)]
    text = content.words("text", "") or content.words("caption", "")
    files = _files(content)
    return [Said(address, text, provider_id, at, name, about, files)] if text or files else []


def _files(content: Tree) -> tuple[IncomingFile, ...]:
    found = content.maybe("attachment")
    url = found.words("url", "") if found else ""
    if found is None or not url:
        return ()
    size = found.maybe_number("size")
    mime = FILES.get(content.words("type", "").upper(), "application/octet-stream")
    return (IncomingFile(found.words("name", "") or "file", mime, url, size),)


def _address(tree: Tree) -> str:
    digits = "".join(c for c in tree.branch("subscriber").words("identifier", "") if c in "0123456789")
    if len(digits) == 11 and digits.startswith("8"):
        digits = "7" + digits[1:]
    return f"+{digits}" if digits else ""


def _moment(tree: Tree, name: str) -> datetime | None:
    told = tree.words(name, "")
    if not told:
        return None
    try:
        at = datetime.fromisoformat(told)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Malformed(f"{name} is not a moment") from None


def _plain(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()
