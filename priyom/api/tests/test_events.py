"""Events over REST: taken once, refused whole, with a pointer to every error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from priyom.api.tests.conftest import BATCH, ONE, Send, event, visit_data
from priyom.appointments.models import Visit
from priyom.clinic.models import Branch, Service
from priyom.exchange.models import TakenEvent
from priyom.journal.models import Fact
from priyom.patients.models import ContactPoint, Patient


def errors(response: Any) -> dict[str, str]:
    assert response.status_code == 422, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == 422
    assert body["type"].startswith("urn:priyom:")
    return {found["pointer"]: found["detail"] for found in body["errors"]}


def nothing_stored() -> bool:
    return not any(m.objects.exists() for m in (Visit, Patient, Branch, TakenEvent, Fact))


def test_a_visit_is_booked(send: Send) -> None:
    response = send(event("1"))
    assert response.status_code == 202
    assert response.json() == {
        "taken": 1,
        "repeated": 0,
        "events": [{"id": "1", "source": "/mis/test", "result": "taken"}],
    }
    visit = Visit.objects.select_related("patient", "branch").get()
    assert (visit.external_id, visit.state, visit.starts_at.isoformat()) == (
        "v-1",
        "booked",
        "2026-03-03T05:00:00+00:00",
    )
    assert (visit.patient.sex, visit.patient.language) == ("f", "ru")
    assert ContactPoint.objects.get().address == "+77011234567"
    assert visit.branch.time_zone == "Asia/Almaty"
    assert Fact.objects.filter(type="VisitBooked", visit_id=visit.pk).count() == 1


def test_the_same_event_again_changes_nothing(send: Send) -> None:
    send(event("1"))
    facts = Fact.objects.count()
    other = event("1", data=visit_data(start="2026-03-03T12:00:00+05:00", end="2026-03-03T12:30:00+05:00"))
    body = send(other, other).json()
    assert [one["result"] for one in body["events"]] == ["repeated", "repeated"]
    assert Fact.objects.count() == facts
    assert Visit.objects.get().starts_at.hour == 5


@pytest.mark.django_db(transaction=True)
def test_a_repeat_waits_until_what_it_found_is_durable(send: Send) -> None:
    """Where a commit waits for a standby, it is one's own writing that makes one wait."""
    send(event("1"))
    with transaction.atomic(), connection.cursor() as cursor:
        assert send(event("1")).json()["repeated"] == 1
        cursor.execute("SELECT pg_current_xact_id_if_assigned()")
        assert cursor.fetchone() != (None,), "nothing was written"


def test_booked_again_at_another_time_is_a_move(send: Send) -> None:
    send(event("1"))
    assert (
        send(
            event("2", data=visit_data(start="2026-03-03T12:00:00+05:00", end="2026-03-03T12:30:00+05:00"))
        ).status_code
        == 202
    )
    visit = Visit.objects.get()
    assert (visit.state, visit.version, visit.starts_at.hour) == ("moved", 2, 7)


def test_a_known_visit_needs_only_its_id(send: Send) -> None:
    send(event("1"))
    moved = {"visit": {"id": "v-1", "start": "2026-03-04T10:00:00Z", "end": "2026-03-04T10:30:00Z"}}
    kinds = [("visit.moved", moved), *((f"visit.{k}", {"visit": {"id": "v-1"}}) for k in ("arrived", "completed"))]
    states = []
    for number, (kind, data) in enumerate(kinds, 2):
        assert send(event(str(number), kind, data)).status_code == 202
        states.append(Visit.objects.get().state)
    assert states == ["moved", "arrived", "completed"]
    assert send(event("9", "visit.arrived", {"visit": {"id": "v-1"}})).status_code == 202
    assert send(event("10")).status_code == 202
    assert Visit.objects.get().state == "completed"
    assert "/data/visit/id" in errors(send(event("11", "visit.cancelled", {"visit": {"id": "v-1"}})))


@pytest.mark.parametrize("kind", ["cancelled", "missed", "arrived", "completed", "moved"])
def test_an_unknown_visit_that_carries_everything_is_booked_first(send: Send, kind: str) -> None:
    assert send(event("1", f"visit.{kind}")).status_code == 202
    state = Visit.objects.get().state
    assert state == ("booked" if kind == "moved" else kind)
    assert Fact.objects.filter(type="VisitBooked").count() == 1


def test_an_unknown_visit_without_the_rest_is_refused(send: Send) -> None:
    found = errors(send(event("1", "visit.cancelled", {"visit": {"id": "v-1"}})))
    assert found["/data/visit/id"] == "Такого визита нет"
    assert {"/data/visit/start", "/data/patient", "/data/visit/branch"} <= set(found)
    assert nothing_stored()


def test_a_cancelled_visit_that_is_moved_lives_again(send: Send) -> None:
    send(event("1"))
    send(event("2", "visit.cancelled", {"visit": {"id": "v-1"}}))
    moved = {"visit": {"id": "v-1", "start": "2026-03-04T10:00:00Z", "end": "2026-03-04T10:30:00Z"}}
    assert send(event("3", "visit.moved", moved)).status_code == 202
    visit = Visit.objects.get()
    assert (visit.state, visit.version) == ("booked", 2)


