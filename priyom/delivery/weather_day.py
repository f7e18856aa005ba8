"""How much of a day's service messages arrived, by account and together: `docs/weather.md` defines it exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from priyom.contracts.card import Audience
from priyom.contracts.message import LADDER, Signal
from priyom.contracts.registry import channel as find_channel
from priyom.contracts.registry import names
from priyom.delivery.models import Account, Delivery, DeliveryState, Op

YOUNG = timedelta(minutes=30)
"""What left later may still be on its way."""
SERVICE = "notification"
"""Whose messages count: what the program sends by itself about visits; no campaigns, no talk, no alerts."""
OURS = ("stale", "warm_up")
"""Not sent by our own decision."""


@dataclass(frozen=True, slots=True)
class Share:
    """Of `ended` messages so many `arrived`. `account` is None for all accounts together."""

    account: Account | None
    ended: int
    arrived: int

    @property
    def per_cent(self) -> float:
        """0..100, cut to a tenth, so that 94.96 is not called 95; 100 of none."""
        return 1000 * self.arrived // self.ended / 10 if self.ended else 100.0


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The day's first moment there and the next day's, UTC."""
    first, last = (datetime.combine(d, time(), zone).astimezone(UTC) for d in (day, day + timedelta(days=1)))
    return first, last


def shares(day: date, zone: ZoneInfo, at: datetime) -> list[Share]:
    """Every patients' account that ended something ordered on that day; the last one is all of them together."""
    first, last = bounds(day, zone)
    known = set(names())
    accounts = [a for a in Account.objects.order_by("id") if a.channel in known]
    cards = {a.pk: find_channel(a.channel).card for a in accounts}
    accounts = [a for a in accounts if cards[a.pk].audience is Audience.PATIENTS]
    tells = [a.pk for a in accounts if Signal.DELIVERED in cards[a.pk].signals]
    rows = (
        Delivery.objects.filter(created_at__gte=first, created_at__lt=last, op=Op.SEND, origin=SERVICE)
        .filter(state=DeliveryState.SETTLED, account__in=accounts)
        .filter(Q(sent_at=None, signal_at__lte=at - YOUNG) | Q(sent_at__lte=at - YOUNG))
        .exclude(code__in=OURS)
        .values("account_id")
        .annotate(ended=Count("id"), arrived=Count("id", filter=_rung(1) & ~Q(account__in=tells) | _rung(3)))
    )
    found = {row["account_id"]: (row["ended"], row["arrived"]) for row in rows}
    made = [Share(a, *found[a.pk]) for a in accounts if a.pk in found]
    return [*made, Share(None, sum(s.ended for s in made), sum(s.arrived for s in made))]


def _rung(least: int) -> Q:
    told: Sequence[str] = [signal.value for signal in LADDER if signal.rung >= least]
    return Q(signal__in=told)
