"""The timeline of a visit: every fact about it, in order, in words for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from priyom.appointments.models import Visit
from priyom.contracts.registry import NoSuchChannel
from priyom.contracts.registry import channel as find_channel
from priyom.delivery.models import Delivery
from priyom.inbox.models import Incoming
from priyom.journal.models import Fact
from priyom.notifications.catalogue import text as wording
from priyom.notifications.evidence import signal_words

BY = {"patient": "пациент", "staff": "клиника", "mis": "клиника (МИС)"}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline. `kind` is a stable word for programs; `text` is for people."""

    at: datetime
    kind: str
    text: str
    channel: str = ""
    signal: str = ""
    evidence: str = ""
    delivery_id: int | None = None


@dataclass(slots=True)
class _Look:
    visit: Visit
    zone: ZoneInfo
    deliveries: dict[int, Delivery]
    incoming: dict[int, Incoming]


def timeline(visit: Visit) -> list[Moment]:
    """Everything that happened to the visit, oldest first."""
    facts = list(Fact.objects.filter(visit_id=visit.pk).order_by("id"))
    deliveries = Delivery.objects.filter(visit_id=visit.pk).select_related("account")
    said = {fact.data["incoming_id"] for fact in facts if fact.type == "PatientReplied"}
    look = _Look(
        visit, ZoneInfo(visit.branch.time_zone), {d.pk: d for d in deliveries},
        {row.pk: row for row in Incoming.objects.filter(pk__in=said).select_related("account")},
    )  # fmt: skip
    moments = [moment for fact in facts if (moment := _moment(fact, look)) is not None]
    return sorted(moments, key=lambda moment: moment.at)


def _moment(fact: Fact, look: _Look) -> Moment | None:
    tell = TELL.get(fact.type)
    return tell(fact.at, fact.data, look) if tell else None


def _when(iso: str, look: _Look) -> str:
    return f"{datetime.fromisoformat(iso).astimezone(look.zone):%d.%m в %H:%M}"


def _title(channel: str) -> str:
    try:
        return find_channel(channel).card.title
    except NoSuchChannel:
        return "звонок" if channel == "call" else channel


def _booked(at: datetime, data: dict[str, Any], look: _Look) -> Moment:
    return Moment(at, "booked", f"Записан на {_when(data['starts_at'], look)}")


def _moved(at: datetime, data: dict[str, Any], look: _Look) -> Moment:
    text = (
        f"Перенесен с {_when(data['old_start'], look)} на {_when(data['starts_at'], look)} ({BY.get(data['by'], '')})"
    )
    return Moment(at, "moved", text, data.get("channel", ""), "", data.get("evidence", ""))


def _confirmed(at: datetime, data: dict[str, Any], look: _Look) -> Moment:
    return Moment(at, "confirmed", f"Подтвержден: {data['evidence']}", data["channel"], "answered", data["evidence"])


def _cancelled(at: datetime, data: dict[str, Any], look: _Look) -> Moment:
    text = f"Отменен ({BY.get(data['by'], '')})" + (f": {data['why']}" if data.get("why") else "")
    return Moment(at, "cancelled", text, data.get("channel", ""), "", data.get("evidence", ""))


def _plain(kind: str, text: str) -> Callable[[datetime, dict[str, Any], _Look], Moment]:
    return lambda at, data, look: Moment(at, kind, text)


def _settled(at: datetime, data: dict[str, Any], look: _Look) -> Moment | None:
    delivery = look.deliveries.get(data["delivery_id"])
    if delivery is None or delivery.op == "press":
        return None
    channel, signal = delivery.account.channel, data["signal"]
    words = data.get("evidence") if signal == "failed" else ""
    told = signal_words(channel, signal) + (f" ({words})" if words else "")
    if delivery.op == "edit":
        text = f"Сообщение в {_title(channel)} исправлено" if signal != "failed" else f"Исправить не удалось: {told}"
        return Moment(at, "edited", text, channel, signal, data.get("evidence", ""), delivery.pk)
    kind = delivery.body.get("kind", "")
    title = wording(kind).title if kind else "Сообщение"
    return Moment(at, "delivery", f"{title}: {told}", channel, signal, data.get("evidence", ""), delivery.pk)


def _replied(at: datetime, data: dict[str, Any], look: _Look) -> Moment | None:
    row = look.incoming.get(data["incoming_id"])
    if row is None:
        return None
    how = "Нажал" if row.pressed else "Написал"
    text = f"{how} «{row.text[:80]}» в {_title(row.account.channel)}"
    return Moment(at, "reply", text, row.account.channel, "answered", "", row.delivery_id)


def _exhausted(at: datetime, data: dict[str, Any], look: _Look) -> Moment:
    title = wording(data["kind"]).title
    return Moment(at, "exhausted", f"{title}: {data['why']}" + ("; нужен звонок" if data["must_reach"] else ""))


def _task_opened(at: datetime, data: dict[str, Any], look: _Look) -> Moment:
    return Moment(at, "call_task", f"Поставлена задача позвонить: {data['why']}")


def _task_closed(at: datetime, data: dict[str, Any], look: _Look) -> Moment:
    return Moment(at, "call_task_closed", f"Задача позвонить закрыта: {data['result']}")


TELL: dict[str, Callable[[datetime, dict[str, Any], _Look], Moment | None]] = {
    "VisitBooked": _booked,
    "VisitMoved": _moved,
    "VisitConfirmed": _confirmed,
    "VisitCancelled": _cancelled,
    "VisitArrived": _plain("arrived", "Пришел"),
    "VisitCompleted": _plain("completed", "Прием состоялся"),
    "VisitMissed": _plain("missed", "Не пришел"),
    "DeliverySettled": _settled,
    "PatientReplied": _replied,
    "NotificationExhausted": _exhausted,
    "CallTaskOpened": _task_opened,
    "CallTaskClosed": _task_closed,
}
