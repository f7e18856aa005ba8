"""Reads what the exchange tells of calls to the robot's number, and answers it: a recording to play, a key to wait for.

Forms with `event`, signed by the API secret (`signature.py`). Calls to other numbers of the clinic are none of ours:
they get an empty answer, so the clinic's own menu goes on. Source: the vendor's PHP library (webhooks, `wait_dtmf`).
"""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from urllib.parse import parse_qsl

from priyom.channels.zadarma import Settings, signature
from priyom.channels.zadarma.send import digits
from priyom.contracts.channel import Account, Parsed, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, Said, Stopped
from priyom.contracts.reading import clean

MENU = "priyom"
"""The name of our question; it comes back with the key."""
WAIT_SECONDS, ATTEMPTS = 7, 2
OPERATOR_WORDS = "0: просит перезвонить"


def verify(account: Account, request: Request) -> None:
    """Raises Forged unless the header carries the signature of this webhook."""
    try:
        right = signature.of_webhook(account.settings.secret, _fields(request))
    except Malformed as error:
        raise Forged(str(error)) from None
    if right is None:
        raise Forged("an event whose signature we do not know")
    given = request.headers.get("signature", "")
    if not hmac.compare_digest(right.encode(), given.encode("utf-8", "replace")):
        raise Forged("the signature is missing or wrong")


def challenge(account: Account, request: Request) -> tuple[int, str, bytes]:
    """The exchange tries our address: its word comes back. Raises Forged."""
    word = request.query.get("zd_echo", "")
    if not word or len(word) > 200:
        raise Forged("no zd_echo")
    return 200, "text/plain", word.encode("utf-8", "replace")


def identify(account: Account, request: Request) -> tuple[str, str]:
    """(call, event and what was pressed; the person's phone)."""
    whole = "sha256:" + sha256(request.body).hexdigest()
    try:
        fields = _fields(request)
    except Malformed:
        return whole, ""
    return whole, "+" + _person(fields) if _person(fields) else ""


def parse(account: Account, request: Request) -> Parsed:
    """The key pressed in our menu; everything else gives no events. Raises Malformed."""
    fields = _fields(request)
    settings: Settings = account.settings
    if fields.get("event") != "NOTIFY_IVR" or not _is_robot(settings, fields) or not _person(fields):
        return Parsed()
    name, pressed = _pressed(fields)
    if name != MENU or not pressed:
        return Parsed()
    phone, number = "+" + _person(fields), fields.get("pbx_call_id", "")[:100]
    made: Event = Said(phone, OPERATOR_WORDS if pressed == "0" else pressed, f"{number}:{pressed}")
    if pressed == "9" and settings.opt_out:
        made = Stopped(phone, "нажал 9: больше не звонить")
    return Parsed((made,))


def answer(request: Request) -> tuple[int, str, bytes]:
    """An empty answer leaves the call to the exchange."""
    return 200, "application/json", b"{}"


def reply(account: Account, request: Request) -> tuple[int, str, bytes]:
    """What the exchange shall do next in this call."""
    settings: Settings = account.settings
    try:
        fields = _fields(request)
    except Malformed:
        return answer(request)
    if not _is_robot(settings, fields):
        return answer(request)
    order: dict[str, object] = {}
    if fields.get("event") == "NOTIFY_START" and settings.menu_file:
        wait = {"timeout": WAIT_SECONDS, "attempts": ATTEMPTS, "maxdigits": 1, "name": MENU, "default": "hangup"}
        order = {"ivr_play": settings.menu_file, "wait_dtmf": wait}
    elif fields.get("event") == "NOTIFY_IVR":
        thanks = settings.thanks_file and _pressed(fields)[0] == MENU and _pressed(fields)[1]
        order = {"ivr_play": settings.thanks_file} if thanks else {"hangup": 1}
    return 200, "application/json", json.dumps(order).encode()


def _is_robot(settings: Settings, fields: dict[str, str]) -> bool:
    return digits(fields.get("called_did", "")) == digits(settings.robot_number) != ""


def _person(fields: dict[str, str]) -> str:
    number = digits(fields.get("caller_id", ""))
    return number if 7 <= len(number) <= 15 else ""


def _pressed(fields: dict[str, str]) -> tuple[str, str]:
    """(name of the question, keys); PHP's spelling of nested fields, or JSON in one field."""
    if "wait_dtmf[name]" in fields:
        return fields["wait_dtmf[name]"], fields.get("wait_dtmf[digits]", "")[:20]
    try:
        nested = json.loads(fields.get("wait_dtmf", "{}"))
    except (ValueError, RecursionError):
        nested = {}
    nested = nested if isinstance(nested, dict) else {}
    return clean(str(nested.get("name", ""))), clean(str(nested.get("digits", "")))[:20]


def _fields(request: Request) -> dict[str, str]:
    try:
        text = request.body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, max_num_fields=100)
    except ValueError:
        raise Malformed("the body is not a form") from None
    fields = {clean(name): clean(value) for name, value in pairs}
    if not fields.get("event", "").startswith("NOTIFY_"):
        raise Malformed("event is missing")
    return fields
