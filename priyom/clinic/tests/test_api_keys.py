"""Keys of other programs: shown once, kept as a digest, closed at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from priyom.clinic import api_keys
from priyom.clinic.models import ApiKey
from priyom.foundation.clock import clock

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_only_the_digest_is_kept() -> None:
    token = api_keys.create("1С")
    row = ApiKey.objects.get()
    assert row.digest == sha256(token.encode()).hexdigest()
    assert token.startswith(row.hint)
    assert len(token) > len(row.hint) + 20
    assert token not in str(ApiKey.objects.values().get())


def test_it_opens_until_revoked() -> None:
    token = api_keys.create("МИС")
    key = api_keys.check(token)
    assert key is not None
    assert key.name == "МИС"
    for wrong in ("", token[:-1], token + "x", token.upper(), key.digest, "\ud800", "prk_" + "я" * 30):
        assert api_keys.check(wrong) is None
    api_keys.revoke(key)
    api_keys.revoke(key)
    assert api_keys.check(token) is None


def test_use_is_noted_once_a_minute() -> None:
    clock.freeze(AT)
    token = api_keys.create("МИС")
    api_keys.check(token)
    clock.freeze(AT + timedelta(seconds=59))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        api_keys.check(token)
    assert len(queries) == 1
    clock.freeze(AT + timedelta(seconds=61))
    api_keys.check(token)
    assert ApiKey.objects.get().used_at == AT + timedelta(seconds=61)


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_key_has_a_name(name: str) -> None:
    with pytest.raises(ValueError, match="имя ключа"):
        api_keys.create(name)
