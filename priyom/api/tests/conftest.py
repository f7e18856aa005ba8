"""A clinic of one branch, a key, and events to send."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from priyom.clinic import api_keys
from priyom.foundation.clock import clock

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
AT = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.fixture
def api(db: None) -> Client:
    """A client with a key, on a Monday morning."""
    clock.freeze(AT)
    return Client(headers={"authorization": f"Bearer {api_keys.create('test')}"})


def visit_data(number: str = "v-1", **over: Any) -> dict[str, Any]:
    """A whole `data`: a visit tomorrow at 10 in Almaty and its patient; `over` replaces parts of the visit."""
    return {
        "visit": {
            "id": number,
            "start": "2026-03-03T10:00:00+05:00",
            "end": "2026-03-03T10:30:00+05:00",
            "practitioner": {"id": "d-1", "name": "Ахметова Айгуль Кайратовна"},
            "service": {"id": "s-1", "name": "Прием терапевта"},
            "branch": {"id": "b-1", "name": "На Абая", "time_zone": "Asia/Almaty"},
        }
        | over,
        "patient": {
            "id": "p-1",
            "family": "Ким",
            "given": "Анна",
            "birth_date": "1990-05-17",
            "sex": "female",
            "language": "ru-KZ",
            "contacts": [{"channel": "phone", "address": "8 (701) 123-45-67"}],
        },
    }


def event(number: str, kind: str = "visit.booked", data: Any = None) -> dict[str, Any]:
    """A CloudEvent."""
    return {
        "specversion": "1.0",
        "id": number,
        "source": "/mis/test",
        "type": kind,
        "time": "2026-03-02T11:00:00+05:00",
        "data": visit_data() if data is None else data,
    }


Send = Callable[..., Any]


@pytest.fixture
def send(api: Client) -> Send:
    """send(event, event, ...) -> response; several go as a batch."""

    def post(*events: Any) -> Any:
        body, kind = (events[0], ONE) if len(events) == 1 else (list(events), BATCH)
        return api.post("/api/v1/events", json.dumps(body), content_type=kind)

    return post
