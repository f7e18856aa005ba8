"""The weather of the channels in numbers for people: how it usually is, how it is now, since when, by which other ways
messages go meanwhile, and what that costs today more than usual."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Avg, Q

from priyom.contracts.card import Card, Sort
from priyom.contracts.message import Signal
from priyom.contracts.registry import channel as find_channel
from priyom.contracts.registry import names
from priyom.delivery.models import Account, Delivery, Op
from priyom.delivery.weather_models import Detour, Spell
from priyom.delivery.weather_rules import Level

WEEK = timedelta(days=7)
FREE = (Sort.MESSENGER, Sort.MAIL)
"""Where a message costs nothing unless the gateway says what."""


@dataclass(frozen=True, slots=True)
class Report:
    """One spell. `usual` and `share` are whole per cents, never rounded up; None where nothing is known. `ways` are the
    keys of channels that messages take instead, the most used first, of equals the one taken first; `extra` is what
    they cost today more than the account itself would, None where any part of that is unknown."""

    spell: Spell
    account: Account
    card: Card
    storm: bool
    tells: bool
    usual: int | None
    share: int | None
    ways: tuple[str, ...]
    detours: int
    extra: Decimal | None
    currency: str


def reports(since: datetime, at: datetime) -> list[Report]:
    """Spells that are on, the worst first, then those that ended after `since` (the day's first moment), the newest
    first. One query where the weather is fair."""
    rows = Spell.objects.select_related("account").filter(Q(ended_at=None) | Q(ended_at__gte=since))
    known = set(names())
    found = [s for s in rows.filter(account__enabled=True) if s.account.channel in known]
    whole = {s.account_id for s in found if not s.place and s.ended_at is None}
    # What the account suffers as a whole need not be said of each country.
    found = [s for s in found if s.ended_at is not None or not s.place or s.account_id not in whole]
    found.sort(key=lambda s: (s.ended_at is not None, -s.level, -(s.ended_at or s.since).timestamp()))
    return [_report(spell, since, at) for spell in found]


def _report(spell: Spell, since: datetime, at: datetime) -> Report:
    card = find_channel(spell.account.channel).card
    rows = Detour.objects.filter(spell=spell, at__gte=since).select_related("delivery__account")
    taken = list(rows.order_by("at", "pk"))  # the sentence must not change its words from one look to the next
    went = [d.delivery for d in taken if d.delivery.state != "cancelled"]
    counted = Counter(delivery.account.channel for delivery in went)
    extra, currency = _extra(spell.account, card, went, at)
    return Report(
        spell=spell,
        account=spell.account,
        card=card,
        storm=spell.level == Level.STORM,
        tells=Signal.DELIVERED in card.signals,
        usual=_whole(spell.usual),
        share=_whole(spell.share),
        ways=tuple(channel for channel, _ in counted.most_common(3)),
        detours=len(went),
        extra=extra,
        currency=currency,
    )


def _whole(share: float | None) -> int | None:
    return None if share is None else int(share * 100 + 1e-9)


def _extra(account: Account, card: Card, went: Iterable[Delivery], at: datetime) -> tuple[Decimal | None, str]:
    """What these messages cost, less what they would have cost over the account; unknown when any price of them is."""
    sent = [delivery for delivery in went if delivery.sent_at is not None]
    paid = [delivery for delivery in sent if delivery.cost is not None]
    free = [d for d in sent if d.cost is None and find_channel(d.account.channel).card.sort in FREE]
    currencies = {delivery.currency for delivery in paid}
    if not paid or len(paid) + len(free) < len(sent) or len(currencies) != 1:
        return None, ""
    [currency] = currencies
    own = Delivery.objects.filter(account=account, op=Op.SEND, created_at__gte=at - WEEK, sent_at__isnull=False)
    usual = own.filter(currency=currency, cost__isnull=False).aggregate(cost=Avg("cost"))["cost"]
    if usual is None and card.sort not in FREE:
        return None, ""
    total = sum((d.cost for d in paid if d.cost is not None), Decimal(0)) - (usual or Decimal(0)) * len(sent)
    return (total, currency) if total > 0 else (None, "")
