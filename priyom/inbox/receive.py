"""Take in what a person said, pressed, shared or started. Records PatientReplied; the scenarios decide what follows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from priyom.consent.ask import allows
from priyom.consent.change import give, withdraw
from priyom.contracts.events import IncomingFile, Pressed, Said, SharedPhone, Started
from priyom.contracts.message import Signal
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.enqueue import Order, enqueue
from priyom.delivery.models import Account, Delivery, DeliveryState, FileState, Op, RawUpdate, StoredFile
from priyom.delivery.settle import advance
from priyom.foundation.clock import now
from priyom.foundation.phone import BadPhone, normalize
from priyom.inbox import link_code
from priyom.inbox.autoanswer import answer_by_itself
from priyom.inbox.chat import Chat, conversation, touch
from priyom.inbox.facts import PatientReplied
from priyom.inbox.link import link_by_phone, link_by_token
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.rules import Choice, courtesy, understand
from priyom.inbox.visitors import prove
from priyom.journal.record import record
from priyom.notifications.respond import respond, respond_unknown
from priyom.patients import reach
from priyom.patients.models import ContactPoint

TOKEN = re.compile(r"^[A-Za-z0-9_-]{24}$")
SPINS = timedelta(minutes=2)
"""How long a pressed button shows that it waits; later nobody looks."""
JUST_NOW = timedelta(seconds=10)
PERSONAL = ("stop", "start")
"""Actions about the channel itself, done here; all others are the scenarios'."""


def said(chat: Chat, event: Said, raw: RawUpdate) -> None:
    """A text, perhaps with files."""
    if TOKEN.match(event.text.strip()) and link_by_token(chat, event.text.strip()):
        return
    if link_code.told(chat, event.text):
        return
    asked = _answered(chat, event)
    point = chat.whose(asked)
    if point is not None and asked is not None and asked.patient_id != point.patient_id:
        asked = None
    action = "" if event.files else understand(event.text, _choices(asked))
    named = asked is not None and bool(event.reply_to) and asked.provider_id == event.reply_to
    if point is None and not action:
        _unknown(chat, event, raw)
        return
    _take(chat, point, raw, text=event.text, at=event.at, action=action, delivery=asked, answers=bool(action) or named,
          files=event.files, provider_id=event.provider_id)  # fmt: skip


def typing(chat: Chat) -> None:
    """A person is writing: whoever looks at the thread is told, and nothing is kept but the moment."""
    for point in chat.points:
        Conversation.objects.filter(patient_id=point.patient_id).update(typing_at=now())
    Conversation.objects.filter(patient=None, account=chat.account, address=chat.address).update(typing_at=now())


def pressed(chat: Chat, event: Pressed, raw: RawUpdate) -> None:
    """A button. A payload that names another chat's delivery is forged, or older than our memory: it says nothing."""
    delivery, button = button_of(chat.account, chat.address, event.payload)
    point = chat.whose(delivery)
    action = button.get("action", "") if button else ""
    if event.press_id:
        enqueue(
            Order(
                account_id=chat.account.pk, address=chat.address, op=Op.PRESS.value, origin="system",
                body={"press_id": event.press_id, "text": "" if action else "Эта кнопка устарела"},
                patient_id=point.patient_id if point else None, expires_at=now() + SPINS,
            )
        )  # fmt: skip
    if delivery is None or button is None:
        return
    _take(chat, point, raw, text=button["label"], at=event.at, action=action, delivery=delivery, answers=True,
          pressed=True, provider_id=event.provider_id)  # fmt: skip


def started(chat: Chat, event: Started, raw: RawUpdate) -> None:
    """The dialog was opened: by a personal link, by somebody known, or by a stranger."""
    if event.payload and link_by_token(chat, event.payload):
        return
    if not chat.points:
        if find_channel(chat.account.channel).card.asks_contact:
            respond_unknown(chat.account, chat.address, "ask_phone")
        touch(conversation(chat, None), "открыл чат", event.at or now(), needs_answer=False)
        return
    for point in chat.points:
        reach.opened(point, chat.account.channel, event.at or now())
        if not allows(point.patient_id, "service", chat.account.channel):
            give(point.patient, "service", chat.account.channel, "открыл чат снова", "старт")


def shared_phone(chat: Chat, event: SharedPhone, raw: RawUpdate | None) -> None:
    """A contact card: only the sender's own, proven number says who they are. Where the channel has no button that
    proves it, a person of the clinic sees the number; nobody is asked for what they cannot do."""
    at = event.at or now()
    thread = conversation(chat, chat.whose(None))
    Incoming.objects.create(
        conversation=thread, account=chat.account, raw=raw, address=chat.address, at=at,
        text=f"☎ {event.phone}", provider_id=event.provider_id,
    )  # fmt: skip
    try:
        phone = normalize(event.phone if event.phone.startswith("+") else f"+{event.phone}")
    except BadPhone:
        phone = ""
    asks = find_channel(chat.account.channel).card.asks_contact
    if not asks and not (event.proven and phone):
        touch(thread, f"номер {phone or event.phone}: не подтвержден", at, needs_answer=True)
        return
    if not event.proven or not phone:
        respond_unknown(chat.account, chat.address, "ask_own_phone")
        touch(thread, "прислал чужую карточку", at, needs_answer=False)
        return
    if not asks:
        prove(chat.account.pk, chat.address, phone)
    if not link_by_phone(chat, phone):
        respond_unknown(chat.account, chat.address, "reply_unknown")
        touch(thread, f"номер {phone}: в базе не найден или не один", at, needs_answer=True)


