"""The ways by which a patient can be reached now: what routes and reachability are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from priyom.consent.ask import allowed_channels
from priyom.contracts.card import Audience, Card
from priyom.contracts.message import Signal
from priyom.contracts.registry import channel as find_channel
from priyom.contracts.registry import family
from priyom.delivery.models import Account, Purpose
from priyom.delivery.weather_models import Weather
from priyom.delivery.weather_rules import Level, place_of
from priyom.foundation.clock import now
from priyom.notifications.rules import Way, order, sheltered
from priyom.patients.models import ContactPoint, Reach

LATELY = timedelta(days=90)
"""An answer within so long makes «accepted» count where a channel tells no more."""


VENDOR = "vendor"
"""Who linked a contact point: the vendor said that two addresses are one person."""


class Use(StrEnum):
    """What a way is wanted for."""

    NOTIFY = "notify"
    TALK = "talk"
    CAMPAIGN = "campaign"


RANKS: dict[Use, dict[str, int]] = {
    Use.NOTIFY: {Purpose.NOTIFY: 0, Purpose.ALL: 1, Purpose.SPARE: 2},
    Use.TALK: {Purpose.TALK: 0, Purpose.ALL: 1, Purpose.NOTIFY: 2, Purpose.SPARE: 3},
    Use.CAMPAIGN: {Purpose.CAMPAIGNS: 0, Purpose.ALL: 1, Purpose.SPARE: 2},
}
"""Which accounts may be used for what, the best first; what is absent may not."""

Candidate = tuple[Account, Card]


def candidates(use: Use, *, weather: bool = True) -> list[Candidate]:
    """Accounts that may be used, with their cards: healthy ones first, those in a storm last, then by purpose, the
    oldest first. `weather` False: as if there were none."""
    ranks = RANKS[use]
    places = Weather.objects.filter(account=OuterRef("pk"), level=Level.STORM).values("place")
    rows = Account.objects.filter(enabled=True, purpose__in=ranks).exclude(health="broken").order_by("id")
    rows = rows.annotate(storms=ArraySubquery(places))
    found = [(account, find_channel(account.channel).card) for account in rows]
    found = [(account, card) for account, card in found if card.audience is Audience.PATIENTS]

    def behind(account: Account) -> bool:
        stormy = "" in _storms(account)
        return weather if stormy else account.health != "ok"

    return sorted(found, key=lambda item: (behind(item[0]), ranks[item[0].purpose], item[0].pk))


def storms(account: Account, card: Card, address: str) -> bool:
    """Whether the account (one of `candidates`) is in a storm, as a whole or for the country of this address."""
    places = _storms(account)
    return "" in places or (bool(places) and place_of(card.contact_kind, address) in places)


def _storms(account: Account) -> Sequence[str]:
    places: Sequence[str] = getattr(account, "storms", ())
    return places


def choose(point: ContactPoint, found: Iterable[Candidate], *, weather: bool = True) -> list[Candidate]:
    """For one address: one account of each kind of way. Two SMS gateways, or two numbers in one messenger, are one way
    with a spare, not two messages. The spare takes over in a storm."""
    chosen: dict[str, Candidate] = {}
    for account, card in sorted(found, key=lambda item: weather and storms(item[0], item[1], point.address)):
        if card.contact_kind == point.kind and (card.reaches is None or card.reaches(account.settings, point.address)):
            chosen.setdefault(card.sort, (account, card))
    return list(chosen.values())


def ways(patient_id: int, purpose: str, goal: str, use: Use = Use.NOTIFY, *, weather: bool = True) -> list[Way]:
    """Every open way to the patient, best first: enabled and healthy accounts, addresses not lost, consent given. Those
    in a storm stand behind the others, unless the weather shall not be minded."""
    points = list(ContactPoint.objects.filter(patient_id=patient_id, removed_at=None).prefetch_related("reaches"))
    named = {point.kind for point in points if point.linked_by != VENDOR}
    # The vendor's second name of somebody we can name ourselves is no second way to them.
    points = [point for point in points if point.linked_by != VENDOR or point.kind not in named]
    accounts = candidates(use, weather=weather)
    allowed = allowed_channels(patient_id, purpose, {account.channel for account, _ in accounts})
    found = []
    for point in points:
        lost = {reach.channel for reach in point.reaches.all() if reach.lost}
        # A number that does not exist does not exist for the next gateway either.
        lost |= {key for reach in point.reaches.all() if reach.lost == "gone" for key in family(reach.channel)}
        open_ones = [item for item in accounts if item[0].channel in allowed and item[0].channel not in lost]
        for account, card in choose(point, open_ones, weather=weather):
            reach = next((r for r in point.reaches.all() if r.channel == account.channel), None)
            found.append(_way(point, account, card, reach, goal))
    return sheltered(order(found)) if weather else order(found)


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
        hours=card.hours,
        window_until=window_until(card, reach.answered_at if reach else None),
        storm=storms(account, card, point.address),
    )


def window_until(card: Card, last_word: datetime | None) -> datetime | None:
    """Until when the person may be written to in free words, where the vendor sets such a window; else None."""
    return None if card.window is None or last_word is None else last_word + card.window
