"""Start the scenarios that follow a fact, one run per scenario, visit and version; stop those of an older version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from priyom.appointments.models import Visit
from priyom.foundation.clock import now
from priyom.scenarios.models import Run, Scenario


def start(kind: str, visit_id: int, at: datetime, context: dict[str, Any]) -> int:
    """Runs for a fact of this type about this visit; how many began. They take their first step when due: at once."""
    visit = Visit.objects.get(pk=visit_id)
    begun = 0
    for scenario in Scenario.objects.filter(enabled=True):
        if kind not in scenario.on.split(","):
            continue
        _, created = Run.objects.get_or_create(
            scenario=scenario, visit=visit, visit_version=visit.version,
            defaults={"due_at": now(), "started_at": at, "context": context},
        )  # fmt: skip
        begun += created
    return begun


def stop(visit_id: int, why: str, *, below_version: int | None = None) -> int:
    """End the live runs of a visit (only of versions below, when given); how many ended."""
    runs = Run.objects.filter(visit_id=visit_id, due_at__isnull=False)
    if below_version is not None:
        runs = runs.filter(visit_version__lt=below_version)
    return runs.update(due_at=None, ended_at=now(), outcome=why)
