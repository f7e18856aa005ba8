"""Reports of the partner. Their body is not published, so it is read tolerantly: wherever an object carries both the
message's number and a word for its state, under the names the settings give, that is a report. A word unknown to us
makes the whole unreadable, so that it is kept and shown."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from hashlib import sha256

from priyom.channels.vk_notify.words import signal_of
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Reported
from priyom.contracts.reading import clean

DEEPEST = 6
"""Objects within objects; a report does not stand deeper."""


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless the address carries our secret."""
    shown = request.query.get("secret", "")
    if not hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), account.hook_secret.encode()):
        raise Forged("в адресе нет ?secret= или он неверен")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """The update key is the body; the chat is the message's number, for no person is named."""
    key = "body:" + sha256(request.body).hexdigest()
    try:
        [(number, _), *_] = _reports(account, request)
    except Malformed:
        return key, ""
    return key, number


def parse(account: Account, request: Request) -> Parsed:
    """One report, or as many as stand in the body. Raises Malformed when there is none, or a word is unknown."""
    found = []
    for number, word in _reports(account, request):
        signal = signal_of(word, account.settings.statuses)
        if signal is None:
            raise Malformed(f"the state «{word}» is unknown: write it into the setting of the report's words")
        found.append(Reported(number, signal, f"VK Notify: {word}", code=word))
    return Parsed(tuple(found))


def answer(request: Request) -> tuple[int, str, bytes]:
    """Any 2xx should do."""
    return 200, "text/plain", b"ok"


def _reports(account: Account, request: Request) -> list[tuple[str, str]]:
    """(number, word) of each report in the body, at least one. Raises Malformed."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Malformed("the body is not JSON") from None
    settings = account.settings
    found = list(_within(body, settings.id_field, settings.status_field, DEEPEST))
    if not found:
        raise Malformed(f"no object with {settings.id_field} and {settings.status_field}")
    return found


def _within(value: object, number: str, state: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth == 0:
        return
    if isinstance(value, list):
        for item in value:
            yield from _within(item, number, state, depth - 1)
    elif isinstance(value, dict):
        key, word = _word(value.get(number)), _word(value.get(state))
        if key and word:
            yield key, word
            return
        for item in value.values():
            yield from _within(item, number, state, depth - 1)


def _word(value: object) -> str:
    """A text or a whole number as storable text; '' for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return clean(str(value))[:100]