def _take(
    chat: Chat,
    point: ContactPoint | None,
    raw: RawUpdate | None,
    *,
    text: str,
    at: datetime | None,
    action: str,
    delivery: Delivery | None,
    answers: bool = False,
    pressed: bool = False,
    files: Sequence[IncomingFile] = (),
    provider_id: str = "",
) -> None:
    moment = when(at, raw)
    thread = conversation(chat, point)
    row = Incoming.objects.create(
        conversation=thread, account=chat.account, raw=raw, address=chat.address, at=moment, text=text,
        pressed=pressed, delivery=delivery, action=action[:60], provider_id=provider_id,
        files=[_wanted(chat.account, file, moment) for file in files],
    )  # fmt: skip
    asks = not action and (bool(files) or not courtesy(text))
    touch(thread, text or "файл", moment, needs_answer=asks, channel=chat.account.channel)
    if asks and not pressed:
        answer_by_itself(chat, point, thread, moment)
    if point is None:
        return
    reach.answered(point, chat.account.channel, moment, _answered_for(delivery, text, moment) if answers else None)
    if action in PERSONAL:
        _personal(chat, point, action, text)
    record(
        PatientReplied(
            patient_id=point.patient_id, visit_id=delivery.visit_id if delivery else None, incoming_id=row.pk,
            account_id=chat.account.pk, address=chat.address, channel=chat.account.channel, action=action,
            pressed=pressed, delivery_id=delivery.pk if delivery else None, contact_point_id=point.pk,
        )
    )  # fmt: skip


def _wanted(account: Account, file: IncomingFile, at: datetime) -> dict[str, object]:
    """A file that came: to be fetched by whoever tends the account. What the thread keeps of it."""
    stored = StoredFile.objects.create(
        account=account, name=file.name[:200], mime=file.mime[:100], size=file.size, ref=file.ref,
        state=FileState.WANTED, next_try_at=now(), created_at=at,
    )  # fmt: skip
    return {"id": stored.pk, "name": file.name[:200], "mime": file.mime[:100], "size": file.size}


def when(told: datetime | None, raw: RawUpdate | None) -> datetime:
    """The moment of an event: the vendor's word, but our own clock for what has just come. Vendors round down to whole
    seconds, and an answer would stand above the message it answers."""
    received = raw.received_at if raw is not None else now()
    return received if told is None or abs(received - told) < JUST_NOW else told


def _answered_for(delivery: Delivery | None, text: str, moment: datetime) -> float | None:
    """The message has its answer: proof that it arrived. Seconds it took, where known."""
    if delivery is None or delivery.state == DeliveryState.SENDING:
        return None  # its own settling is under way and brings the id by which it can be edited
    advance(delivery.pk, Signal.ANSWERED, f"ответ «{text[:80]}»", moment)
    return (moment - delivery.sent_at).total_seconds() if delivery.sent_at else None


def _personal(chat: Chat, point: ContactPoint, action: str, text: str) -> None:
    change = withdraw if action == "stop" else give
    for purpose in ("service", "marketing") if action == "stop" else ("service",):
        change(point.patient, purpose, chat.account.channel, "ответ пациента", text)
    respond(chat.account, point, "reply_stop" if action == "stop" else "reply_started")


def _unknown(chat: Chat, event: Said, raw: RawUpdate) -> None:
    first = not Incoming.objects.filter(account=chat.account, address=chat.address).exists()
    _take(chat, None, raw, text=event.text, at=event.at, action="", delivery=None,
          files=event.files, provider_id=event.provider_id)  # fmt: skip
    if first and find_channel(chat.account.channel).card.asks_contact and not chat.points:
        respond_unknown(chat.account, chat.address, "ask_phone")


def _answered(chat: Chat, event: Said) -> Delivery | None:
    if event.reply_to:
        named = Delivery.objects.filter(account=chat.account, address=chat.address, provider_id=event.reply_to).first()
        if named is not None:
            return named
    return chat.last_sent()


def _choices(delivery: Delivery | None) -> list[Choice]:
    if delivery is None:
        return []
    return [Choice(button["action"]) for row in delivery.body.get("rows", []) for button in row]


def button_of(account: Account, address: str | None, payload: str) -> tuple[Delivery | None, dict[str, str] | None]:
    """The delivery and the button a payload names, if both are of this chat (None: of any chat of the account)."""
    delivery_id, _, button_id = payload.partition(":")
    if not delivery_id.isascii() or not delivery_id.isdigit() or len(delivery_id) > 18:
        return None, None
    rows = Delivery.objects.filter(pk=int(delivery_id), account=account)
    delivery = (rows if address is None else rows.filter(address=address)).first()
    if delivery is None:
        return None, None
    found = (b for row in delivery.body.get("rows", []) for b in row if b["id"] == button_id)
    return delivery, next(found, None)
