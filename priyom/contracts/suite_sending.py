"""The half of the channel suite that sends: what arrives on the phone, what is refused and by which error, edits."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from priyom.contracts.emulator import Impossible, Mode
from priyom.contracts.errors import (
    ChannelError,
    Misconfigured,
    NotReachable,
    OptedOut,
    Rejected,
    Throttled,
    Unavailable,
    Uncertain,
)
from priyom.contracts.events import Reported
from priyom.contracts.message import Asked, Button, Edit, File, Message, Signal
from priyom.contracts.suite_base import SuiteBase
from priyom.contracts.suite_world import HOOK_SECRET, Stage

PAPER = File("Анализ крови.pdf", "application/pdf", b"%PDF-1.4 made up")


class SendingSuite(SuiteBase):
    """Every test starts an emulator of its own."""

    async def test_texts_arrive_as_they_are(self, stage: Stage) -> None:
        ids = set()
        for text in self.texts:
            receipt = await self.send(stage, text)
            assert receipt.signal in (Signal.ACCEPTED, Signal.SENT)
            ids.add(receipt.provider_id)
            assert self.last(stage).text == text
            assert self.last(stage).direction == "in"
        assert "" not in ids
        assert len(ids) == len(self.texts)
        assert (self.channel.card.contact_kind, self.address) in stage.world.changes

    async def test_buttons_stand_on_the_phone(self, stage: Stage) -> None:
        if not self.has_buttons:
            pytest.skip("this channel has no buttons on the phone")
        rows = (
            (Button("Приду / Келемін", "v:7Kd2:ok"),),
            (Button("Перенести", "v:7Kd2:move"), Button("Нет", "n" * 64)),
        )
        await self.send(stage, Message("Ждём вас", rows=rows))
        assert [label for _, label in self.last(stage).buttons] == ["Приду / Келемін", "Перенести", "Нет"]
        await self.send(stage, Message("Ждём вас", rows=((Button("Ж" * self.channel.card.label_limit, "x"),),)))
        await self.send(stage, Message("Как дойти", rows=((Button("Карта", url="https://clinic.example/map"),),)))

    async def test_files_arrive_with_their_names(self, stage: Stage) -> None:
        if not self.channel.card.carries_files:
            pytest.skip("no files here")
        await self.send(stage, Message("Результаты", files=(PAPER,)))
        shown = [name for message in stage.emulator.messages(self.address) for name in message.files]
        assert shown == [PAPER.name]

    async def test_longest_text_passes_and_a_longer_one_is_rejected(self, stage: Stage) -> None:
        if not self.has_limit:
            pytest.skip("this channel has no limit")
        limit = self.channel.card.text_limit
        await self.send(stage, self.filler * limit)
        assert self.last(stage).text == self.filler * limit
        with pytest.raises(Rejected):
            await self.send(stage, self.filler * (limit + 1))
        assert len(stage.emulator.messages(self.address)) == 1

    async def test_nobody_has_this_address(self, stage: Stage) -> None:
        if not self.has_unknown:
            pytest.skip("this channel cannot tell at once")
        with pytest.raises(NotReachable):
            await self.send(stage, "Здравствуйте", self.other_address)

    async def test_not_started_cannot_be_written_to(self, stage: Stage) -> None:
        if not self.channel.card.needs_start:
            pytest.skip("anybody can be written to here")
        stage.emulator.put(self.other_address, "Бек", False)
        with pytest.raises(NotReachable):
            await self.send(stage, "Здравствуйте", self.other_address)
        assert stage.emulator.messages(self.other_address) == []

    async def test_blocked_is_told_and_undone(self, stage: Stage) -> None:
        if not self.has_blocking:
            pytest.skip("this channel does not tell a block at once")
        await stage.emulator.block(self.address, True)
        with pytest.raises(OptedOut):
            await self.send(stage, "Здравствуйте")
        await stage.emulator.block(self.address, False)
        await self.send(stage, "Здравствуйте")

    async def test_gateway_down(self, stage: Stage) -> None:
        stage.emulator.mode = Mode.DOWN
        with pytest.raises(Unavailable):
            await self.send(stage, "Здравствуйте")
        assert stage.emulator.messages(self.address) == []
        stage.emulator.mode = Mode.OK
        await self.send(stage, "Здравствуйте")

    async def test_nobody_listens(self, stage: Stage) -> None:
        account = stage.channel.account("suite", self.nowhere(stage), HOOK_SECRET)
        with pytest.raises(Unavailable):
            await stage.channel.sender.send(stage.http, account, self.outgoing("Здравствуйте"))

    async def test_gateway_throttles(self, stage: Stage) -> None:
        if not self.has_throttle:
            pytest.skip("this gateway never throttles")
        stage.emulator.mode = Mode.THROTTLE
        with pytest.raises(Throttled) as caught:
            await self.send(stage, "Здравствуйте")
        assert 0 < caught.value.after < 3600
        assert stage.emulator.messages(self.address) == []

    async def test_gateway_takes_it_and_hangs(self) -> None:
        if not self.has_hang:
            pytest.skip("this gateway cannot hang")
        stage = await self.open(timeout=self.hang_timeout)
        try:
            stage.emulator.put(self.address, self.person, True)
            stage.emulator.mode = Mode.HANG
            with pytest.raises(Uncertain):
                await self.send(stage, "Здравствуйте")
            assert self.last(stage).text == "Здравствуйте"
        finally:
            await stage.close()

    async def test_gateway_takes_it_and_never_delivers(self, stage: Stage) -> None:
        stage.emulator.mode = Mode.LOSE
        before = len(stage.world.changes)
        lost = await self.send(stage, "Это не дойдет")
        assert lost.signal in (Signal.ACCEPTED, Signal.SENT)
        assert stage.emulator.messages(self.address) == []
        assert (self.channel.card.contact_kind, self.address) not in stage.world.changes[before:]
        heard = await stage.heard()
        if self.channel.card.asks_status:
            asked = Asked(lost.provider_id, "k1", self.address, stage.world.now())
            heard += await stage.channel.sender.ask(stage.http, stage.account, [asked])
        stage.emulator.mode = Mode.OK
        await self.send(stage, "А это дойдет")
        assert len(stage.emulator.messages(self.address)) == 1
        with suppress(Impossible):  # what a person writes proves that they have read what came, not what did not
            await stage.emulator.say(self.address, "Спасибо")
        heard += await stage.heard()
        reports = [event for event in heard if isinstance(event, Reported) and event.provider_id == lost.provider_id]
        assert {report.signal for report in reports} <= {Signal.ACCEPTED, Signal.SENT}

    async def test_wrong_secret(self, stage: Stage) -> None:
        if not self.has_secret:
            pytest.skip("this account has no secret")
        account = stage.channel.account("suite", self.spoiled(stage), HOOK_SECRET)
        with pytest.raises(Misconfigured):
            await stage.channel.sender.send(stage.http, account, self.outgoing("Здравствуйте"))
        with pytest.raises(Misconfigured):
            await stage.channel.sender.check(stage.http, account)

    async def test_check_tells_who_we_are(self, stage: Stage) -> None:
        identity = await stage.channel.sender.check(stage.http, stage.account)
        assert identity.name
        assert identity.title
        gone = stage.channel.account("suite", self.nowhere(stage), HOOK_SECRET)
        with pytest.raises(Unavailable):
            await stage.channel.sender.check(stage.http, gone)

    async def test_edit_replaces_text_and_buttons(self, stage: Stage) -> None:
        if not self.channel.card.edits:
            pytest.skip("nothing can be edited here")
        receipt = await self.send(stage, Message("Ждём вас в 10:30", rows=((Button("Приду", "ok"),),)))
        edit = Edit(self.address, receipt.provider_id, Message("Перенесено на 12:00"))
        await stage.channel.sender.edit(stage.http, stage.account, edit)
        shown = self.last(stage)
        assert (shown.text, shown.buttons, shown.edited) == ("Перенесено на 12:00", (), True)
        await stage.channel.sender.edit(stage.http, stage.account, edit)
        lost = replace(edit, provider_id=receipt.provider_id + "9")
        with pytest.raises(ChannelError):
            await stage.channel.sender.edit(stage.http, stage.account, lost)
