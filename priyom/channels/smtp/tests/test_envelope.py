"""The envelope: where a bounce goes, which reports are asked for, and how a letter quotes another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from priyom.channels.smtp import Settings, send
from priyom.channels.smtp.emulator import USER, SmtpEmulator
from priyom.channels.smtp.envelope import envelope
from priyom.channels.smtp.message_id import mark
from priyom.contracts.channel_suite import Stage
from priyom.contracts.errors import Misconfigured, Rejected
from priyom.contracts.events import Reported
from priyom.contracts.message import Message, Outgoing

SETTINGS = Settings(host="h", from_address="priem@clinic.example")
ANNA = "anna@mail.example"


def test_options_are_written_as_xtext() -> None:
    made = envelope(replace(SETTINGS, success_reports=True), "a+b=c@mail.example", "d7.0123456789ab")
    assert made.sender == "priem@clinic.example"
    assert made.sender_options == ("RET=HDRS", "ENVID=d7.0123456789ab")
    assert made.recipient_options == ("NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;a+2Bb+3Dc@mail.example")
    assert envelope(SETTINGS, ANNA, "x").recipient_options[0] == "NOTIFY=FAILURE"


def test_a_bounce_address_names_the_letter() -> None:
    settings = replace(SETTINGS, bounce_address="bounces@пример.рф")
    assert envelope(settings, ANNA, "d7.0123456789ab").sender == "bounces+d7.0123456789ab@xn--e1afmkfd.xn--p1ai"


async def test_the_provider_sees_the_bounce_address_and_a_bounce_comes_back() -> None:
    stage = await Stage.open("smtp", timeout=10)
    try:
        provider = stage.emulator
        assert isinstance(provider, SmtpEmulator)
        senders: list[str] = []
        take = provider.handle_DATA

        async def watch(server: SMTP, session: Session, envelope: Envelope) -> str:
            senders.append(str(envelope.mail_from))
            return await take(server, session, envelope)

        provider.handle_DATA = watch  # type: ignore[method-assign]
        stage.settings = {**stage.settings, "bounce_address": USER}
        provider.put(ANNA, "Анна", True).extra["bounce"] = "5.1.1"
        receipt = await send.send(stage.http, stage.account, Outgoing("d7", ANNA, Message("Ждём")))
        [event] = await stage.heard()
        assert isinstance(event, Reported)
        assert (event.provider_id, event.gone) == (receipt.provider_id, True)
        local, _, host = USER.partition("@")
        assert senders == [f"{local}+{mark('d7', stage.account.hook_secret)}@{host}"]
    finally:
        await stage.close()


async def test_a_letter_quotes_the_one_it_answers() -> None:
    stage = await Stage.open("smtp", timeout=10)
    try:
        provider = stage.emulator
        assert isinstance(provider, SmtpEmulator)
        provider.put(ANNA, "Анна", True)
        for name, quoted in (("m.1@mail.example", "m.1@mail.example"), ("f" * 64, ""), ("a b@c\r\nX: y", "")):
            out = Outgoing("d8", ANNA, Message("Да"), reply_to=name)
            await send.send(stage.http, stage.account, out)
            assert provider.dump()["letters"][-1]["answers"] == quoted
    finally:
        await stage.close()


@pytest.mark.parametrize("change", [{"dkim_selector": "s1"}, {"bounce_address": "нет"}])
async def test_settings_that_cannot_be_used(change: dict[str, str]) -> None:
    stage = await Stage.open("smtp", timeout=10)
    try:
        stage.settings = {**stage.settings, **change}
        with pytest.raises(Misconfigured):
            await send.send(stage.http, stage.account, Outgoing("d7", ANNA, Message("Ждём")))
        with pytest.raises(Misconfigured):
            await send.check(stage.http, stage.account)
        with pytest.raises(Rejected):
            await send.fetch(stage.http, stage.account, "?")
    finally:
        await stage.close()
