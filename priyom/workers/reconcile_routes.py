"""The reconciler's look at routes: a leg that waits for what has long been known, or where nothing can come from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from priyom.contracts.message import LADDER, Signal
from priyom.delivery.enqueue import cancel
from priyom.delivery.models import DeliveryState
from priyom.foundation.clock import now
from priyom.notifications.advance import LIVING, close_legs, reach
from priyom.notifications.evidence import signal_words
from priyom.notifications.models import Leg, LegState, Notification, NotificationState
from priyom.workers.found import AT_ONCE, SETTLES, found, on_its_way

Repair = Callable[[Notification, Leg], None]
SWITCHED_OFF = "канал выключен"


def unheard_legs(at: datetime) -> int:
    """A leg waits although its delivery has failed or was taken back: the route was not told. It goes on now."""
    ended = Q(delivery__state=DeliveryState.SETTLED, delivery__signal=Signal.FAILED)
    rows = _unheard(at).filter(ended | Q(delivery__state=DeliveryState.CANCELLED), state=LegState.WAITING)
    return _each(rows.filter(notification__act_at__gt=at), _fail, "попытка не удалась, а путь ждал", "путь идет дальше")


def unheard_goals(at: datetime) -> int:
    """A route goes on although a message of it has reached its goal: it was not told. It ends."""
    reached = Q()
    for rung, goal in enumerate(LADDER[:-1]):  # an answer ends nothing by itself: what was said decides
        reached |= Q(notification__goal=goal, delivery__signal__in=LADDER[rung:])
    rows = _unheard(at).filter(
        reached, state__in=(LegState.WAITING, LegState.PASSED), delivery__state=DeliveryState.SETTLED,
        notification__state=NotificationState.RUNNING,
    )  # fmt: skip
    return _each(rows, _reach, "цель достигнута, а путь шел дальше", "путь окончен")


def legs_of_the_ended(at: datetime) -> int:
    """A leg waits although its notification is over."""
    rows = Leg.objects.filter(state=LegState.WAITING, notification__ended_at__lt=at - SETTLES)
    return _each(rows, _close, "сообщение больше не нужно, а попытка ждала", "попытка отменена")


def legs_of_switched_off(at: datetime) -> int:
    """A leg waits at an account somebody has switched off: nothing leaves there."""
    rows = Leg.objects.filter(
        state=LegState.WAITING, account__enabled=False, delivery__state=DeliveryState.WAITING,
        delivery__created_at__lt=at - SETTLES, notification__state=NotificationState.RUNNING,
        notification__act_at__gt=at,
    )  # fmt: skip
    return _each(rows, _turn_back, "попытка ждала выключенный канал", "путь идет дальше")


def _unheard(at: datetime) -> QuerySet[Leg]:
    return Leg.objects.filter(~on_its_way("notification__patient_id"), delivery__signal_at__lt=at - SETTLES)


def _each(rows: QuerySet[Leg], repair: Repair, what: str, repaired: str) -> int:
    count = 0
    for number in list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            row = Notification.objects.select_for_update().get(legs=number)
            leg = rows.select_related("delivery", "account").filter(pk=number).first()  # nobody moves it any more
            if leg is not None:
                repair(row, leg)
                found(row.patient_id, row.visit_id, what, repaired)
                count += 1
    return count


def _fail(row: Notification, leg: Leg) -> None:
    leg.state, leg.reason = LegState.FAILED, leg.delivery.evidence if leg.delivery else ""
    leg.save(update_fields=["state", "reason"])
    if row.state in LIVING:
        row.act_at = now()
        row.save(update_fields=["act_at"])


def _reach(row: Notification, leg: Leg) -> None:
    assert leg.delivery is not None
    reach(row, leg, signal_words(leg.account.channel, leg.delivery.signal))


def _close(row: Notification, leg: Leg) -> None:
    close_legs(row, LegState.CANCELLED, row.reason)


def _turn_back(row: Notification, leg: Leg) -> None:
    if leg.delivery_id is not None:
        cancel([leg.delivery_id], SWITCHED_OFF)
    leg.refresh_from_db()
    _fail(row, leg)
