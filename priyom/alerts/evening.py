"""Sends the evening's letter to those who manage the clinic: once per branch and day, with any number of workers."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Case, Value, When

from priyom.alerts import letter
from priyom.alerts.letter import Evening
from priyom.alerts.models import DayLetter
from priyom.clinic.models import Branch, Role, Staff
from priyom.contracts import registry
from priyom.contracts.card import Sort
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account
from priyom.foundation.clock import now

MANAGE = (Role.OWNER, Role.ADMIN)
STALE = timedelta(hours=14)
"""A letter that could not leave for so long is not worth reading: the next day has begun."""


def wanted(branch: Branch, day: date) -> bool:
    """Whether that letter is still to be written: there is somebody to read it, a mailbox to send it from, and it was
    not sent."""
    if DayLetter.objects.filter(branch=branch, day=day).exists():
        return False
    return bool(readers()) and mail_account() is not None


@transaction.atomic
def send(evening: Evening) -> int:
    """Order the letter for everybody who manages; how many there were. A day without anything to tell is marked as told
    and sends nothing, and so is one that was told before."""
    account, addresses = mail_account(), readers()
    if account is None or not addresses:
        return 0
    _, ours = DayLetter.objects.get_or_create(branch_id=evening.branch_id, day=evening.day, defaults={"sent_at": now()})
    if not ours or evening.empty:
        return 0
    for address in addresses:
        enqueue(_order(account, address, evening))
    return len(addresses)


def mail_account() -> Account | None:
    """The clinic's own mailbox, one that works before one that does not; None when there is none."""
    mail = [card.key for card in registry.cards() if card.sort == Sort.MAIL]
    well = Case(When(health="ok", then=Value(0)), default=Value(1))
    return Account.objects.filter(enabled=True, channel__in=mail).order_by(well, "pk").first()


def readers() -> list[str]:
    """Addresses of those who manage, each once: two people may share a mailbox."""
    staff = Staff.objects.filter(is_active=True, role__in=MANAGE).exclude(email="").order_by("pk")
    return list(dict.fromkeys(email.strip().lower() for email in staff.values_list("email", flat=True)))


def _order(account: Account, address: str, evening: Evening) -> Order:
    body = {
        "subject": letter.subject(evening),
        "text": letter.text(evening),
        "rows": [[{"id": "1", "label": "Открыть этот день", "url": letter.day_link(evening)}]],
    }
    return Order(
        account_id=account.pk, address=address, body=body, origin="alert", goal="accepted", expires_at=now() + STALE
    )
