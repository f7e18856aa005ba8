"""Every error is a problem (RFC 9457), whoever noticed it; the description of the API is complete and local."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from priyom.api.tests.conftest import ONE

ADDRESSES = [
    ("get", "/api/v1/visits"),
    ("get", "/api/v1/visits/1"),
    ("get", "/api/v1/patients/1"),
    ("get", "/api/v1/tasks"),
    ("get", "/api/v1/uncertain"),
    ("get", "/api/v1/conversations/1"),
    ("post", "/api/v1/events"),
]


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["type"]
    assert body["title"]
    assert body["detail"]
    return body


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "address"), ADDRESSES)
@pytest.mark.parametrize("key", [None, "Bearer", "Bearer nonsense", "Basic eDp5", "Bearer prk_" + "x" * 43])
def test_without_a_key_nothing(method: str, address: str, key: str | None) -> None:
    client = Client(headers={"authorization": key} if key else {})
    response = getattr(client, method)(address, **({"content_type": ONE} if method == "post" else {}))
    problem(response, 401)
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("get", "/api/v1/visits/nobody", 404),
        ("get", "/api/v1/patients/nobody", 404),
        ("get", "/api/v1/conversations/nobody", 404),
        ("get", "/api/v1/nothing", 404),
        ("post", "/api/v1/nothing", 404),
        ("get", "/api/v1/", 404),
        ("delete", "/api/v1/visits/1", 405),
        ("get", "/api/v1/events", 405),
        ("get", "/api/v1/tasks?state=unknown", 422),
        ("get", "/api/v1/visits?date=yesterday", 422),
        ("get", "/api/v1/visits?limit=0", 422),
        ("get", "/api/v1/visits?cursor=abc", 422),
        ("get", "/api/v1/tasks?cursor=WzEsMl0", 422),
        ("get", "/api/v1/uncertain?state=unknown", 422),
        ("get", "/api/v1/uncertain?cursor=WzEsMl0", 422),
        ("get", "/api/v1/visits/%00", 400),
        ("get", "/api/v1/visits?branch=%00", 400),
    ],
)
def test_errors_are_problems(api: Client, method: str, address: str, status: int) -> None:
    problem(getattr(api, method)(address), status)


def test_a_refused_method_names_the_others(api: Client) -> None:
    assert "POST" in api.get("/api/v1/events")["Allow"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cursor=st.text(max_size=60) | st.binary(max_size=40).map(lambda b: b.hex()))
def test_any_cursor_is_answered(api: Client, cursor: str) -> None:
    response = api.get("/api/v1/tasks", {"cursor": cursor})
    assert response.status_code == (200 if not cursor else 400 if "\0" in cursor else 422)


def test_a_failure_is_a_problem_too(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr("priyom.api.tasks._shape", broken)
    monkeypatch.setattr("priyom.api.tasks.moment_and_number", broken)
    body = problem(api.get("/api/v1/tasks?cursor=x"), 500)
    assert "secret" not in str(body)


def test_openapi_describes_everything(client: Client) -> None:
    body = client.get("/api/v1/openapi.json").json()
    assert set(body["paths"]) == {
        "/api/v1/events",
        "/api/v1/visits",
        "/api/v1/visits/{visit_id}",
        "/api/v1/patients/{patient_id}",
        "/api/v1/tasks",
        "/api/v1/uncertain",
        "/api/v1/conversations/{patient_id}",
    }
    content = body["paths"]["/api/v1/events"]["post"]["requestBody"]["content"]
    assert set(content) == {"application/cloudevents+json", "application/cloudevents-batch+json"}
    assert "$ref" not in str(content)
    assert "time_zone" in str(content)
    assert body["components"]["securitySchemes"]


def test_the_page_of_the_api_loads_nothing(client: Client) -> None:
    page = client.get("/api/v1/docs").content.decode()
    assert "/api/v1/events" in page
    assert "src=" not in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.django_db
def test_probes(client: Client) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").content == b"ready\n"
    text = client.get("/metrics").content.decode()
    for name in (
        "priyom_deliveries_waiting", "priyom_deliveries_uncertain", "priyom_visits_silent_today",
        "priyom_call_tasks_open", "priyom_facts_pending", "priyom_facts_parked", "priyom_raw_updates_failed",
        "priyom_reconciler_findings",
    ):  # fmt: skip
        assert f"\n{name} 0.0" in text


def test_life_does_not_need_the_database(client: Client) -> None:
    assert client.get("/healthz").status_code == 200
