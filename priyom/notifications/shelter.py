"""Routes and the weather: a leg that would go over an account in a storm goes another way, all but a few probes; a leg
that waits in one is left early, a few at a time. What went another way is noted with the storm it was for."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from priyom.contracts.message import Signal
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.enqueue import cancel
from priyom.delivery.models import Account, DeliveryState
from priyom.delivery.weather import ripe
from priyom.delivery.weather_models import Detour, Spell, Weather
from priyom.delivery.weather_rules import Level, place_of
from priyom.foundation.clock import now
from priyom.notifications.models import Leg, LegState, Notification, NotificationState
from priyom.notifications.notify import quiet
from priyom.notifications.rules import Way, leave_now, probes, sensible
from priyom.notifications.ways import ways

LEFT = "канал сейчас доставляет хуже обычного, пошли другим путем"
"""Why a leg was left early."""
PROBE_EVERY = timedelta(minutes=10)
"""While it storms one goes this way first at least so often, if there is one to go."""
PROBE_NEEDS = timedelta(minutes=30)
"""Who has less time left is no probe."""
PROBE_PATIENCE = timedelta(minutes=5)
"""A probe that has not arrived by then is left too; or later, where the channel needs longer to tell."""
AT_ONCE = 500
"""So many waiting legs of an account are looked at in one round."""
BROKEN_FOR = timedelta(minutes=2)


Tried = AbstractSet[tuple[int | None, int]] | AbstractSet[tuple[int, int]]
"""(contact point, account) of the legs there were."""


def ways_left(row: Notification, at: datetime, tried: Tried) -> tuple[list[Way], int | None]:
    """The ways still untried, best first; and the account in a storm that would have been the first, if it was passed
    by for that."""
    natural = _left(row, at, ways(row.patient_id, row.purpose, row.goal, weather=False), tried)
    if not natural or not natural[0].storm:
        return natural, None
    sheltered = _left(row, at, ways(row.patient_id, row.purpose, row.goal), tried)
    first = natural[0]
    if not sheltered or sheltered[0].storm or _is_probe(row, first, at):
        return natural, None
    return sheltered, first.account_id


def note_detour(delivery_id: int, instead_of: int) -> None:
    """This delivery went another way for the storm of that account."""
    spell = Spell.objects.filter(account=instead_of, ended_at=None).order_by("place", "-id").first()
    if spell is not None:
        Detour.objects.create(delivery_id=delivery_id, spell=spell, at=now())


def left_early(row: Notification) -> int | None:
    """The account of the route's last leg, if that was left for a storm."""
    last = row.legs.order_by("-position").values_list("account_id", "state", "reason").first()
    return last[0] if last is not None and last[1:] == (LegState.PASSED, LEFT) else None


def leave_storms() -> int:
    """One round, once a minute: of the legs that wait in a storm those with the least time left go on; how many."""
    at, left = now(), 0
    bad = Q(health="broken", health_since__lte=at - BROKEN_FOR) | Q(weathers__level=Level.STORM)
    for account in Account.objects.filter(bad, enabled=True).distinct().order_by("id"):
        storms = {w.place: w for w in account.weathers.filter(level=Level.STORM)}
        found = [leg for leg in _waiting(account, at)[:AT_ONCE] if _stands_in(leg, account, storms, at)]
        most, gone = leave_now(len(found)), 0
        for leg in found:
            if gone == most:
                break
            gone += _leave(leg, at)
        left += gone
    return left


def _left(row: Notification, at: datetime, found: list[Way], tried: Tried) -> list[Way]:
    left = [way for way in found if (way.contact_point_id, way.account_id) not in tried]
    left = sensible(left, (row.call_at or row.expires_at) - at)
    if not row.must_reach:  # a machine rings nobody up only to inform
        left = [way for way in left if way.sort != "voice"]
    return left


def _is_probe(row: Notification, way: Way, at: datetime) -> bool:
    if (row.call_at or row.expires_at) - at < PROBE_NEEDS:
        return False
    long_ago = Q(probe_at=None) | Q(probe_at__lte=at - PROBE_EVERY) | Q(probe_at__gt=at)
    storm = Weather.objects.filter(account=way.account_id, level=Level.STORM)
    return storm.filter(long_ago).update(probe_at=at) > 0 or probes(row.pk)


def _waiting(account: Account, at: datetime) -> QuerySet[Leg]:
    """Found by the notifications that have something before them: those are few, legs are many."""
    return (
        Leg.objects.select_related("delivery", "contact_point")
        .filter(notification__state=NotificationState.RUNNING, notification__act_at__gt=at)
        .filter(account=account, state=LegState.WAITING, delivery__isnull=False)
        .exclude(delivery__state=DeliveryState.SENDING)
        .order_by(F("notification__call_at").asc(nulls_last=True), "notification__expires_at", "pk")
    )


def _stands_in(leg: Leg, account: Account, storms: dict[str, Weather], at: datetime) -> bool:
    """Whether the leg waits in the storm: it went before the storm was known, and has not arrived; or it went as a
    probe and has had its time."""
    card = find_channel(account.channel).card
    kind = leg.contact_point.kind if leg.contact_point else card.contact_kind
    storm = storms.get("") or storms.get(place_of(kind, leg.address))
    if storm is None:
        return account.health == "broken" and leg.delivery is not None and leg.delivery.state == DeliveryState.WAITING
    arrives = ripe(card)[0]
    if leg.started_at > storm.changed_at and at - leg.started_at < max(PROBE_PATIENCE, arrives):
        return False
    assert leg.delivery is not None
    signal = Signal(leg.delivery.signal) if leg.delivery.signal else None
    if signal is None or signal.rung == 0:
        return True
    if Signal.DELIVERED in card.signals:
        return signal.rung < Signal.DELIVERED.rung and at - leg.started_at >= arrives
    return storm.kind == "answers"


@transaction.atomic
def _leave(leg: Leg, at: datetime) -> bool:
    """The route goes on now, if it has a calm way to go; what may have gone stays, and its late signal counts."""
    locked = Notification.objects.select_for_update(skip_locked=True, of=("self",))
    row = (
        locked.select_related("visit__branch", "visit__patient")
        .filter(pk=leg.notification_id, state=NotificationState.RUNNING, act_at__gt=at)
        .first()
    )
    if row is None or row.visit is None or not row.legs.filter(pk=leg.pk, state=LegState.WAITING).exists():
        return False
    if quiet(row.visit).holds(at):
        return False
    tried = set(row.legs.values_list("contact_point_id", "account_id"))
    calm = _left(row, at, ways(row.patient_id, row.purpose, row.goal), tried)
    if not calm or calm[0].storm:
        return False
    assert leg.delivery_id is not None
    cancel([leg.delivery_id], LEFT)
    Leg.objects.filter(pk=leg.pk).update(state=LegState.PASSED, reason=LEFT)
    row.act_at = at
    row.save(update_fields=["act_at"])
    return True
