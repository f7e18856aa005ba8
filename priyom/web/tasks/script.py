"""What to say in a call: who calls, which visit, where; in the patient's own language."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from priyom.clinic.house import house
from priyom.inbox.models import CallTask
from priyom.notifications.wording import languages
from priyom.web import say


def script(task: CallTask) -> list[str]:
    """Sentences to read aloud, in order. A sensitive service is never named: somebody else may have picked up."""
    patient, visit = task.patient, task.visit
    with translation.override(languages(patient)[0]):
        called = " ".join(part for part in (patient.given, patient.patronymic) if part) or patient.family
        hello = _("Good day! This is %(clinic)s. May I speak with %(name)s?") % {"clinic": house().name, "name": called}
        if visit is None:
            return [hello]
        told = {
            "when": say.when(visit.starts_at, ZoneInfo(visit.branch.time_zone)),
            "doctor": visit.practitioner.name,
            "service": visit.service.name,
        }
        if visit.service.sensitive or not visit.service.name:
            asks = _("You have a visit %(when)s, doctor %(doctor)s. Will you come?") % told
        else:
            asks = _("You have a visit %(when)s, doctor %(doctor)s, %(service)s. Will you come?") % told
        place = ", ".join(part for part in (visit.branch.name, visit.branch.address) if part)
        return [
            hello,
            asks,
            _("Our address: %(place)s. Please take your documents, and tell me if you ask yourself how to prepare.")
            % {"place": place},
        ]
