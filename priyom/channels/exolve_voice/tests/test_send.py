"""What the suite cannot know: outcomes by asking, the table of refusals, and words that are not the vendor's."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web

from priyom.channels.exolve_voice.send import ask, digits, outcome, send
from priyom.contracts.channel_suite import Stage
from priyom.contracts.errors import ChannelError, Misconfigured, Rejected, Throttled, Unavailable, Uncertain
from priyom.contracts.message import Asked, Message, Outgoing, Signal
from priyom.contracts.suite_world import HOOK_SECRET

ANNA = "+79161234567"


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    """Anna's phone."""
    stage = await Stage.open("exolve_voice")
    stage.emulator.put(ANNA, "Анна", True)
    try:
        yield stage
    finally:
        await stage.close()


@pytest.mark.parametrize(
    ("behaves", "signal", "code"),
    [("", Signal.DELIVERED, ""), ("busy", Signal.FAILED, "busy"), ("away", Signal.FAILED, "no_answer")],
)
async def test_outcomes_are_asked_for(stage: Stage, behaves: str, signal: Signal, code: str) -> None:
    stage.emulator.phones()[0].extra["behaves"] = behaves
    receipt = await send(stage.http, stage.account, Outgoing("d1", ANNA, Message("Ждем вас")))
    asked = [Asked(number, "d1", ANNA, stage.world.now()) for number in (receipt.provider_id, "999")]
    [report] = await ask(stage.http, stage.account, asked)
    assert (report.provider_id, report.signal, report.code) == (receipt.provider_id, signal, code)
    assert len(stage.emulator.messages(ANNA)) == (signal is Signal.DELIVERED)


async def test_a_declined_call(stage: Stage) -> None:
    await stage.emulator.block(ANNA, True)
    receipt = await send(stage.http, stage.account, Outgoing("d1", ANNA, Message("Ждем вас")))
    [report] = await ask(stage.http, stage.account, [Asked(receipt.provider_id, "d1", ANNA, stage.world.now())])
    assert (report.signal, report.code) == (Signal.FAILED, "rejected")


async def test_a_foreign_number_is_refused_in_the_vendors_words(stage: Stage) -> None:
    account = stage.channel.account("suite", {**stage.settings, "source": "79990000000"}, HOOK_SECRET)
    with pytest.raises(Rejected, match="does not belong"):
        await send(stage.http, account, Outgoing("d1", ANNA, Message("Ждем вас")))


@pytest.mark.parametrize("status", ["", "ringing", "in_progress", "что-то новое"])
def test_what_goes_on_is_no_report(status: str) -> None:
    assert outcome("1", {"status": status}) is None
    assert outcome("1", {}) is None


PAGE = "<html>Access denied</html>"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, '{"call_id": "7"}', None), (200, '{"call_id": 7}', None), (200, "{}", Uncertain), (200, PAGE, Uncertain),
        (200, "[]", Uncertain), (400, '{"error": "bad"}', Rejected), (401, '{"error": {}}', Misconfigured),
        (403, "{}", Misconfigured), (402, "{}", Misconfigured), (429, "{}", Throttled), (503, "{}", Unavailable),
        (500, "{}", Uncertain), (403, PAGE, Unavailable), (502, PAGE, Unavailable), (500, PAGE, Uncertain),
    ],
)  # fmt: skip
async def test_every_answer_has_one_consequence(
    stage: Stage, status: int, body: str, kind: type[ChannelError] | None
) -> None:
    """A server that says just this."""

    async def say(request: web.Request) -> web.Response:
        sent = json.loads(await request.read())
        assert sent["destination"] == "79161234567"
        return web.Response(status=status, text=body)

    app = web.Application()
    app.router.add_post("/call/v1/MakeVoiceMessage", say)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    account = stage.channel.account("suite", {**stage.settings, "base_url": url}, HOOK_SECRET)
    try:
        if kind is None:
            receipt = await send(stage.http, account, Outgoing("d1", ANNA, Message("Ждем вас")))
            assert receipt.provider_id == "7"
            return
        with pytest.raises(kind) as caught:
            await send(stage.http, account, Outgoing("d1", ANNA, Message("Ждем вас")))
        assert stage.settings["key"] not in caught.value.text
    finally:
        await runner.cleanup()


def test_numbers_are_digits() -> None:
    assert digits("+7 (916) 123-45-67") == "79161234567"
