"""What the house is doing now and why, in Russian words for whoever looks at the phones: made of the newest facts of
the journal, and of the next planned moment. A kind of fact without words here is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from priyom.appointments.models import Visit
from priyom.contracts import registry
from priyom.delivery.models import Delivery, DeliveryState
from priyom.foundation.clock import now
from priyom.journal.models import Fact
from priyom.notifications.catalogue import CATALOGUE
from priyom.notifications.models import Notification
from priyom.patients.models import Patient
from priyom.sandbox.duration import write_moment
from priyom.scenarios.models import Run

Data = Mapping[str, Any]

SIGNALS = {
    "accepted": "передано шлюзу, дошло ли - он не говорит",
    "sent": "отправлено",
    "delivered": "доставлено",
    "read": "прочитано",
    "answered": "пришел ответ",
    "failed": "не прошло",
    "uncertain": "ушло ли - неизвестно, повторять вслепую нельзя",
}
HOW_LOST = {"blocked": "заблокирован пациентом", "gone": "такого адреса больше нет"}
BY = {"patient": "пациент", "staff": "регистратура", "mis": "медицинская система"}


def channel_title(key: str) -> str:
    """The channel's name for people."""
    return registry.channel(key).card.title if key in registry.names() else key


def kind_title(kind: str) -> str:
    """The kind of notification for people."""
    return CATALOGUE[kind].title if kind in CATALOGUE else kind


def _when(visit: Visit | None, iso: str) -> str:
    at = datetime.fromisoformat(iso)
    return at.astimezone(ZoneInfo(visit.branch.time_zone if visit else "UTC")).strftime("%d.%m в %H:%M")


def _settled(data: Data, visit: Visit | None) -> str:
    delivery = Delivery.objects.select_related("account").filter(pk=data["delivery_id"]).first()
    where = channel_title(delivery.account.channel) if delivery else "сообщение"
    signal = "uncertain" if data.get("uncertain") else str(data.get("signal", ""))
    why = f": {data['evidence']}" if signal in ("failed", "answered") and data.get("evidence") else ""
    return f"{where}: {SIGNALS.get(signal, signal)}{why}"


def _exhausted(data: Data, visit: Visit | None) -> str:
    then = ", дальше звонит человек" if data.get("must_reach") else ""
    return f"{kind_title(data['kind'])}: все пути пройдены{then}"


def _confirmed(data: Data, visit: Visit | None) -> str:
    return f"визит подтвержден ({BY.get(data['by'], data['by'])}; {data.get('evidence') or 'без подробностей'})"


WORDS: dict[str, Callable[[Data, Visit | None], str]] = {
    "VisitBooked": lambda data, visit: f"записан визит на {_when(visit, data['starts_at'])}",
    "VisitMoved": lambda data, visit: f"визит перенесен на {_when(visit, data['starts_at'])}, старое больше не уйдет",
    "VisitConfirmed": _confirmed,
    "VisitCancelled": lambda data, visit: f"визит отменен ({BY.get(data['by'], data['by'])}), время свободно",
    "VisitArrived": lambda data, visit: "пациент пришел",
    "VisitCompleted": lambda data, visit: "прием состоялся",
    "VisitMissed": lambda data, visit: "пациент не пришел",
    "DeliverySettled": _settled,
    "NotificationReached": lambda data, visit: f"{kind_title(data['kind'])}: цель достигнута, {data['evidence']}",
    "NotificationExhausted": _exhausted,
    "PatientReplied": lambda data, visit: "пациент ответил",
    "CallTaskOpened": lambda data, visit: "до пациента не дошло: задача регистратору позвонить",
    "CallTaskClosed": lambda data, visit: "задача на звонок закрыта",
    "ContactLost": lambda data, visit: (
        f"{channel_title(data['channel'])}: {HOW_LOST.get(data['how'], data['how'])}, маршруты его обходят"
    ),
    "ContactOpened": lambda data, visit: f"{channel_title(data['channel'])}: чат открыт",
    "ContactLinked": lambda data, visit: "чат привязан к пациенту",
    "ConsentChanged": lambda data, visit: "согласие дано" if data.get("given") else "согласие отозвано",
}
WARNINGS = frozenset({"NotificationExhausted", "CallTaskOpened", "ContactLost", "VisitMissed"})


def news(after: int, limit: int = 30) -> list[dict[str, Any]]:
    """The newest facts that have words, after the fact `after`, oldest first: {id, at, text, patient, warning}."""
    rows = list(Fact.objects.filter(id__gt=after, type__in=WORDS).order_by("-id")[:limit])[::-1]
    patients = Patient.objects.in_bulk({row.patient_id for row in rows if row.patient_id})
    visits = Visit.objects.select_related("branch").in_bulk({row.visit_id for row in rows if row.visit_id})
    told = []
    for row in rows:
        patient = patients.get(row.patient_id or 0)
        told.append(
            {
                "id": row.pk,
                "at": write_moment(row.at),
                "text": _words(row, visits.get(row.visit_id or 0)),
                "patient": str(patient) if patient else "",
                "person": f"p{patient.pk}" if patient else "",
                "warning": row.type in WARNINGS,
            }
        )
    return told


def _words(row: Fact, visit: Visit | None) -> str:
    try:
        return WORDS[row.type](row.data, visit)
    except (KeyError, ValueError):
        return row.type


def plan() -> dict[str, Any] | None:
    """The next thing the house means to do by itself: {at, text, patient}; None when nothing is planned."""
    at = now()
    notification = Notification.objects.filter(act_at__gt=at).order_by("act_at").select_related("patient").first()
    run = Run.objects.filter(due_at__gt=at).order_by("due_at").select_related("visit__patient", "scenario").first()
    delivery = (
        Delivery.objects.filter(state=DeliveryState.WAITING, due_at__gt=at, account__enabled=True)
        .select_related("account", "patient")
        .order_by("due_at")
        .first()
    )
    plans: list[tuple[datetime, str, Patient | None]] = []
    if notification is not None and notification.act_at is not None:
        what = "следующий шаг" if notification.state == "running" else "отправка"
        plans.append((notification.act_at, f"{kind_title(notification.kind)}: {what}", notification.patient))
    if run is not None and run.due_at is not None:
        plans.append((run.due_at, run.scenario.title, run.visit.patient))
    if delivery is not None:
        plans.append((delivery.due_at, f"отправка в {channel_title(delivery.account.channel)}", delivery.patient))
    if not plans:
        return None
    when, text, patient = min(plans, key=lambda item: item[0])
    return {"at": write_moment(when), "text": text, "patient": str(patient) if patient else ""}
