"""Reads what the gateway posts to the handler: a form with `data[0]`, `data[1]`, ... and `hash`.

Each entry is a few lines: its kind, then (for `sms_status`) the message, its state and the unix time. `hash` is the
SHA-256 of the account's api_id and all entries, one after another. Anything but «100» in answer is repeated for days.
Source: the gateway's page api/callback and its clients in the open.
"""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import parse_qsl

from priyom.channels.smsru import codes
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Reported
from priyom.contracts.reading import clean

MOST_FIELDS = 1000
_PLAIN = re.compile(r"[\w.:-]{1,60}", re.ASCII)


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless `hash` was made with the account's api_id."""
    try:
        entries, shown = _form(request)
    except Malformed as error:
        raise Forged(str(error)) from None
    right = sha256((account.settings.api_id + "".join(entries)).encode()).hexdigest()
    if not hmac.compare_digest(right.encode(), shown.lower().encode("utf-8", "replace")):
        raise Forged("hash не сходится")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """The update key is made of the entries; the chat key is the message they are about, '' when they are many."""
    try:
        entries, _ = _form(request)
    except Malformed:
        return "body:" + sha256(request.body).hexdigest(), ""
    about = {entry.split("\n")[1].strip() if "\n" in entry else "" for entry in entries}
    only = about.pop() if len(about) == 1 else ""
    return "data:" + sha256("\0".join(entries).encode()).hexdigest(), only if _PLAIN.fullmatch(only) else ""


def parse(account: Account, request: Request) -> Parsed:
    """A report for each `sms_status`; checks by call and states not in the table give none. Raises Malformed."""
    entries, _ = _form(request)
    return Parsed(tuple(report for entry in entries if (report := _report(entry)) is not None))


def answer(request: Request) -> tuple[int, str, bytes]:
    """The gateway looks at the body."""
    return 200, "text/plain", b"100"


def _report(entry: str) -> Reported | None:
    lines = [line.strip() for line in entry.split("\n")]
    if lines[0] != "sms_status":
        return None
    if len(lines) < 3 or not _PLAIN.fullmatch(lines[1]) or not re.fullmatch(r"-?\d{1,6}", lines[2], re.ASCII):
        raise Malformed("в записи sms_status нет номера сообщения или его состояния")
    state = int(lines[2])
    return codes.report(lines[1], state, _moment(lines[3:])) if codes.known(state) else None


def _moment(lines: list[str]) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(lines[0]), UTC)
    except (IndexError, ValueError, OverflowError, OSError):
        return None


def _form(request: Request) -> tuple[list[str], str]:
    """(the entries in the order they came, the hash). Raises Malformed."""
    try:
        pairs = parse_qsl(
            request.body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise Malformed("тело не читается как форма") from None
    entries = [value for name, value in pairs if name.partition("[")[0] == "data"]
    if not entries:
        raise Malformed("в форме нет записей data")
    return [clean(entry) for entry in entries], next((value for name, value in pairs if name == "hash"), "")
