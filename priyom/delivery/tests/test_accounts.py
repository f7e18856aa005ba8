"""Accounts keep their secrets closed and are checked live."""

from __future__ import annotations

import re

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from priyom.contracts.card import BadSettings
from priyom.contracts.errors import Misconfigured
from priyom.delivery import accounts
from priyom.delivery.models import Account, Delivery


def test_secrets_rest_encrypted_and_open_for_the_channel(account: Account) -> None:
    row = Account.objects.get(pk=account.pk)
    assert row.settings == {"base_url": "http://127.0.0.1:1"}
    assert "тайна".encode() not in bytes(row.secrets)
    wire = accounts.wire(row)
    assert wire.settings.token == "тайна"
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", wire.hook_secret)


def test_a_change_keeps_secrets_left_empty_and_mends(account: Account) -> None:
    before = accounts.wire(account)
    account.health = "broken"
    account.save()
    accounts.change(account, {"base_url": "http://127.0.0.1:2", "token": ""})
    after = accounts.wire(Account.objects.get(pk=account.pk))
    assert (after.settings.base_url, after.settings.token) == ("http://127.0.0.1:2", "тайна")
    assert after.hook_secret == before.hook_secret
    assert Account.objects.get(pk=account.pk).health == "ok"


def test_secrets_under_another_key_are_entered_anew(account: Account, settings: Settings) -> None:
    before = accounts.wire(account).hook_secret
    settings.ENCRYPTION_KEY = Fernet.generate_key()
    assert accounts.locked(account) == accounts.LOCKED
    with pytest.raises(Misconfigured, match="другим ключом"):
        accounts.check(account)
    row = Account.objects.get(pk=account.pk)
    assert (row.health, row.health_why) == ("broken", accounts.LOCKED)
    assert accounts.change(row, {"base_url": "http://127.0.0.1:1", "token": "новый"}), "the vendor must be told"
    assert not accounts.change(row, {"base_url": "http://127.0.0.1:1"})
    wire = accounts.wire(Account.objects.get(pk=account.pk))
    assert wire.settings.token == "новый"
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", wire.hook_secret)
    assert wire.hook_secret != before
    assert (accounts.locked(row), row.health) == ("", "ok")


@pytest.mark.parametrize("values", [{"token": "x"}, {"base_url": "http://a", "colour": "red"}])
def test_bad_settings_are_named(values: dict[str, object], db: None) -> None:
    with pytest.raises(BadSettings):
        accounts.create("counted_ask", "Проба", "other", values)
    assert not Account.objects.exists()


def test_a_check_learns_the_name(account: Account) -> None:
    assert accounts.check(account).name == "counter"
    assert Account.objects.get(pk=account.pk).bot_name == "counter"


def test_hook_address_kind_and_test_message(account: Account) -> None:
    assert accounts.hook_url(account).endswith("/hooks/counted_ask/probe")
    assert [found.pk for found in accounts.by_kind("phone")] == [account.pk]
    assert accounts.by_kind("email") == []
    number = accounts.send_test(account, "+77010000000")
    assert Delivery.objects.get(pk=number).origin == "system"
