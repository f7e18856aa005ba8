"""What is known, over REST: visits, patients, tasks, conversations, pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from priyom.api.paging import cursor
from priyom.api.tests.conftest import AT, Send, event, visit_data
from priyom.appointments import change
from priyom.appointments.models import Visit
from priyom.delivery.doubts import resolve
from priyom.delivery.models import Account, Delivery, Doubt
from priyom.inbox.models import CallTask, Conversation, Incoming
from priyom.notifications.models import Leg, Notification
from priyom.patients.models import ContactPoint, Patient


def get(api: Client, address: str, **query: Any) -> Any:
    response = api.get(f"/api/v1/{address}", query)
    assert response.status_code == 200, response.content
    return response.json()


def account() -> Account:
    return Account.objects.get_or_create(key="sms", channel="smsc", name="SMS")[0]


def delivery(visit: Visit, **over: Any) -> Delivery:
    values = {
        "account": account(), "patient": visit.patient, "visit_id": visit.pk, "address": "+77011234567",
        "body": {"text": "Придете?", "rows": [[{"id": "1", "label": "Приду", "action": "confirm"}]]},
        "origin": "notification", "state": "settled", "signal": "delivered", "signal_at": AT, "created_at": AT,
        "sent_at": AT, "due_at": AT,
    }  # fmt: skip
    return Delivery.objects.create(**(values | over))


def test_a_visit_and_its_confirmation(api: Client, send: Send) -> None:
    send(event("1"))
    body = get(api, "visits/v-1")
    assert (body["id"], body["state"], body["version"], body["confirmation"]) == ("v-1", "booked", 1, None)
    assert body["start"] in ("2026-03-03T05:00:00Z", "2026-03-03T05:00:00.000Z")
    assert body["patient"] == "p-1"
    assert [moment["kind"] for moment in body["timeline"]] == ["booked"]
    assert body["notifications"] == []
    assert isinstance(body["silent"], bool)
    assert body["reachability"]["proven"] is False
    visit = Visit.objects.get()
    change.confirm(visit.pk, by="patient", channel="telegram", evidence="кнопка в Telegram")
    body = get(api, "visits/v-1")
    assert body["state"] == "confirmed"
    confirmation = body["confirmation"]
    assert datetime.fromisoformat(confirmation.pop("at")) == AT
    assert confirmation == {"by": "patient", "channel": "telegram", "evidence": "кнопка в Telegram"}
    assert body["silent"] is False


def test_the_route_of_a_notification(api: Client, send: Send) -> None:
    send(event("1"))
    visit = Visit.objects.get()
    told = Notification.objects.create(
        patient=visit.patient, visit=visit, visit_version=1, kind="reminder_24h", dedupe_key="k", goal="answered",
        state="running", created_at=AT, not_before=AT, expires_at=visit.starts_at, act_at=AT + timedelta(hours=1),
    )  # fmt: skip
    Leg.objects.create(
        notification=told, position=1, contact_point=ContactPoint.objects.get(), account=account(),
        delivery=delivery(visit), address="+77011234567", started_at=AT, wait_until=AT + timedelta(hours=1),
    )  # fmt: skip
    (shown,) = get(api, "visits/v-1")["notifications"]
    (leg,) = shown.pop("legs")
    assert (shown["kind"], shown["state"], shown["goal"]) == ("reminder_24h", "running", "answered")
    assert (leg["channel"], leg["address"], leg["state"], leg["signal"]) == (
        "smsc", "+77011234567", "waiting", "delivered",
    )  # fmt: skip
    assert leg["evidence"]
    assert leg["at"].endswith("Z")


@pytest.mark.parametrize("number", ["a/b", "визит №1", "a%2Fb", "x?y#z", "10 %"])
def test_ids_are_the_callers_own(api: Client, send: Send, number: str) -> None:
    data = visit_data(number)
    data["patient"]["id"] = number
    assert send(event("1", data=data)).status_code == 202
    assert get(api, f"visits/{quote(number, safe='')}")["id"] == number
    assert get(api, f"patients/{quote(number, safe='')}")["id"] == number
    assert get(api, f"conversations/{quote(number, safe='')}")["patient"] == number


def test_a_patient(api: Client, send: Send) -> None:
    send(event("1"))
    body = get(api, "patients/p-1")
    assert (body["family"], body["birth_date"], body["visits"]) == ("Ким", "1990-05-17", ["v-1"])
    assert body["contacts"] == [
        {"channel": "phone", "address": "+77011234567", "relation": "own", "linked_by": "record", "reach": []}
    ]


def test_a_days_visits_by_the_branchs_clock(api: Client, send: Send) -> None:
    late = {"start": "2026-03-03T23:30:00+05:00", "end": "2026-03-04T00:30:00+05:00"}
    far = late | {"branch": {"id": "b-2", "time_zone": "Europe/Moscow"}}
    send(event("1"), event("2", data=visit_data("v-2", **late)), event("3", data=visit_data("v-3", **far)))
    assert [v["id"] for v in get(api, "visits", date="2026-03-03")["items"]] == ["v-1", "v-2", "v-3"]
    assert [v["id"] for v in get(api, "visits", date="2026-03-03", branch="b-2")["items"]] == ["v-3"]
    assert get(api, "visits", date="2026-03-04")["items"] == []
    assert get(api, "visits", branch="nowhere") == {"items": [], "next": None}


def test_pages_hold_every_visit_once(api: Client, send: Send) -> None:
    send(*(event(str(n), data=visit_data(f"v-{n}")) for n in range(7)))
    seen, place = [], ""
    for _ in range(5):
        page = get(api, "visits", limit=3, cursor=place)
        seen += [visit["id"] for visit in page["items"]]
        place = page["next"]
        if place is None:
            break
    assert seen == [f"v-{n}" for n in range(7)]


def test_a_list_asks_a_fixed_number_of_questions(api: Client, send: Send) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            get(api, "visits")
        return len(queries)

    send(event("1"))
    asked()
    one = asked()
    for number in (2, 3):
        data = visit_data(f"v-{number}", practitioner={"id": f"d-{number}", "name": "Ли"})
        data["patient"]["id"] = f"p-{number}"
        send(event(str(number), data=data))
    assert asked() == one


def test_tasks_by_state_and_page(api: Client, send: Send) -> None:
    send(*(event(str(n), data=visit_data(f"v-{n}")) for n in range(3)))
    tried = [{"at": AT.isoformat(), "channel": "smsc", "address": "+77011234567", "result": "нет ответа"}]
    for visit in Visit.objects.order_by("pk"):
        CallTask.objects.create(
            patient=visit.patient, visit=visit, why="нет ответа", created_at=AT, due_at=AT, tried=tried,
            state="done" if visit.external_id == "v-2" else "open",
            closed_at=AT if visit.external_id == "v-2" else None,
        )  # fmt: skip
    first = get(api, "tasks", state="open", limit=1)
    (task,) = first["items"]
    assert (task["kind"], task["state"], task["visit"], task["patient"]) == ("call", "open", "v-0", "p-1")
    assert task["tried"][0]["channel"] == "smsc"
    second = get(api, "tasks", state="open", limit=1, cursor=first["next"])
    assert ([t["visit"] for t in second["items"]], second["next"]) == (["v-1"], None)
    assert len(get(api, "tasks")["items"]) == 3


def test_doubts_by_state_and_page(api: Client, send: Send) -> None:
    send(event("1"))
    visit = Visit.objects.select_related("patient").get()
    first, second, known = (
        Doubt.objects.create(delivery=delivery(visit, signal="uncertain"), since=AT, why="нет ответа") for _ in range(3)
    )
    resolve([known.delivery_id], "дальше отправлено: SMS")
    page = get(api, "uncertain", state="open", limit=1)
    (item,) = page["items"]
    assert item | {"since": "", "id": 0} == {
        "id": 0, "kind": "lost", "since": "", "why": "нет ответа", "state": "open", "resolved_at": None, "how": "",
        "message": f"d{second.delivery_id}", "patient": "p-1", "channel": "smsc", "account": "sms",
        "address": "+77011234567", "text": "Придете?", "signal": "uncertain",
    }  # fmt: skip
    rest = get(api, "uncertain", state="open", limit=1, cursor=page["next"])
    assert ([i["id"] for i in rest["items"]], rest["next"]) == ([first.pk], None)
    assert [(i["id"], i["how"]) for i in get(api, "uncertain", state="policy")["items"]] == [
        (known.pk, "дальше отправлено: SMS")
    ]
    assert len(get(api, "uncertain")["items"]) == 3


def test_a_conversation_in_order_and_by_pages(api: Client, send: Send) -> None:
    send(event("1"))
    visit = Visit.objects.select_related("patient").get()
    delivery(visit)
    assert [m["direction"] for m in get(api, "conversations/p-1")["items"]] == ["out"]
    talk = Conversation.objects.create(patient=visit.patient, last_at=AT)
    delivery(visit, sent_at=AT + timedelta(seconds=5))
    for second in [5] * 11 + [9]:
        Incoming.objects.create(
            conversation=talk, account=account(), address="+77011234567", at=AT + timedelta(seconds=second), text="1"
        )
    whole = get(api, "conversations/p-1")
    assert whole["next"] is None
    assert [m["direction"] for m in whole["items"]] == ["out", *["in"] * 11, "out", "in"], "words before the answer"
    assert whole["items"][0]["buttons"] == ["Приду"]
    seen: list[str] = []
    place = ""
    for _ in range(20):
        page = get(api, "conversations/p-1", limit=1, cursor=place)
        seen = [m["id"] for m in page["items"]] + seen
        place = page["next"]
        if place is None:
            break
    assert seen == [m["id"] for m in whole["items"]]


@pytest.mark.parametrize("key", ["x1", "d", "i-1", "", "d" + "9" * 30, 7])
def test_a_cursor_of_a_thread_that_is_not_ours_is_refused(api: Client, send: Send, key: str | int) -> None:
    send(event("1"))
    assert api.get("/api/v1/conversations/p-1", {"cursor": cursor(AT, key)}).status_code == 422


def test_history_is_not_listed(api: Client, send: Send) -> None:
    send(event("1"))
    Visit.objects.update(history=True)
    assert get(api, "visits")["items"] == []
    assert get(api, "visits/v-1")["silent"] is False
    assert Patient.objects.count() == 1


def test_moments_are_utc(api: Client, send: Send) -> None:
    send(event("1"))
    body = get(api, "visits/v-1")
    for text in (body["start"], body["end"], body["timeline"][0]["at"]):
        assert text.endswith("Z")
        assert datetime.fromisoformat(text).tzinfo == UTC
