"""A step that is to be taken wakes the loop that takes it, and no other; what has ended wakes nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import psycopg
import pytest

from priyom.delivery.database import conninfo
from priyom.foundation.clock import now
from priyom.notifications.models import Notification, NotificationState
from priyom.scenarios.models import Run, Scenario
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)

Ear = Callable[[], list[str]]


@pytest.fixture
def ear() -> Iterator[Ear]:
    """Which of the two loops were woken since it was last asked."""
    with psycopg.connect(conninfo(), autocommit=True) as connection:
        connection.execute("LISTEN priyom")
        yield lambda: [
            word.payload
            for word in connection.notifies(timeout=0.05)
            if word.payload in ("scenarios", "notifications", "advance")
        ]


def test_a_notification(ear: Ear) -> None:
    visit, at = make.make_visit(make.make_patient()), now()
    row = Notification.objects.create(
        patient=visit.patient, visit=visit, visit_version=1, kind="reminder_24h", dedupe_key="one", goal="answered",
        state=NotificationState.RUNNING, created_at=at, not_before=at, expires_at=visit.starts_at, act_at=at,
    )  # fmt: skip
    assert ear() == ["notifications"]
    row.evidence = "прочитано"
    row.save(update_fields=["evidence"])
    assert ear() == []
    row.act_at = at + timedelta(hours=1)
    row.save(update_fields=["act_at"])
    assert ear() == ["notifications"]
    row.state, row.act_at, row.ended_at = NotificationState.REACHED, None, at
    row.save()
    assert ear() == []


def test_a_run(ear: Ear) -> None:
    visit, at = make.make_visit(make.make_patient()), now()
    scenario = Scenario.objects.create(key="try", title="Проба", on="VisitBooked", steps=[])
    run = Run.objects.create(scenario=scenario, visit=visit, visit_version=1, due_at=at, started_at=at)
    assert ear() == ["scenarios"]
    run.due_at = at + timedelta(hours=1)
    run.save()
    assert ear() == ["scenarios"]
    Run.objects.update(due_at=None, ended_at=at, outcome="визит изменился")
    assert ear() == []
