"""A message of the staff that did not arrive, once more on another channel: by one press, and once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction

from priyom.clinic.models import Staff
from priyom.contracts.message import Signal
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import StoredFile
from priyom.foundation.clock import now
from priyom.inbox.late import look_after
from priyom.inbox.models import Conversation
from priyom.inbox.routes import Route, routes
from priyom.inbox.thread import Entry, ours
from priyom.inbox.turn import expects

WITHIN = timedelta(days=3)
"""What failed longer ago is no news any more: nobody shall send it by one press."""


class NotToBeSent(Exception):
    """It went again already, or it did arrive after all."""


class OtherWay(Exception):
    """The way that was offered is not the one that is open now."""


def open_ways(conversation: Conversation) -> list[Route]:
    """Ways that take free words now, the best first, each once."""
    if conversation.patient_id is None:
        return []
    found = {route.key: route for route in reversed(list(routes(conversation.patient_id, None))) if not route.closed}
    return list(reversed(found.values()))


def offered(entries: Iterable[Entry]) -> list[Entry]:
    """Those of the staff that failed lately."""
    since = now() - WITHIN
    return [e for e in entries if e.ours and e.signal == Signal.FAILED and e.at >= since]


def way_for(ways: Sequence[Route], channel: str, text: str, sizes: Sequence[int | None]) -> Route | None:
    """The best way that is not the channel it failed on, and carries all of it: `sizes` are its files' bytes."""
    return next((way for way in ways if way.account.channel != channel and _carries(way, text, sizes)), None)


@transaction.atomic
def send_again(staff: Staff, conversation: Conversation, delivery_id: int, account_id: int) -> int:
    """The same words and files over the way that was offered (`account_id`); the new delivery's id.

    Raises NotToBeSent, OtherWay, Delivery.DoesNotExist.
    """
    rows = ours(conversation).select_for_update(of=("self",)).select_related("account")
    failed = rows.get(pk=delivery_id, origin="staff")
    if failed.signal != Signal.FAILED or ours(conversation).filter(body__again=failed.pk).exists():
        raise NotToBeSent
    files = list(StoredFile.objects.filter(pk__in=failed.body.get("files", ())).values_list("pk", "name", "size"))
    text = str(failed.body.get("text", ""))
    way = way_for(open_ways(conversation), failed.account.channel, text, [size for _, _, size in files])
    if way is None or way.account.pk != account_id:
        raise OtherWay
    body: dict[str, object] = {"text": text, "again": failed.pk}
    if files:
        body["files"] = failed.body["files"]
    if way.open_until is not None:
        body["window_until"] = way.open_until.isoformat()
    made = enqueue(
        Order(
            account_id=way.account.pk, address=way.address, body=body, origin="staff", origin_id=staff.pk,
            contact_point_id=way.contact_point_id, patient_id=conversation.patient_id,
        )
    )  # fmt: skip
    _answered(conversation, staff, text or str(files[0][1]))
    look_after(made, way.card)
    return made


def _answered(conversation: Conversation, staff: Staff, words: str) -> None:
    thread = Conversation.objects.select_for_update().get(pk=conversation.pk)
    thread.last_at, thread.last_text = now(), words[:200]
    thread.save(update_fields=["last_at", "last_text"])
    expects(thread, staff)


def _carries(way: Route, text: str, sizes: Sequence[int | None]) -> bool:
    card = way.card
    if len(text) > card.text_limit:
        return False
    if not sizes:
        return True
    return card.carries_files and all(not card.file_limit or (size or 0) <= card.file_limit for size in sizes)
