"""The key to the secrets is lost: the worker says so once for each account, marks it, and pumps the others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from pytest_django import Settings

from priyom.delivery import accounts
from priyom.delivery.models import Account
from priyom.journal.models import Fact
from priyom.notifications.recheck import recheck
from priyom.workers.deliver import Deliver
from priyom.workers.wake import Wakes
from tests import factories as make

pytestmark = pytest.mark.django_db(transaction=True)


async def until(condition: Callable[[], bool]) -> None:
    def look() -> bool:
        try:
            return condition()
        finally:
            connection.close()

    for _ in range(400):
        if await asyncio.to_thread(look):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it does not happen")


def test_it_is_told_once_and_mended_by_new_secrets(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    lost = make.make_account("telegram")
    settings.ENCRYPTION_KEY = Fernet.generate_key()
    make.make_account("smsc")

    def health() -> tuple[str, str]:
        return Account.objects.values_list("health", "health_why").get(pk=lost.pk)

    def touch() -> bool:
        return Account.objects.filter(pk=lost.pk).update(name="Другое имя") == 1

    async def go() -> None:
        deliver = Deliver(Wakes(), recheck)
        running = asyncio.create_task(deliver.run())
        try:
            await until(lambda: health() == ("broken", accounts.LOCKED))
            await until(touch)
            await until(lambda: "pumping account smsc" in caplog.text)
            await asyncio.sleep(0.5)  # long enough to look at the changed row again
            assert caplog.text.count("account telegram cannot be used") == 1
            assert "pumping account telegram" not in caplog.text
            await asyncio.to_thread(mend)
            await until(lambda: "pumping account telegram" in caplog.text)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await deliver.stop()

    def mend() -> None:
        try:
            assert accounts.change(Account.objects.get(pk=lost.pk), make.SETTINGS["telegram"])
        finally:
            connection.close()

    asyncio.run(go())
    assert health() == ("ok", "")
    told = Fact.objects.filter(type="AccountHealthChanged", data__account_id=lost.pk).order_by("pk")
    assert [fact.data["health"] for fact in told] == ["broken", "ok"]
