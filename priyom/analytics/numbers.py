"""How the clinic's numbers, bots and senders are: what each has sent, how many answered, complained, shut the door."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q

from priyom.contracts.card import Card
from priyom.contracts.message import LADDER, Signal
from priyom.contracts.registry import channel as find_channel
from priyom.contracts.registry import names
from priyom.delivery.models import Account, AccountState, Delivery, Op
from priyom.delivery.warm import ceiling
from priyom.patients.models import Reach

COMPLAINT = "complain"
"""How vendors' words for «he pressed spam» begin; kept as why an address was lost."""


@dataclass(frozen=True, slots=True)
class Number:
    """One account. Counts are of the time asked for; `arrived` is None where the channel never tells. `limit`: people a
    day; `warm_day` from 1, 0 when the number is not being warmed."""

    account: Account
    card: Card
    sent: int
    arrived: int | None
    answered: int
    failed: int
    blocks: int
    complaints: int
    limit: int | None
    limit_is_warming: bool
    warm_day: int
    quality: str
    balance: str
    note: str
    line: str
    line_why: str
    last_error: str

    @property
    def answered_share(self) -> int | None:
        """Per cent of what was sent; None where nothing was."""
        return round(100 * self.answered / self.sent) if self.sent else None


def numbers(since: datetime, today: date) -> list[Number]:
    """Every account, in a fixed number of queries; those whose channel's folder is gone are left out."""
    known = set(names())
    accounts = [a for a in Account.objects.order_by("channel", "id") if a.channel in known]
    counts: dict[int, Mapping[str, Any]] = {
        row["account_id"]: row
        for row in Delivery.objects.filter(op=Op.SEND, created_at__gte=since)
        .values("account_id")
        .annotate(
            sent=Count("id", filter=_rung(Signal.ACCEPTED)), arrived=Count("id", filter=_rung(Signal.DELIVERED)),
            answered=Count("id", filter=Q(signal=Signal.ANSWERED)), failed=Count("id", filter=Q(signal=Signal.FAILED)),
        )
    }  # fmt: skip
    lost: dict[str, Mapping[str, Any]] = {
        row["channel"]: row
        for row in Reach.objects.filter(lost="blocked", lost_at__gte=since)
        .values("channel")
        .annotate(all=Count("id"), complaints=Count("id", filter=Q(lost_why__istartswith=COMPLAINT)))
    }
    states = AccountState.objects.in_bulk([account.pk for account in accounts])
    errors = dict(
        Delivery.objects.filter(op=Op.SEND, signal=Signal.FAILED, created_at__gte=since)
        .order_by("account_id", "-id")
        .distinct("account_id")
        .values_list("account_id", "evidence")
    )
    return [
        _number(a, counts.get(a.pk, {}), lost.get(a.channel, {}), states.get(a.pk), errors.get(a.pk, ""), today)
        for a in accounts
    ]


def _rung(least: Signal) -> Q:
    return Q(signal__in=[signal.value for signal in LADDER if signal.rung >= least.rung])


def _number(
    account: Account, counts: Mapping[str, Any], lost: Mapping[str, Any], state: AccountState | None, error: str,
    today: date,
) -> Number:  # fmt: skip
    card = find_channel(account.channel).card
    vitals = state.vitals if state else {}
    warm = ceiling(card.warm_up, account.warm_since, today) if account.warm_since else None
    told = vitals.get("daily_limit")
    limits = [limit for limit in (warm, told) if limit is not None]
    balance = vitals.get("balance")
    return Number(
        account=account,
        card=card,
        sent=counts.get("sent", 0),
        arrived=counts.get("arrived", 0) if Signal.DELIVERED in card.signals else None,
        answered=counts.get("answered", 0),
        failed=counts.get("failed", 0),
        blocks=lost.get("all", 0) - lost.get("complaints", 0),
        complaints=lost.get("complaints", 0),
        limit=min(limits) if limits else None,
        limit_is_warming=warm is not None and warm == min(limits),
        warm_day=(today - account.warm_since).days + 1 if account.warm_since and warm is not None else 0,
        quality=vitals.get("quality", ""),
        balance=f"{balance} {vitals.get('currency', '')}".strip() if balance is not None else "",
        note=vitals.get("note", ""),
        line=state.line if state else "",
        line_why=state.line_why if state else "",
        last_error=account.health_why if account.health != "ok" else error,
    )
