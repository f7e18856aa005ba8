"""The person beside the thing: contacts with what is known of each, language, visits to come, ways to link a chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from priyom.appointments.models import LIVE, Visit
from priyom.clinic.access import branches
from priyom.clinic.models import Staff
from priyom.contracts import registry
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.patients.models import ContactPoint, Patient, Reach
from priyom.web import guard
from priyom.web.frame import WORKS


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a contact point on one channel. `at` belongs to the text."""

    channel: str
    text: str
    live: bool
    lost: bool
    at: Any = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact point as the card shows it."""

    point: ContactPoint
    known: list[Known]


def beside(staff: Staff, patient: Patient, leave_out: int | None = None) -> dict[str, Any]:
    """The context of `web/patients/_beside.html`; six queries at most, whatever the patient has."""
    other = branches(staff).first()
    visits = guard.visits(staff).filter(patient=patient, state__in=LIVE, ends_at__gt=now()).order_by("starts_at")
    return {
        "patient": patient,
        "contacts": contacts(patient),
        "coming": list(visits.exclude(pk=leave_out or 0)[:4]),
        "linkable": linkable(),
        "person_zone": patient.time_zone or (other.time_zone if other else "UTC"),
        "may_work": staff.role in WORKS,
    }


def contacts(patient: Patient) -> list[Contact]:
    """Live contact points, phones first."""
    points = ContactPoint.objects.filter(patient=patient, removed_at=None).prefetch_related(
        Prefetch("reaches", Reach.objects.order_by("channel"))
    )
    ordered = sorted(points, key=lambda p: (p.kind != "phone", p.relation != "own", p.pk))
    return [Contact(p, [_known(r) for r in p.reaches.all()]) for p in ordered]


def _known(reach: Reach) -> Known:
    if reach.lost == "blocked":
        return Known(reach.channel, _("blocked the clinic"), False, True, reach.lost_at)
    if reach.lost:
        return Known(reach.channel, _("no such address there"), False, True, reach.lost_at)
    words = (
        (reach.answered_at, _("answered")),
        (reach.delivered_at, _("messages arrive")),
        (reach.started_at, _("opened the chat")),
        (reach.accepted_at, _("taken by the gateway, arrival not proven")),
    )
    for at, text in words:
        if at is not None:
            return Known(reach.channel, text, at is not reach.accepted_at or reach.accepted_at is None, False, at)
    return Known(reach.channel, _("nothing is known yet"), False, False)


def linkable() -> list[Account]:
    """Accounts whose channel has personal links, ready to be used."""
    keys = [card.key for card in registry.cards() if card.deep_link]
    return list(Account.objects.filter(channel__in=keys, enabled=True).exclude(bot_name="").order_by("name"))


def visits_of(staff: Staff, patient: Patient, most: int = 30) -> list[Visit]:
    """The newest visits of a patient at the branches this member of staff sees."""
    return list(guard.visits(staff).filter(patient=patient).order_by("-starts_at")[:most])
