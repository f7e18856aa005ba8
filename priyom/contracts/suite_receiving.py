"""The half of the channel suite that receives: what a person does on the phone comes back as the right event, and
webhooks that are forged, repeated, late or broken do no harm."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from priyom.contracts.channel import Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Pressed, Said, SharedPhone, Started, Stopped
from priyom.contracts.message import Button, File, Message
from priyom.contracts.suite_base import SuiteBase
from priyom.contracts.suite_world import Stage

PHOTO = File("photo.jpg", "image/jpeg", b"\xff\xd8\xff\xe0 made up \xff\xd9")

JUNK = ("a\0b", "\ud800", "/start \0", "-1", "9" * 400, 2**63, -(2**70), 1e308, "private", "contact", "TEL:7")

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(JUNK),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class ReceivingSuite(SuiteBase):
    """Every test starts an emulator of its own."""

    async def test_a_press_comes_back(self, stage: Stage) -> None:
        if not self.has_buttons:
            pytest.skip("this channel has no buttons on the phone")
        receipt = await self.send(
            stage, Message("Ждём вас", rows=((Button("Приду", "v:1:ok"), Button("Нет", "v:1:no")),))
        )
        shown = self.last(stage)
        await stage.emulator.press(self.address, shown.id, shown.buttons[1][0])
        [event] = await stage.heard()
        assert isinstance(event, Pressed)
        assert (event.address, event.payload, event.provider_id) == (self.address, "v:1:no", receipt.provider_id)
        await stage.channel.sender.answer_press(stage.http, stage.account, event.press_id, "Записали")
        await stage.channel.sender.answer_press(stage.http, stage.account, event.press_id, "Записали")

    async def test_words_come_back(self, stage: Stage) -> None:
        if not self.has_replies:
            pytest.skip("nobody can write to us here")
        await self.send(stage, "Придёте?")
        await stage.emulator.say(self.address, "Иә, келемін 👍")
        [event] = await stage.heard()
        assert isinstance(event, Said)
        assert (event.address, event.text, event.files) == (self.address, "Иә, келемін 👍", ())
        assert event.provider_id
        assert self.last(stage).direction == "out"

    async def test_a_file_comes_back(self, stage: Stage) -> None:
        if not (self.channel.card.carries_files and self.has_replies):
            pytest.skip("no files come in here")
        await self.send(stage, "Пришлите снимок")
        await stage.emulator.say(self.address, "вот", [PHOTO])
        [event] = await stage.heard()
        assert isinstance(event, Said)
        [file] = event.files
        assert (event.text, file.mime) == ("вот", PHOTO.mime)
        assert await stage.channel.sender.fetch(stage.http, stage.account, file.ref) == PHOTO.content

    async def test_start_carries_its_token(self, stage: Stage) -> None:
        if not self.channel.card.deep_link:
            pytest.skip("there is no bot to start here")
        stage.emulator.put(self.other_address, "Бек", False)
        await stage.emulator.start_chat(self.other_address, "p-9f3kQ2_x")
        [event] = await stage.heard()
        assert isinstance(event, Started)
        assert (event.address, event.payload) == (self.other_address, "p-9f3kQ2_x")
        await self.send(stage, "Здравствуйте", self.other_address)

    async def test_block_and_return_come_back(self, stage: Stage) -> None:
        if not (self.has_blocking and self.channel.card.webhook):
            pytest.skip("this channel does not report a block")
        await stage.emulator.block(self.address, True)
        first = await stage.heard()
        assert [type(event) for event in first] == [Stopped] * len(first)
        assert first
        await stage.emulator.block(self.address, False)
        [event] = await stage.heard()
        assert isinstance(event, Started)
        assert event.address == self.address

    async def test_a_shared_phone_is_proven(self, stage: Stage) -> None:
        if not self.channel.card.asks_contact:
            pytest.skip("no contact button here")
        await self.send(stage, Message("Поделитесь номером", ask_contact="Отправить мой номер"))
        await stage.emulator.share_phone(self.address, "+79001234567")
        [event] = await stage.heard()
        assert isinstance(event, SharedPhone)
        assert (event.address, event.phone, event.proven) == (self.address, "+79001234567", True)

    async def test_put_makes_no_noise(self, stage: Stage) -> None:
        stage.emulator.put(self.other_address, "Бек", True)
        assert await stage.heard() == []
        assert not stage.world.calls
        assert {phone.address for phone in stage.emulator.phones()} >= {self.address, self.other_address}

    async def stir(self, stage: Stage, address: str) -> None:
        """Let the gateway call us once about this person; a channel where nobody can write does it another way."""
        await stage.emulator.say(address, "да")

    async def said_twice(self, stage: Stage) -> list[Request]:
        """Two webhooks of one person and one of another."""
        stage.emulator.put(self.other_address, "Бек", True)
        for address in (self.address, self.address, self.other_address):
            await self.stir(stage, address)
            await stage.world.settled()
        return list(stage.received)

    async def test_forged_webhooks_are_refused(self, stage: Stage) -> None:
        if not self.channel.card.webhook:
            pytest.skip("no webhooks here")
        await self.stir(stage, self.address)
        await stage.world.settled()
        [request] = stage.received
        self.channel.receiver.verify(stage.account, request)
        for forged in self.unsigned(request):
            with pytest.raises(Forged):
                self.channel.receiver.verify(stage.account, forged)

    async def test_updates_are_told_apart(self, stage: Stage) -> None:
        if not self.channel.card.webhook:
            pytest.skip("no webhooks here")
        one, two, other = (
            self.channel.receiver.identify(stage.account, request) for request in await self.said_twice(stage)
        )
        assert len({one[0], two[0], other[0]}) == 3
        assert one[1] == two[1] != other[1]
        assert "" not in (*one, *other)

    async def test_a_repeated_update_is_recognized(self, stage: Stage) -> None:
        if not (self.channel.card.webhook and self.has_retries):
            pytest.skip("webhooks are not repeated here")
        stage.refusals[:] = [500]
        await self.stir(stage, self.address)
        await stage.world.settled()
        identify = self.channel.receiver.identify
        assert [identify(stage.account, r) for r in stage.refused] == [
            identify(stage.account, r) for r in stage.received
        ]
        assert len(stage.received) == 1

    async def test_what_was_refused_comes_first_later(self, stage: Stage) -> None:
        if not (self.channel.card.webhook and self.has_retries and self.has_replies):
            pytest.skip("webhooks are not repeated here")
        stage.refusals[:] = [500] * 3
        await stage.emulator.say(self.address, "раз")
        await stage.world.settled()
        assert stage.received == []
        await stage.emulator.say(self.address, "два")
        assert [event.text for event in await stage.heard() if isinstance(event, Said)] == ["раз", "два"]

    def test_the_answer_is_a_success(self) -> None:
        status, kind, body = self.channel.receiver.answer(self.signed(b"{}"))
        assert 200 <= status < 300
        assert "/" in kind
        assert isinstance(body, bytes)

    @pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{", b"nonsense", b"[1, 2"])
    def test_unreadable_bodies_are_malformed(self, body: bytes) -> None:
        if not self.channel.card.webhook:
            pytest.skip("no webhooks here")
        request = self.signed(body)
        with pytest.raises(Malformed):
            self.channel.receiver.parse(self.any_account(), request)
        key, chat = self.channel.receiver.identify(self.any_account(), request)
        assert key
        assert chat == ""
        assert self.channel.receiver.identify(self.any_account(), self.signed(body + b" "))[0] != key

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    @given(data=st.data())
    def test_parse_survives_anything(self, data: st.DataObject) -> None:
        if not self.channel.card.webhook:
            return
        account, samples = self.any_account(), self.samples()
        body = data.draw(st.one_of(JSON, _bent(samples)) if samples else JSON)
        request = self.signed(json.dumps(body).encode())
        assert all(_storable(part) for part in self.channel.receiver.identify(account, request))
        assert self.channel.receiver.identify(account, request)[0]
        with suppress(Malformed):
            for event in self.channel.receiver.parse(account, request).events:
                assert _storable(event)


def _storable(value: Any) -> bool:
    """Whether a database takes it: texts without NUL and halves of surrogate pairs, numbers of 64 bits."""
    if isinstance(value, str):
        return "\0" not in value and value.encode("utf-8", "ignore").decode() == value
    if isinstance(value, int):
        return abs(value) < 2**63
    if isinstance(value, tuple):
        return all(map(_storable, value))
    return all(_storable(getattr(value, item.name)) for item in fields(value)) if is_dataclass(value) else True


def _bent(samples: list[Any]) -> st.SearchStrategy[Any]:
    """True bodies with one branch replaced by anything."""

    @st.composite
    def bend(draw: st.DrawFn) -> Any:
        return _replaced(draw(st.sampled_from(samples)), draw(JSON), draw(st.randoms(use_true_random=False)))

    return bend()


def _replaced(value: Any, junk: Any, luck: Any) -> Any:
    if not isinstance(value, dict | list) or not value or luck.random() < 0.15:
        return junk
    if isinstance(value, list):
        at = luck.randrange(len(value))
        return [_replaced(item, junk, luck) if i == at else item for i, item in enumerate(value)]
    chosen = luck.choice(sorted(value))
    if luck.random() < 0.1:
        return {name: item for name, item in value.items() if name != chosen}
    return {name: _replaced(item, junk, luck) if name == chosen else item for name, item in value.items()}
