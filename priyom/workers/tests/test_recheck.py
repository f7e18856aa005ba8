"""The tables tell the senders when something in their hands may have become wrong, and every pump hears it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import transaction

from priyom.appointments.models import Visit
from priyom.consent.models import Consent
from priyom.delivery.database import conninfo
from priyom.delivery.pump import Pump
from priyom.foundation.clock import now
from priyom.notifications.recheck import recheck
from priyom.patients.models import Reach
from priyom.workers import deliver
from priyom.workers.wake import Wakes
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ear() -> Iterator[Callable[[], int]]:
    """How often the word came since it was last asked."""
    with psycopg.connect(conninfo(), autocommit=True) as connection:
        connection.execute("LISTEN priyom")
        yield lambda: sum(n.payload == "recheck" for n in connection.notifies(timeout=0.05))


def test_a_changed_visit_a_lost_address_and_a_withdrawn_consent_are_told(ear: Callable[[], int]) -> None:
    patient = make.make_patient(telegram=make.CHAT)
    visit = make.make_visit(patient)
    visits = Visit.objects.filter(pk=visit.pk)
    make.make_reach(patient, "telegram", "telegram")
    reaches = Reach.objects.filter(contact_point__patient=patient)
    ear()

    def consent(*, given: bool) -> Consent:
        return Consent.objects.create(patient=patient, purpose="service", given=given, at=now(), source="тест")

    told: list[tuple[Callable[[], object], int]] = [
        (lambda: visits.update(version=visit.version + 1), 1),
        (lambda: visits.update(state="cancelled"), 1),
        (lambda: visits.update(state="cancelled"), 0),
        (lambda: make.make_visit(patient), 0),
        (lambda: reaches.update(lost="blocked", lost_at=now()), 1),
        (lambda: reaches.update(lost_at=now()), 0),
        (lambda: reaches.all().delete(), 0),
        (lambda: make.make_reach(patient, "telegram", "telegram"), 0),
        (lambda: reaches.all().delete(), 0),
        (lambda: make.make_reach(patient, "telegram", "telegram", lost="gone", lost_at=now()), 1),
        (lambda: consent(given=True), 0),
        (lambda: consent(given=False), 1),
    ]
    for number, (change, times) in enumerate(told):
        change()
        assert ear() == times, number


def test_many_changes_of_one_transaction_are_one_word(ear: Callable[[], int]) -> None:
    patient = make.make_patient(telegram=make.CHAT)
    made = [make.make_visit(patient) for _ in range(3)]
    ear()
    with transaction.atomic():
        for visit in made:
            Visit.objects.filter(pk=visit.pk).update(version=visit.version + 1)
    assert ear() == 1


def test_every_pump_hears_it_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    account = make.make_account("smsc")
    heard: list[int] = []

    class Heard(Pump):
        def unsure(self) -> None:
            heard.append(self._line.id)
            super().unsure()

    monkeypatch.setattr(deliver, "Pump", Heard)

    async def go() -> None:
        wakes = Wakes()
        made = deliver.Deliver(wakes, recheck)
        running = asyncio.create_task(made.run())
        try:
            for _ in range(200):
                wakes.hear("recheck")
                if heard:
                    break
                await asyncio.sleep(0.05)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await made.stop()
        assert heard == [account.pk]
        wakes.hear("recheck")

    asyncio.run(go())
    assert heard == [account.pk], "one that has ended is not called"