def test_one_bad_event_refuses_the_whole_batch(send: Send) -> None:
    bad = event("2", data=visit_data("v-2", end="2026-03-03T10:00:00+05:00"))
    worse = event("3", "visit.gone")
    found = errors(send(event("1"), bad, worse))
    assert set(found) == {"/1/data/visit/end", "/2/type"}
    assert nothing_stored()
    unknown = event("4", "visit.missed", {"visit": {"id": "nobody"}})
    found = errors(send(event("1"), unknown))
    assert "/1/data/visit/id" in found
    assert nothing_stored()


CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"start": "2026-03-03T10:00:00"}, "/data/visit/start", "смещения"),
    ({"start": 1772500000}, "/data/visit/start", "RFC 3339"),
    ({"start": "2026-02-30T10:00:00Z"}, "/data/visit/start", "не бывает"),
    ({"start": "0001-01-01T00:00:00+14:00"}, "/data/visit/start", "Год"),
    ({"end": "2026-03-03T09:00:00+05:00"}, "/data/visit/end", "не позже"),
    ({"end": "2026-03-04T10:00:01+05:00"}, "/data/visit/end", "24"),
    ({"id": ""}, "/data/visit/id", "пуст"),
    ({"id": "v\u0000"}, "/data/visit/id", "знаки"),
    ({"id": "x" * 201}, "/data/visit/id", "200"),
    ({"branch": {"id": "b", "time_zone": "Almaty"}}, "/data/visit/branch/time_zone", "IANA"),
    ({"branch": {"id": "b"}}, "/data/visit/branch/time_zone", "часовой пояс"),
    ({"practitioner": {"id": "d"}}, "/data/visit/practitioner/name", "имя"),
    ({"service": {"id": "s", "name": 7}}, "/data/visit/service/name", "строка"),
    ({"service": None}, "/data/visit/service", "service"),
]


@pytest.mark.parametrize(("over", "pointer", "words"), CASES)
def test_every_error_has_its_place(send: Send, over: dict[str, Any], pointer: str, words: str) -> None:
    assert words in errors(send(event("1", data=visit_data(**over))))[pointer]
    assert nothing_stored()


def test_bad_contacts_are_named_by_their_place(send: Send) -> None:
    data = visit_data()
    data["patient"]["contacts"] += [{"channel": "phone", "address": "12"}]
    assert "12" in errors(send(event("1", data=data)))["/data/patient/contacts/1/address"]
    data["patient"]["contacts"] = [{"channel": "pigeon", "address": "7"}]
    assert "telegram" in errors(send(event("1", data=data)))["/data/patient/contacts/0/channel"]
    assert nothing_stored()


def test_a_patient_alone(send: Send) -> None:
    patient = visit_data()["patient"]
    assert send(event("1", "patient.changed", {"patient": patient | {"contacts": []}})).status_code == 202
    assert send(event("2", "patient.changed", {"patient": patient | {"family": "Цой"}, "x": 1})).status_code == 202
    assert (Patient.objects.get().family, ContactPoint.objects.count()) == ("Цой", 1)
    del patient["contacts"]
    assert send(event("3", "patient.changed", {"patient": patient})).status_code == 202
    assert ContactPoint.objects.filter(removed_at=None).count() == 1
    assert "/data/patient" in errors(send(event("4", "patient.changed", {})))


def test_another_patient_does_not_take_a_visit(send: Send) -> None:
    send(event("1"))
    data = visit_data()
    data["patient"]["id"] = "p-2"
    assert "/data/patient/id" in errors(send(event("2", data=data)))
    assert not Patient.objects.filter(external_id="p-2").exists()


def test_a_branch_keeps_what_is_not_told(send: Send) -> None:
    send(event("1"))
    known = {"branch": {"id": "b-1", "address": "пр. Абая, 10"}, "service": {"id": "s-1", "sensitive": True}}
    assert send(event("2", data=visit_data("v-2", **known))).status_code == 202
    branch = Branch.objects.get()
    assert (branch.name, branch.address, branch.time_zone) == ("На Абая", "пр. Абая, 10", "Asia/Almaty")
    assert (Service.objects.get().name, Service.objects.get().sensitive) == ("Прием терапевта", True)


def test_binary_mode(api: Client) -> None:
    headers = {"ce-specversion": "1.0", "ce-id": "b%201", "ce-source": "/mis/test", "ce-type": "visit.booked"}
    response = api.post("/api/v1/events", json.dumps(visit_data()), content_type="application/json", headers=headers)
    assert response.status_code == 202
    assert response.json()["events"][0]["id"] == "b 1"


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", "{}", 415),
        ("text/plain", "{}", 415),
        (ONE, "{", 400),
        (ONE, b"\xff", 400),
        (ONE, '{"id": NaN}', 400),
        (ONE, "[" * 100_000, 400),
        (ONE, "[]", 422),
        (ONE, "null", 422),
        (BATCH, "{}", 422),
        (BATCH, "[1]", 422),
        (BATCH, "[]", 202),
        (f"{ONE}; charset=utf-8", "{}", 422),
        (ONE, '"' + "x" * (6 << 20) + '"', 413),
    ],
)
def test_bodies(api: Client, kind: str, body: str | bytes, status: int) -> None:
    response = api.post("/api/v1/events", body, content_type=kind)
    assert response.status_code == status
    if status != 202:
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["status"] == status
