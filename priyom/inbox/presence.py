"""Who is at the desk now: what they say of themselves, and whether a page of theirs is open at all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from priyom.clinic.models import Staff
from priyom.foundation.clock import now
from priyom.inbox.desk_models import Here, Presence
from priyom.inbox.facts import PresenceChanged
from priyom.inbox.models import CallTask, TaskState
from priyom.journal.record import record

GONE_AFTER = timedelta(minutes=3)
"""Whoever had no page open for so long is away, whatever they said."""
LEFT_AFTER = timedelta(minutes=5)
"""Whoever is away for so long: what waits for them may be handed out."""
BEAT = timedelta(seconds=20)
"""Several tabs beat; one row a person is written no more often than so."""


def beat(staff: Staff) -> Here:
    """A page of theirs is open; how they count now. One statement, as a rule."""
    at = now()
    known = Presence.objects.filter(staff=staff).first()
    if known is None:
        known, _ = Presence.objects.get_or_create(staff=staff, defaults={"since": at, "seen_at": at})
        return Here(known.state)
    was_gone = _gone(known, at)
    if was_gone and known.state != Here.BREAK:  # who comes back to the desk is at it; a break is ended by hand
        Presence.objects.filter(pk=known.pk).update(state=Here.HERE, since=at, seen_at=at)
        return Here.HERE
    if known.seen_at <= at - BEAT or known.seen_at > at:
        Presence.objects.filter(pk=known.pk).update(seen_at=at)
    return Here(known.state)


@transaction.atomic
def say(staff: Staff, state: Here) -> None:
    """They take conversations, have a break, or leave; calls they had in hand are free again when they go. Records
    PresenceChanged."""
    at = now()
    row, created = Presence.objects.select_for_update().get_or_create(
        staff=staff, defaults={"state": state, "since": at, "seen_at": at}
    )
    if not created:
        if row.state != state or _gone(row, at):
            row.since = at
        row.state, row.seen_at = state, at
        row.save(update_fields=["state", "since", "seen_at"])
    if state != Here.HERE:
        let_go(staff)
    record(PresenceChanged(staff_id=staff.pk, state=state.value))


def let_go(staff: Staff, but: int = 0) -> None:
    """The calls this person had in hand are free again, all but one."""
    held = CallTask.objects.filter(state=TaskState.OPEN, taken_by=staff, said_until=None).exclude(pk=but)
    held.update(taken_by=None, taken_at=None, taken_name="")


def stands(row: Presence | None, at: datetime) -> Here:
    """How a person counts at that moment; somebody never seen is away."""
    return Here.AWAY if row is None or _gone(row, at) else Here(row.state)


def states(people: Iterable[Staff]) -> dict[int, Here]:
    """staff id -> how they count now."""
    at = now()
    known = {row.staff_id: row for row in Presence.objects.filter(staff__in=[one.pk for one in people])}
    return {one.pk: stands(known.get(one.pk), at) for one in people}


def present() -> Q:
    """A condition on Staff: at the desk now."""
    at = now()
    return Q(presence__state=Here.HERE, presence__seen_at__gt=at - GONE_AFTER, presence__seen_at__lte=at + GONE_AFTER)


def has_left(row: Presence | None, at: datetime) -> bool:
    """On a break, or away long enough that others shall take what waits for them."""
    if row is None:
        return True
    if row.state == Here.AWAY:
        return at - row.since >= LEFT_AFTER or at - row.seen_at >= LEFT_AFTER
    return row.state == Here.BREAK or at - row.seen_at >= LEFT_AFTER


def _gone(row: Presence, at: datetime) -> bool:
    return at - row.seen_at >= GONE_AFTER
