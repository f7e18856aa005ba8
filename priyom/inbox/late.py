"""An answer that waits on a page nobody has open any more: after two minutes it goes out on the person's best other
way, once. A page that is open is waited for; what was seen is settled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from priyom.clinic.house import house
from priyom.contracts.card import Card, Sort
from priyom.contracts.message import LADDER, Signal
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account, Delivery, DeliveryState
from priyom.foundation.clock import now
from priyom.inbox.models import LateAnswer
from priyom.inbox.visitors import is_here, phone_of
from priyom.journal.due import Due
from priyom.notifications.rules import Way
from priyom.notifications.templates import needed
from priyom.notifications.ways import Use, candidates, ways
from priyom.notifications.wording import languages
from priyom.patients.models import Kind

DUE = Due(LateAnswer, "due_at")
WAIT = timedelta(minutes=2)
GIVE_UP = timedelta(days=1)
"""An answer to a page that stays open unseen for so long is no news any more."""
SEEN = LADDER[LADDER.index(Signal.READ) :]
ON_ITS_WAY = (DeliveryState.WAITING, DeliveryState.SENDING)
SAYS = {"ru": "Ответ клиники в чате на сайте: {text}", "kk": "Сайттағы чатта клиниканың жауабы: {text}"}
FILES = {"ru": "К ответу есть файл, он в чате на сайте.", "kk": "Жауапқа файл тіркелген, ол сайттағы чатта."}


def look_after(delivery_id: int, card: Card, leaves_at: datetime | None = None) -> None:
    """See to it that this answer is seen, if it stands on a page that a person may close. `leaves_at`: not before
    then does it leave."""
    if card.contact_kind == Kind.WEBCHAT:
        LateAnswer.objects.create(delivery_id=delivery_id, due_at=(leaves_at or now()) + WAIT)


@transaction.atomic
def late_once() -> bool:
    """Take one answer that is due. True when there was one."""
    number = DUE.take()
    if number is None:
        return False
    row = LateAnswer.objects.select_related("delivery__account").get(pk=number)
    delivery = row.delivery
    if delivery.signal in SEEN or delivery.state == DeliveryState.CANCELLED or now() - delivery.due_at > GIVE_UP:
        _settle([row], None)
    elif delivery.state in ON_ITS_WAY or is_here(delivery.account_id, delivery.address):
        LateAnswer.objects.filter(pk=row.pk).update(due_at=now() + WAIT)
    else:
        unseen = _unseen(delivery)
        _settle(unseen, _send_elsewhere([item.delivery for item in unseen]))
    return True


def next_due() -> datetime | None:
    """When the next answer is to be looked after."""
    return DUE.nearest()


def _unseen(delivery: Delivery) -> Sequence[LateAnswer]:
    """All answers nobody saw on that page: several written in a row are one message elsewhere, not several SMS."""
    rows = LateAnswer.objects.select_for_update(of=("self",)).select_related("delivery__account", "delivery__patient")
    mine = rows.filter(
        due_at__isnull=False, delivery__account=delivery.account_id, delivery__address=delivery.address,
        delivery__patient=delivery.patient_id,
    )  # fmt: skip
    return list(mine.exclude(delivery__signal__in=SEEN).exclude(delivery__state__in=ON_ITS_WAY).order_by("delivery_id"))


def _settle(rows: Sequence[LateAnswer], went: int | None) -> None:
    LateAnswer.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=None, went_id=went)


def _send_elsewhere(answers: Sequence[Delivery]) -> int | None:
    """The answers as one message on the best way that is not a page; the delivery's id, None when there is no way."""
    last = answers[-1]
    if last.patient is None:
        return _to_proven_number(answers)
    way = _best(last.patient.pk)
    if way is None:
        return None
    text = _text(answers, languages(last.patient)[0], find_channel(way.channel).card)
    body: dict[str, object] = {"text": text}
    if way.window_until is not None:
        body["window_until"] = way.window_until.isoformat()
    return enqueue(
        Order(
            account_id=way.account_id, address=way.address, body=body, origin="staff", origin_id=last.origin_id,
            contact_point_id=way.contact_point_id, patient_id=last.patient.pk,
        )
    )  # fmt: skip


def _to_proven_number(answers: Sequence[Delivery]) -> int | None:
    """A stranger to us may have proven a number all the same, so that the answer finds them."""
    last = answers[-1]
    phone = phone_of(last.account_id, last.address)
    for account, card in candidates(Use.TALK):
        if phone and card.sort is Sort.SMS and (card.reaches is None or card.reaches(account.settings, phone)):
            text = _text(answers, house().languages.split(",")[0], card)
            return enqueue(Order(account.pk, phone, {"text": text}, "staff", origin_id=last.origin_id))
    return None


def _best(patient_id: int) -> Way | None:
    for way in ways(patient_id, "service", Signal.DELIVERED, Use.TALK):
        card = find_channel(Account.objects.get(pk=way.account_id).channel).card
        mute = card.contact_kind == Kind.WEBCHAT or card.sort in (Sort.VOICE, Sort.NOTICE)
        if not mute and not needed(card, way.window_until):
            return way
    return None


def _text(answers: Sequence[Delivery], language: str, card: Card) -> str:
    words = [row.edited_text or str(row.body.get("text", "")) for row in answers]
    if any(row.body.get("files") for row in answers):
        words.append(FILES.get(language, FILES["ru"]))
    text = SAYS.get(language, SAYS["ru"]).format(text="\n".join(word for word in words if word))
    return text if len(text) <= card.text_limit else f"{text[: card.text_limit - 1]}…"
