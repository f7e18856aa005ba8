"""What stands in a visitor's chat: what they said and what was written to them here, as the page shows it. A visitor
sees their own address's messages alone, whatever else is known of the patient."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.http import quote_etag
from django.views.decorators.http import require_GET

from priyom.contracts.message import LADDER, Signal
from priyom.delivery.models import Delivery, DeliveryState, FileState, Op, StoredFile
from priyom.inbox.models import Incoming
from priyom.inbox.visitors import here
from priyom.portal.site_chat.entrance import Caller, answers, reader
from priyom.portal.site_chat.files import link
from priyom.portal.site_chat.live import ticket
from priyom.portal.site_chat.phone import can_prove
from priyom.portal.site_chat.rules import READ
from priyom.portal.site_chat.tally import count
from priyom.portal.site_chat.visitor import is_known

MOST = 60
"""Messages of each side; who wants older ones asks a person."""
GOT = LADDER.index(Signal.DELIVERED)
SEEN = LADDER.index(Signal.READ)


@dataclass(frozen=True, slots=True)
class Shown:
    """One message. `rows` are buttons, `files` have links; `got` and `seen`: what the page has told of it already."""

    id: str
    mine: bool
    at: str
    text: str
    rows: list[list[dict[str, str]]]
    files: list[dict[str, Any]]
    reply_to: str = ""
    quiet: bool = False
    pressed: bool = False
    got: bool = True
    seen: bool = True


@answers
@require_GET
def messages(request: HttpRequest, key: str) -> HttpResponse:
    """`GET /chat/<key>/messages`: the newest messages, oldest first; a ticket for the live stream; whether the visitor
    is known. 304 when nothing has changed."""
    caller = reader(request, key)
    count("read", READ, request, caller.account.pk, caller.visitor)
    here([(caller.account.pk, caller.visitor)])
    known = is_known(caller)
    body = {"messages": [asdict(item) for item in shown(caller)], "known": known, "prove": not known and can_prove()}
    tag = quote_etag(hashlib.sha256(repr(body).encode()).hexdigest()[:32])
    if request.headers.get("if-none-match") == tag:
        return HttpResponse(status=304, headers={"ETag": tag})
    return JsonResponse({**body, "live": ticket(caller)}, headers={"ETag": tag})


def shown(caller: Caller) -> list[Shown]:
    """The messages of this visitor."""
    said, written = _said(caller), _written(caller)
    # What was said stands before what we answered to it in the same moment.
    found = sorted([*said, *written], key=lambda item: item[:3])
    return [item[3] for item in found[-MOST:]]


Placed = tuple[datetime, bool, int, Shown]


def _said(caller: Caller) -> list[Placed]:
    rows = list(Incoming.objects.filter(account=caller.account, address=caller.visitor).order_by("-id")[:MOST])
    files = _files(caller, (file.get("id", 0) for row in rows for file in row.files))
    return [
        (
            row.at, False, row.pk,
            Shown(
                row.provider_id or f"i{row.pk}", True, row.at.isoformat(), row.text, [],
                [files[number] for file in row.files if (number := file.get("id", 0)) in files], pressed=row.pressed,
            ),
        )
        for row in rows
    ]  # fmt: skip


def _written(caller: Caller) -> list[Placed]:
    mine = Delivery.objects.filter(
        account=caller.account, address=caller.visitor, state=DeliveryState.SETTLED, signal__in=LADDER
    )
    rows = list(mine.filter(op=Op.SEND).order_by("-id")[:MOST])
    edits = {row.body.get("target"): row for row in mine.filter(op=Op.EDIT).order_by("-id")[: 2 * MOST][::-1]}
    files = _files(caller, (number for row in rows for number in row.body.get("files", ())))
    return [_placed(row, edits.get(row.provider_id, row), files) for row in rows]


def _placed(row: Delivery, words: Delivery, files: dict[int, dict[str, Any]]) -> Placed:
    at, rung = row.sent_at or row.created_at, LADDER.index(Signal(row.signal))
    return (
        at, True, row.pk,
        Shown(
            row.provider_id, False, at.isoformat(), str(words.body.get("text", "")), _rows(words),
            [files[number] for number in row.body.get("files", ()) if number in files],
            reply_to=str(row.body.get("reply_to", "")), quiet=row.quiet, got=rung >= GOT, seen=rung >= SEEN,
        ),
    )  # fmt: skip


def _rows(row: Delivery) -> list[list[dict[str, str]]]:
    """Buttons with the payload the engine gave them: the delivery and the button."""
    return [
        [
            {"label": button["label"], "url": button["url"]}
            if button.get("url")
            else {"label": button["label"], "payload": f"{row.pk}:{button['id']}"[:64]}
            for button in buttons
        ]
        for buttons in row.body.get("rows", ())
    ]


def _files(caller: Caller, wanted: Iterable[int]) -> dict[int, dict[str, Any]]:
    ids = set(wanted)
    rows = StoredFile.objects.filter(pk__in=ids).defer("content") if ids else ()
    return {
        row.pk: {
            "name": row.name, "mime": row.mime, "size": row.size,
            "url": link(caller, row.pk) if row.state == FileState.HERE else "",
        }
        for row in rows
    }  # fmt: skip
