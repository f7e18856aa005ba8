"""The same number through 360dialog, by settings alone, passes the same suite."""

from __future__ import annotations

import pytest

from priyom.channels.whatsapp.tests.stages import ANNA, JPEG, fake, inside, send
from priyom.channels.whatsapp.tests.test_contract import Talk
from priyom.channels.whatsapp.tests.test_contract import TestContract as Suite
from priyom.channels.whatsapp.tests.test_templates import DRAFT, hand_in
from priyom.contracts.channel import Request
from priyom.contracts.channel_suite import Stage
from priyom.contracts.errors import Misconfigured
from priyom.contracts.events import Said
from priyom.contracts.suite_base import SuiteBase
from priyom.contracts.suite_world import HOOK_SECRET
from priyom.contracts.vitals import Standing


async def open_reseller(timeout: float = 5.0) -> Stage:
    """A stage whose account goes through 360dialog."""
    stage = await Talk.open("whatsapp", timeout=timeout)
    stage.settings = dict(fake(stage).reseller_account(stage.base_url))
    stage.emulator.attach(stage.settings, stage.hook_url, HOOK_SECRET)
    return stage


class TestReseller(Suite):
    """Everything that Meta's own door does."""

    async def open(self, *, timeout: float = 5.0) -> Stage:
        """Through 360dialog."""
        return await open_reseller(timeout)

    def unsigned(self, request: Request) -> list[Request]:
        """Here our secret comes in a header, as the base has it."""
        return SuiteBase.unsigned(self, request)


@pytest.fixture
def stage() -> None:
    """Not the folder's: these tests open their own."""


async def test_templates_and_webhook_go_its_own_ways() -> None:
    stage = await open_reseller()
    try:
        stage.emulator.put(ANNA, "Анна", True)
        made = await hand_in(stage)
        [listed] = await stage.channel.sender.templates(stage.http, stage.account)
        assert (listed.provider_id, listed.standing) == (made.provider_id, Standing.APPROVED)
        fake(stage).number().hook_url = ""
        await stage.channel.sender.connect(stage.http, stage.account, stage.hook_url)
        identity = await stage.channel.sender.check(stage.http, stage.account)
        assert (identity.name, identity.webhook) == ("77270000000", stage.hook_url)
        await stage.heard()
        await stage.emulator.say(ANNA, "вот", [JPEG])
        [event] = await stage.heard()
        assert isinstance(event, Said)
        assert await stage.channel.sender.fetch(stage.http, stage.account, event.files[0].ref) == JPEG.content
        assert DRAFT.name == made.name
    finally:
        await stage.close()


async def test_its_number_must_be_filled_in() -> None:
    stage = await open_reseller()
    try:
        stage.settings = {**stage.settings, "phone": ""}
        with pytest.raises(Misconfigured):
            await stage.channel.sender.check(stage.http, stage.account)
        stage.emulator.put(ANNA, "Анна", True)
        assert (await send(stage, inside("Здравствуйте"))).provider_id
        assert await stage.channel.sender.ask(stage.http, stage.account, []) == ()
    finally:
        await stage.close()
