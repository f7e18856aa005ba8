"""The person beside the thing, wherever one works: who they are, how they are reached, their visits, what colleagues
know of them, what they allow."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from priyom.appointments.models import LIVE, Visit
from priyom.clinic.access import branches
from priyom.clinic.models import Staff
from priyom.contracts import registry
from priyom.delivery.models import Account
from priyom.foundation.clock import now
from priyom.patients import merge
from priyom.patients.access import visible
from priyom.patients.models import Patient
from priyom.patients.opened import opened as log_opened
from priyom.web import guard
from priyom.web.frame import SETS, WORKS
from priyom.web.patients import consents, contacts, notes
from priyom.web.patients.words import age, birthday

COMING, PAST = 5, 4


def beside(staff: Staff, patient: Patient, leave_out: int | None = None, opened: str = "card") -> dict[str, Any]:
    """The context of `web/patients/_beside.html`; as many queries whatever the patient has. Who is shown it is logged:
    `opened` is the page it stands on (`card`, `chat`, `visit`, `task`)."""
    log_opened(staff, patient, opened)
    other = next(iter(branches(staff)), None)
    zone = patient.time_zone or (other.time_zone if other else "UTC")
    works = staff.role in WORKS
    return {
        **contacts.context(staff, patient),
        **notes.notes_context(staff, patient),
        **notes.tags_context(staff, patient),
        **visits_context(staff, patient, leave_out),
        **consents.context(patient),
        **_born(patient, zone),
        "linkable": linkable() if works else [],
        "alike": merge.alike(patient, visible(staff)) if works else [],
        "merges": merge.standing(patient) if works else [],
        "person_zone": zone,
        "may_work": works,
        "may_see_log": staff.role in SETS,
    }


def visits_context(staff: Staff, patient: Patient, leave_out: int | None = None) -> dict[str, Any]:
    """What `web/patients/_visits.html` shows: those to come, the next one first, and the last ones that were."""
    rows = guard.visits(staff).filter(patient=patient).exclude(pk=leave_out or 0)
    at = now()
    return {
        "patient": patient,
        "coming": list(rows.filter(state__in=LIVE, ends_at__gt=at).order_by("starts_at")[:COMING]),
        "past": list(rows.exclude(state__in=LIVE, ends_at__gt=at).order_by("-starts_at")[:PAST]),
        "left_out": leave_out or "",
        "may_work": staff.role in WORKS,
    }


def linkable() -> list[Account]:
    """Accounts whose channel has personal links, ready to be used."""
    keys = [card.key for card in registry.cards() if card.deep_link]
    return list(Account.objects.filter(channel__in=keys, enabled=True).exclude(bot_name="").order_by("name"))


def visits_of(staff: Staff, patient: Patient, most: int = 30) -> list[Visit]:
    """The newest visits of a patient at the branches this member of staff sees."""
    return list(guard.visits(staff).filter(patient=patient).order_by("-starts_at")[:most])


def _born(patient: Patient, zone: str) -> dict[str, str]:
    if patient.birth_date is None:
        return {"age": "", "birthday": ""}
    today = now().astimezone(ZoneInfo(zone)).date()
    return {"age": age(patient.birth_date, today), "birthday": birthday(patient.birth_date, today)}
