"""What waits for its moment: the first is taken first, by one, and not before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import psycopg
import pytest
from django.db import transaction

from priyom.delivery.database import conninfo
from priyom.foundation.clock import now
from priyom.journal.due import Due
from priyom.scenarios.models import Run, Scenario
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)

DUE = Due(Run, "due_at")


def runs(*seconds: int) -> Sequence[int]:
    """Runs due so many seconds from now; their ids."""
    visit, at = make.make_visit(make.make_patient()), now()
    scenario = Scenario.objects.create(key="try", title="Проба", on="VisitBooked", steps=[])
    return [
        Run.objects.create(
            scenario=scenario, visit=visit, visit_version=number, due_at=at + timedelta(seconds=later), started_at=at
        ).pk
        for number, later in enumerate(seconds)
    ]  # fmt: skip


@transaction.atomic
def taken() -> int | None:
    return DUE.take()


def test_the_first_is_taken_first() -> None:
    _, first, _ = runs(-5, -9, 60)
    assert taken() == first


def test_what_another_holds_is_passed_over() -> None:
    second, first = runs(-5, -9)
    with psycopg.connect(conninfo()) as other:
        other.execute("SELECT FROM scenarios_run WHERE id = %s FOR UPDATE", (first,))
        assert taken() == second
    assert taken() == first


def test_nothing_is_taken_before_its_moment() -> None:
    assert (taken(), DUE.nearest()) == (None, None)
    later, ended = runs(60, -9)
    Run.objects.filter(pk=ended).update(due_at=None, ended_at=now())
    assert taken() is None
    assert DUE.nearest() == Run.objects.get(pk=later).due_at
