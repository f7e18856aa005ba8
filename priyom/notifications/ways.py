"""The ways by which a patient can be reached now: what routes and reachability are made of."""

from __future__ import annotations

from datetime import datetime, timedelta

from priyom.consent.ask import allowed_channels
from priyom.contracts.card import Card
from priyom.contracts.message import Signal
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.notifications.rules import Way, order
from priyom.patients.models import ContactPoint, Reach

LATELY = timedelta(days=90)
"""An answer within so long makes «accepted» count where a channel tells no more."""


def ways(patient_id: int, purpose: str, goal: str) -> list[Way]:
    """Every open way to the patient, best first: enabled and healthy accounts, addresses not lost, consent given."""
    points = list(ContactPoint.objects.filter(patient_id=patient_id, removed_at=None).prefetch_related("reaches"))
    accounts = [
        (account, find_channel(account.channel).card)
        for account in Account.objects.filter(enabled=True).exclude(health="broken").order_by("id")
    ]
    allowed = allowed_channels(patient_id, purpose, {account.channel for account, _ in accounts})
    found = []
    for point in points:
        for account, card in accounts:
            if card.contact_kind != point.kind or account.channel not in allowed:
                continue
            reach = next((r for r in point.reaches.all() if r.channel == account.channel), None)
            if reach is None or not reach.lost:
                found.append(_way(point, account, card, reach, goal))
    return order(found)


def counts_as_delivered(card: Card, reach: Reach | None, at: datetime) -> bool:
    """The policy for channels that never tell «delivered»: accepted counts where the person answered here lately."""
    return (
        Signal.DELIVERED not in card.signals
        and reach is not None
        and reach.answered_at is not None
        and at - reach.answered_at <= LATELY
    )


def proven(reach: Reach, at: datetime, days: int) -> bool:
    """A live channel, proven: not lost, and answered, delivered or opened by the person within `days`."""
    since = at - timedelta(days=days)
    return not reach.lost and any(
        moment is not None and moment >= since for moment in (reach.answered_at, reach.delivered_at, reach.started_at)
    )


def _way(point: ContactPoint, account: Account, card: Card, reach: Reach | None, goal: str) -> Way:
    usual = card.usual_answer
    if goal == Signal.DELIVERED and Signal.DELIVERED in card.signals:
        usual = card.usual_delivery
    elif reach is not None and reach.usual_answer_seconds:
        usual = max(timedelta(minutes=5), timedelta(seconds=reach.usual_answer_seconds))
    seen = [m for m in (reach.started_at, reach.accepted_at, reach.delivered_at) if m] if reach else []
    return Way(
        contact_point_id=point.pk,
        account_id=account.pk,
        channel=account.channel,
        address=point.address,
        sort=card.sort.value,
        own=point.relation == "own",
        usual=usual,
        answered_at=reach.answered_at if reach else None,
        seen_at=max(seen) if seen else None,
        muted=bool(reach and reach.muted_until and reach.muted_until > now()),
    )
