"""What the variables of ready answers and approved texts are called on the pages."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

NAMES = {
    "patient.given": gettext_noop("patient's first name"),
    "patient.name": gettext_noop("patient's full name"),
    "visit.local_date": gettext_noop("day of the visit"),
    "visit.local_time": gettext_noop("time of the visit"),
    "visit.short_date": gettext_noop("day of the visit, short"),
    "old.local_date": gettext_noop("earlier day of the visit"),
    "old.local_time": gettext_noop("earlier time of the visit"),
    "old.short_date": gettext_noop("earlier day of the visit, short"),
    "practitioner.name": gettext_noop("doctor"),
    "practitioner.short_name": gettext_noop("doctor, short"),
    "service.name": gettext_noop("service"),
    "branch.name": gettext_noop("branch"),
    "branch.address": gettext_noop("address of the branch"),
    "branch.place": gettext_noop("branch and address"),
    "branch.phone": gettext_noop("phone of the branch"),
    "clinic.name": gettext_noop("name of the clinic"),
}


def called(name: str) -> str:
    """A variable's name in words."""
    return _(NAMES.get(name, name))
