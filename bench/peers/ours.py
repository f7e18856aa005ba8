"""The engine's side of a round, over the program's own verbs: `python -m bench.peers.ours fill FILE`, `move FOLDER`.

A message is what a reminder is: a visit, a notification bound to its version, a delivery with a due time. The
notification has no further leg to go to, as the queues have none; everything else runs as in production: the whole
worker, the web process that takes the reports, facts and reactions.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

from journeys import counting

TEXT = "Ждем вас завтра в 09:30, терапевт, пр. Абая, 10. Придете?"


def address(number: int) -> str:
    """The phone of the patient of this visit: every message has a recipient of its own."""
    return f"+7701{number:07d}"


def fill(said: dict[str, Any]) -> None:
    """Everything waits for its time; prints {"secret", "visits": first id}."""
    from priyom.delivery import accounts  # noqa: PLC0415 - needs Django to be set up
    from priyom.delivery.enqueue import Order, enqueue_many  # noqa: PLC0415
    from priyom.foundation.clock import now  # noqa: PLC0415

    account = accounts.create(said["channel"], "bench", "bench", {"base_url": said["gateway"]})
    zero = datetime.fromtimestamp(said["zero"], UTC)
    visits = _visits(said["due"], zero)
    notes = _notifications(visits, now())
    enqueue_many(
        [
            Order(
                account.pk, address(n), {"text": TEXT, "rows": []}, "notification", origin_id=notes[n].pk,
                patient_id=visit.patient_id, visit_id=visit.pk, goal="delivered",
                due_at=zero + timedelta(seconds=said["due"][n]), expires_at=visit.starts_at,
            )
            for n, visit in enumerate(visits)
        ]
    )  # fmt: skip
    sys.stdout.write(json.dumps({"secret": accounts.wire(account).hook_secret, "visits": visits[0].pk}))


def _visits(due: list[float], zero: datetime) -> list[Any]:
    from priyom.appointments.models import Visit  # noqa: PLC0415
    from priyom.clinic.models import Branch, Practitioner, Service  # noqa: PLC0415
    from priyom.patients.models import Patient  # noqa: PLC0415

    branch = Branch.objects.create(external_id="b", name="Клиника", time_zone="Asia/Almaty")
    service = Service.objects.create(external_id="s", name="Прием")
    doctor = Practitioner.objects.create(external_id="p", name="Сапаров Данияр")
    patients = Patient.objects.bulk_create(
        [
            Patient(external_id=f"p{n}", family="Иванов", given=str(n), created_at=zero, changed_at=zero)
            for n in range(len(due))
        ],
        batch_size=2000,
    )
    start = zero + timedelta(days=1)
    return Visit.objects.bulk_create(
        [
            Visit(
                external_id=f"v{n}", patient=patient, practitioner=doctor, service=service, branch=branch,
                starts_at=start, ends_at=start + timedelta(minutes=30), booked_at=zero, changed_at=zero,
            )
            for n, patient in enumerate(patients)
        ],
        batch_size=2000,
    )  # fmt: skip


def _notifications(visits: list[Any], at: datetime) -> list[Any]:
    from priyom.notifications.models import Notification, NotificationState  # noqa: PLC0415

    return Notification.objects.bulk_create(
        [
            Notification(
                patient_id=visit.patient_id, visit=visit, visit_version=1, kind="reminder_24h",
                dedupe_key=f"{visit.pk}:1:reminder_24h", goal="delivered", state=NotificationState.RUNNING,
                created_at=at, not_before=at, expires_at=visit.starts_at, act_at=visit.starts_at,
            )
            for visit in visits
        ],
        batch_size=2000,
    )  # fmt: skip


def move(folder: Path) -> None:
    """Touch `ready`, wait for `moves.json`, move and cancel visits at their times; `moved.json` then has {number: the
    moment after the commit}."""
    from priyom.appointments import change  # noqa: PLC0415
    from priyom.appointments.models import Visit  # noqa: PLC0415

    (folder / "ready").touch()
    while not (folder / "moves.json").exists():
        time.sleep(0.02)
    said = json.loads((folder / "moves.json").read_text())
    done = {}
    for at, number, cancelled in said["moves"]:
        time.sleep(max(0.0, said["zero"] + at - time.time()))
        visit = Visit.objects.get(pk=said["visits"] + number)
        if cancelled:
            change.cancel(visit.pk, by="staff")
        else:
            later = timedelta(days=7)
            change.move(visit.pk, visit.starts_at + later, visit.ends_at + later, by="staff")
        done[number] = time.time()
    (folder / "moved.new").write_text(json.dumps(done))
    (folder / "moved.new").rename(folder / "moved.json")


if __name__ == "__main__":
    counting.register()
    django.setup()
    if sys.argv[1] == "fill":
        fill(json.loads(Path(sys.argv[2]).read_text()))
    else:
        move(Path(sys.argv[2]))
