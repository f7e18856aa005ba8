"""What `bench.steady` sends: patients with a chat each, and a thread that orders messages to them in turn."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bench import stand

TICK = 0.1
"""Seconds between two orders; what is due in one is ordered together."""


class Feeder(threading.Thread):
    """Orders at the rate until told to stop. An order made late is due when it should have been made, so a database
    that stands still shows as lateness."""

    def __init__(self, account_id: int, points: Sequence[Any], rate: float) -> None:
        super().__init__(daemon=True)
        self.account_id, self.points, self.rate = account_id, points, rate
        self.ordered = 0
        self.enough = threading.Event()

    def order(self, upto: int, due: datetime) -> None:
        """All up to that number that are not ordered yet."""
        from priyom.delivery.enqueue import enqueue_many  # noqa: PLC0415 - needs Django to be set up

        enqueue_many([self._order(n, due) for n in range(self.ordered, upto)])
        self.ordered = upto

    def run(self) -> None:
        """Until `enough`."""
        from django.db import connection  # noqa: PLC0415 - needs Django to be set up

        from priyom.foundation.clock import now  # noqa: PLC0415

        begun, already, tick = now(), self.ordered, 0
        while True:
            tick += 1
            due = begun + timedelta(seconds=tick * TICK)
            if self.enough.wait(max(0.0, (due - now()).total_seconds())):
                connection.close()
                return
            self.order(already + int(tick * TICK * self.rate), due)

    def _order(self, n: int, due: datetime) -> Any:
        from priyom.delivery.enqueue import Order  # noqa: PLC0415 - needs Django to be set up

        point = self.points[n % len(self.points)]
        return Order(
            self.account_id, point.address, {"text": stand.TEXT, "rows": []}, "notification", origin_id=point.pk,
            contact_point_id=point.pk, patient_id=point.patient_id, visit_id=n, goal="delivered", due_at=due,
        )  # fmt: skip


def chats(count: int) -> list[Any]:
    """Contact points, each of a patient of its own."""
    from priyom.foundation.clock import now  # noqa: PLC0415 - models load only after Django's setup
    from priyom.patients.models import ContactPoint, Patient  # noqa: PLC0415

    at = now()
    patients = Patient.objects.bulk_create(
        [
            Patient(external_id=f"steady-{n}", family="Иванов", given=str(n), created_at=at, changed_at=at)
            for n in range(count)
        ],
        batch_size=2000,
    )
    return ContactPoint.objects.bulk_create(
        [
            ContactPoint(patient=patient, kind="phone", address=f"+7701{n:07d}", created_at=at)
            for n, patient in enumerate(patients)
        ],
        batch_size=2000,
    )
