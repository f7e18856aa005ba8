"""How much of a day's messages arrived, by account; an alarm when it is too little, once a day and account."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Q

from priyom.alerts import tell, words
from priyom.alerts.models import Alert, AlertKind
from priyom.alerts.rules import too_little_arrives
from priyom.contracts.card import Audience
from priyom.contracts.message import LADDER, Signal
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.models import Account, Delivery, Op
from priyom.foundation.clock import now

DAY = timedelta(days=1)
REPORTS_WITHIN = timedelta(minutes=30)
"""What was sent later may still be on its way."""


def check_shares() -> int:
    """Look at every patients' account; how many alarms were raised. «Arrived» is the best the channel can tell: where
    it never reports delivery, taken by the vendor."""
    at, raised = now(), 0
    for account in Account.objects.filter(enabled=True):
        card = find_channel(account.channel).card
        if card.audience is Audience.STAFF:
            continue
        best = Signal.DELIVERED if Signal.DELIVERED in card.signals else Signal.ACCEPTED
        told = [signal.value for signal in LADDER if signal.rung >= best.rung]
        rows = Delivery.objects.filter(
            account=account, op=Op.SEND, state="settled", claimed_at__range=(at - DAY, at - REPORTS_WITHIN)
        )
        found = rows.aggregate(sent=Count("id"), arrived=Count("id", filter=Q(signal__in=told)))
        recent = Alert.objects.filter(account=account, kind=AlertKind.SHARE, created_at__gt=at - DAY)
        if too_little_arrives(found["sent"], found["arrived"]) and not recent.exists():
            text = words.of_share(account, found["arrived"], found["sent"])
            raised += tell.about_account(account, AlertKind.SHARE, text)
    return raised
