"""The body of a request with events, in the three ways CloudEvents may come over HTTP.

Source: CloudEvents HTTP protocol binding 1.0.2 - structured mode (one event), batched mode (an array), and binary mode
(`application/json` with the attributes in `ce-` headers).
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest

from priyom.api.problem import ApiProblem
from priyom.exchange.events import Event, parse, parse_batch

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
BINARY = "application/json"
_ATTRIBUTES = ("specversion", "id", "source", "type", "time")


def events_of(request: HttpRequest) -> list[Event]:
    """The events. Raises ApiProblem 415 or 400, exchange.events.Refused, RequestDataTooBig."""
    kind = (request.content_type or "").lower()
    binary = kind == BINARY and "ce-specversion" in request.headers
    if kind not in (ONE, BATCH) and not binary:
        raise ApiProblem(415, f"Нужен Content-Type: {ONE}, {BATCH}, или {BINARY} с заголовками ce-")
    body = _json(request.body)
    if kind == BATCH:
        return parse_batch(body)
    if binary:
        told = {name: request.headers.get(f"ce-{name}") for name in _ATTRIBUTES}
        body = {name: unquote(value) for name, value in told.items() if value is not None} | {"data": body}
    return [parse(body)]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ApiProblem(400, f"Тело запроса - не JSON: {error}"[:300]) from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
