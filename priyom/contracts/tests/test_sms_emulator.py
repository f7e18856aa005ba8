"""The half of a fake SMS gateway that all of them share: phones, dead numbers, money, modes and memory."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from priyom.contracts.emulator import Impossible, Mode, NoSuchPhone
from priyom.contracts.message import File
from priyom.contracts.sms_emulator import Sms, SmsEmulator
from priyom.contracts.suite_world import SuiteWorld

ANNA, BEK = "+77011234567", "+79221234567"


class Gateway(SmsEmulator):
    """A gateway with one page; what it would tell its client is kept in lists."""

    channel = "made_up"
    clinic_number = "79000000001"

    def __init__(self, world: SuiteWorld) -> None:
        super().__init__(world)
        self.told: list[tuple[str, bool]] = []
        self.answers: list[str] = []

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.post("/send", self.page(self._send, sends=True)), web.post("/ask", self.page(self._ask))]

    def demo_account(self, base_url: str) -> Mapping[str, str]:
        return {}

    def attach(self, account_settings: Mapping[str, str], hook_url: str, hook_secret: str) -> None:
        """Nobody is called."""

    def throttled(self) -> web.Response:
        return web.Response(status=429)

    def settle(self, sms: Sms) -> None:
        self.told.append((sms.id, sms.seen))

    def hand_over(self, sms: Sms) -> None:
        self.answers.append(sms.text)

    def sent(self, phone: str, text: str, sender: str = "79000000001") -> Sms:
        """One SMS goes out."""
        at = self.world.now().timestamp()
        sms = Sms(str(self.number()), at, "in", text, phone=phone, sender=sender, cost="4.50")
        self.take(sms)
        return sms

    async def _send(self, request: web.Request) -> web.Response:
        return web.json_response({"id": self.sent(ANNA, await request.text()).id})

    async def _ask(self, request: web.Request) -> web.Response:
        return web.json_response({})


@pytest.fixture
def world() -> SuiteWorld:
    return SuiteWorld()


@pytest.fixture
def gateway(world: SuiteWorld) -> Gateway:
    return Gateway(world)


@pytest_asyncio.fixture
async def base(gateway: Gateway) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(gateway.routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await gateway.stop()
    await runner.cleanup()


async def test_anybody_can_be_written_to_and_can_answer(gateway: Gateway, world: SuiteWorld) -> None:
    sms = gateway.sent(ANNA, "Придёте?")
    await world.settled()
    await gateway.say("8 701 123-45-67", "да")
    assert [(m.direction, m.text, m.sender) for m in gateway.messages(ANNA)] == [
        ("in", "Придёте?", "79000000001"),
        ("out", "да", ""),
    ]
    assert (gateway.told, gateway.answers) == ([(sms.id, True)], ["да"])
    assert gateway.balance == Decimal("99995.50")
    assert gateway.sms(sms.id) is sms
    assert gateway.sms("2") is None  # what a person sent has no report
    assert [one.text for one in gateway.all_sms()] == ["Придёте?", "да"]


async def test_a_dead_number_takes_the_money_and_shows_nothing(gateway: Gateway, world: SuiteWorld) -> None:
    gateway.put(ANNA, "Анна", False)
    await gateway.block(ANNA, True)
    assert gateway.put(ANNA, "Анна С.", True).blocked  # a new name revives nobody
    gateway.sent(ANNA, "Ждём")
    await world.settled()
    assert (gateway.messages(ANNA), gateway.told) == ([], [("1", False)])
    with pytest.raises(Impossible):
        await gateway.say(ANNA, "да")
    await gateway.block(ANNA, False)
    await gateway.say(ANNA, "да")


async def test_what_an_sms_cannot_do(gateway: Gateway) -> None:
    gateway.put(BEK, "Бек", True)
    gateway.sent(BEK, "Ждём", "PRIYOM")
    for work in (
        gateway.say(BEK, "да"),
        gateway.press(BEK, "1", "1"),
        gateway.start_chat(BEK, ""),
        gateway.share_phone(BEK, BEK),
    ):
        with pytest.raises(Impossible):
            await work
    gateway.sent(BEK, "Ждём")
    with pytest.raises(Impossible):
        await gateway.say(BEK, "вот", [File("a.jpg", "image/jpeg", b"x")])
    for address in (ANNA, "nonsense"):
        with pytest.raises(NoSuchPhone):
            gateway.messages(address)


async def test_without_a_number_nobody_answers(gateway: Gateway) -> None:
    gateway.clinic_number = ""
    gateway.put(BEK, "Бек", True)
    with pytest.raises(Impossible):
        await gateway.say(BEK, "да")


async def test_memory(gateway: Gateway, world: SuiteWorld) -> None:
    gateway.put(BEK, "Бек", True)
    await gateway.block(BEK, True)
    gateway.sent(BEK, "мимо")
    gateway.sent(ANNA, "Ждём")
    await gateway.say(ANNA, "да")
    again = Gateway(SuiteWorld())
    again.load(json.loads(json.dumps(gateway.dump())))
    assert again.phones() == gateway.phones()
    assert again.messages(ANNA) == gateway.messages(ANNA)
    assert again.messages(BEK) == []
    assert (again.balance, again.number()) == (gateway.balance, gateway.number())


async def test_modes(gateway: Gateway, base: str) -> None:
    async with aiohttp.ClientSession() as http:
        for mode, sending, asking in ((Mode.OK, 200, 200), (Mode.DOWN, 503, 503), (Mode.THROTTLE, 429, 200)):
            gateway.mode = mode
            async with http.post(f"{base}/send") as answer:
                assert answer.status == sending
            async with http.post(f"{base}/ask") as answer:
                assert answer.status == asking
        assert len(gateway.messages(ANNA)) == 1
        gateway.mode = Mode.HANG
        with pytest.raises((TimeoutError, aiohttp.ClientError)):
            async with http.post(f"{base}/send", timeout=aiohttp.ClientTimeout(total=0.5)):
                pass
        assert len(gateway.messages(ANNA)) == 2
        async with http.post(f"{base}/ask") as answer:
            assert answer.status == 200
