"""What an answer is about: the person, the visit nearest to now, the branch; and the values of the wordings' variables
made of them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from priyom.appointments.models import LIVE, Visit
from priyom.clinic.house import house
from priyom.clinic.models import Branch
from priyom.foundation.clock import now
from priyom.foundation.phone import show
from priyom.inbox.models import Conversation
from priyom.notifications import catalogue
from priyom.notifications.variables import values
from priyom.notifications.wording import languages


def language_of(conversation: Conversation) -> str:
    """The one language an answer is offered in: the patient's, else the house's first."""
    if conversation.patient is not None:
        return languages(conversation.patient)[0]
    first = house().languages.split(",")[0]
    return first if first in catalogue.LANGUAGES else catalogue.LANGUAGES[0]


def nearest_visit(conversation: Conversation) -> Visit | None:
    """The next visit that still stands, else the last one there was."""
    if conversation.patient_id is None:
        return None
    rows = Visit.objects.filter(patient=conversation.patient_id)
    rows = rows.select_related("branch", "practitioner", "service")
    coming = rows.filter(state__in=LIVE, ends_at__gt=now()).order_by("starts_at").first()
    return coming or rows.order_by("-starts_at").first()


def zone_of(conversation: Conversation) -> ZoneInfo | None:
    """The zone of the branch the person goes to; None where no branch is known."""
    return ZoneInfo(conversation.branch.time_zone) if conversation.branch is not None else None


def values_for(conversation: Conversation, visit: Visit | None, language: str) -> dict[str, str]:
    """variable -> value in that language; what is not known is absent."""
    found = {"clinic.name": house().name}
    if conversation.patient is not None:
        found = values(conversation.patient, visit, language, house().name, None)
    if visit is None and conversation.branch is not None:
        found |= _place(conversation.branch)
    return {name: value for name, value in found.items() if value}


def _place(branch: Branch) -> dict[str, str]:
    return {
        "branch.name": branch.name,
        "branch.address": branch.address or branch.name,
        "branch.place": ", ".join(part for part in (branch.name, branch.address) if part),
        "branch.phone": show(branch.phone) if branch.phone else "",
    }
