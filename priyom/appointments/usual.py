"""What is usual at a branch: who sees patients there, what they do, and how long it takes. Nobody keeps such lists by
hand; the visits tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q

from priyom.appointments.models import Visit
from priyom.clinic.models import Branch, Practitioner, Service
from priyom.foundation.clock import now

LATELY = timedelta(days=45)
LOOKED_AT = 200
"""So many of the last visits tell what a doctor does."""
MINUTES = 30


def practitioners(branch: Branch) -> list[Practitioner]:
    """Doctors with hours or recent visits at the branch, by specialty and name."""
    at = now()
    seen = Visit.objects.filter(branch=branch, starts_at__gt=at - LATELY, starts_at__lt=at + LATELY)
    there = Q(hours__branch=branch) | Q(pk__in=seen.values("practitioner"))
    return list(Practitioner.objects.filter(there).distinct().order_by("specialty", "name"))


def services(doctors: Iterable[Practitioner]) -> list[Service]:
    """What these doctors did lately, the most frequent first."""
    newest = Visit.objects.filter(practitioner__in=list(doctors)).order_by("-starts_at")[:LOOKED_AT]
    counted = Counter(newest.values_list("service", flat=True))
    known = Service.objects.in_bulk(list(counted))
    return [known[pk] for pk, _ in counted.most_common()]


def minutes(doctors: Iterable[Practitioner], service: Service | None) -> int:
    """How long the service usually takes with these doctors, else with them at all; MINUTES when nothing is known."""
    newest = Visit.objects.filter(practitioner__in=list(doctors)).order_by("-starts_at")
    rows = list(newest.values_list("service", "starts_at", "ends_at")[:LOOKED_AT])
    for chosen in ([row for row in rows if service is not None and row[0] == service.pk], rows):
        lengths = Counter(int((end - start).total_seconds() // 60) for _, start, end in chosen)
        if lengths:
            return max(lengths.most_common(1)[0][0], 5)
    return MINUTES
