"""Cursors: opaque to callers, made of the last row's sort key, so pages neither skip nor repeat when rows come in."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime

from priyom.api.problem import ApiProblem

PAGE = 100


def cursor(*key: datetime | int | str) -> str:
    """The cursor of a row with this sort key."""
    plain = [part.isoformat() if isinstance(part, datetime) else part for part in key]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def moment_and_id(text: str) -> tuple[datetime, str]:
    """(moment, id as text) out of a cursor made of these two. Raises ApiProblem 422 for one that is not ours."""
    try:
        moment, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None or not isinstance(key, int | str):
            raise ValueError(text)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise _not_ours() from None
    return at, str(key)


def moment_and_number(text: str) -> tuple[datetime, int]:
    """The same for ids that are numbers. Raises ApiProblem 422."""
    at, key = moment_and_id(text)
    if not _number(key):
        raise _not_ours()
    return at, int(key)


def moment_and_entry(text: str) -> tuple[datetime, str]:
    """The same for entries of a thread: a letter, then a number. Raises ApiProblem 422."""
    at, key = moment_and_id(text)
    if key[:1] not in ("d", "i") or not _number(key[1:]):
        raise _not_ours()
    return at, key


def _number(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) < 19


def _not_ours() -> ApiProblem:
    detail = "Такого курсора мы не давали: возьмите next из прошлого ответа"
    return ApiProblem(422, detail, errors=[{"pointer": "/query/cursor", "detail": detail}])
