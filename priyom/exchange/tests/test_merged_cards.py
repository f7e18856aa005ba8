"""A source that still names the id of a card which became part of another one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from priyom.exchange.events import parse
from priyom.exchange.receive import receive
from priyom.foundation.clock import clock, now
from priyom.inbox import merge
from priyom.inbox.tasks import open_call_task
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday() -> None:
    clock.freeze(make.MONDAY)


def event(number: int, patient: str, visit: str) -> dict[str, Any]:
    start = now() + timedelta(days=3, hours=number)
    return {
        "specversion": "1.0", "id": f"e-{number}", "source": "mis", "type": "visit.booked",
        "data": {
            "visit": {
                "id": visit, "start": start.isoformat(), "end": (start + timedelta(minutes=30)).isoformat(),
                "practitioner": {"id": "d-1", "name": "Ли Ольга"}, "service": {"id": "s-1", "name": "Прием"},
                "branch": {"id": "b-1", "name": "На Абая", "time_zone": "Asia/Almaty"},
            },
            "patient": {"id": patient, "family": "Ким", "given": "Анна"},
        },
    }  # fmt: skip


def test_a_visit_booked_under_the_gone_id_comes_to_the_kept_card_and_goes_back() -> None:
    kept, gone = make.make_patient(phone="+77011234567"), make.make_patient(phone="+77017654321")
    staff = make.make_staff()
    made = merge.merge(kept, gone, staff)
    receive([parse(event(1, gone.external_id, "v-1")), parse(event(2, kept.external_id, "v-2"))])
    visits = {visit.external_id: visit for visit in kept.visits.all()}
    assert visits.keys() == {"v-1", "v-2"}
    task = open_call_task(visits["v-1"], "пора", now() + timedelta(hours=1))
    merge.undo(made, staff)
    assert [visit.external_id for visit in gone.visits.all()] == ["v-1"]
    assert [visit.external_id for visit in kept.visits.all()] == ["v-2"]
    task.refresh_from_db()
    assert task.patient == gone
    receive([parse(event(3, gone.external_id, "v-1"))])  # the source is not told that this is another one's visit
