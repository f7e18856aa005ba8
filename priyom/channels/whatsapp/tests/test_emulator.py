"""The fake WhatsApp is as strict as the true one: windows, limits, paces, blocks, secrets; and people may hide."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from priyom.channels.whatsapp.send import read
from priyom.channels.whatsapp.tests.stages import (
    ANNA,
    BEK,
    HIDDEN,
    JPEG,
    PDF,
    fake,
    inside,
    outside,
    reminder,
    send,
    signals,
)
from priyom.channels.whatsapp.tests.test_templates import DRAFT, ROWS, hand_in
from priyom.contracts.channel_suite import Stage
from priyom.contracts.emulator import Impossible
from priyom.contracts.errors import Misconfigured, Rejected, Throttled
from priyom.contracts.events import AccountChanged, AlsoKnownAs, Reported, Said, SharedPhone
from priyom.contracts.message import Asked, Button, Message, Signal, Template
from priyom.contracts.vitals import Category, Quality

REMINDER = Message("x", rows=ROWS)


async def test_a_message_climbs_the_ladder(stage: Stage) -> None:
    receipt = await send(stage, inside("Придёте?"))
    events = await stage.heard()
    assert signals(events, receipt.provider_id) == [Signal.SENT, Signal.DELIVERED]
    [also] = [event for event in events if isinstance(event, AlsoKnownAs)]
    assert also.address == ANNA
    assert also.alias.startswith("KZ.")
    await stage.emulator.say(ANNA, "да")
    events = await stage.heard()
    assert signals(events, receipt.provider_id) == [Signal.READ]
    assert [e.text for e in events if isinstance(e, Said)] == ["да"]


async def test_the_window_closes_after_a_day_and_opens_with_a_word(stage: Stage) -> None:
    stage.world.turn(timedelta(hours=24))
    receipt = await send(stage, inside("Здравствуйте"))
    [report] = await stage.heard()
    assert isinstance(report, Reported)
    assert (report.provider_id, report.signal, report.code) == (receipt.provider_id, Signal.FAILED, "131047")
    assert stage.emulator.messages(ANNA) == []
    await stage.emulator.say(ANNA, "да")
    await send(stage, inside("Здравствуйте"))
    assert stage.emulator.messages(ANNA)[-1].text == "Здравствуйте"


async def test_a_number_without_whatsapp_is_told_later(stage: Stage) -> None:
    await send(stage, inside("Здравствуйте", BEK))
    [report] = await stage.heard()
    assert isinstance(report, Reported)
    assert (report.signal, report.code, report.gone) == (Signal.FAILED, "131026", True)


async def test_a_block_is_silence(stage: Stage) -> None:
    await stage.emulator.block(ANNA, True)
    receipt = await send(stage, inside("Здравствуйте"))
    assert signals(await stage.heard(), receipt.provider_id) == [Signal.SENT]
    assert stage.emulator.messages(ANNA) == []
    with pytest.raises(Impossible):
        await stage.emulator.say(ANNA, "да")


async def test_one_person_is_not_flooded(stage: Stage) -> None:
    for number in range(45):
        await send(stage, inside(f"Сообщение {number}"))
    with pytest.raises(Throttled) as caught:
        await send(stage, inside("Еще одно"))
    assert (caught.value.code, caught.value.after) == ("131056", 6.0)
    stage.world.turn(timedelta(seconds=6))
    await send(stage, inside("Теперь можно"))
    with pytest.raises(Throttled):
        await send(stage, inside("А теперь нет"))


async def test_a_number_is_not_faster_than_eighty_a_second(stage: Stage) -> None:
    for number in range(80):
        address = f"+7701000{number:04d}"
        stage.emulator.put(address, "Анна", True)
        await send(stage, inside("Здравствуйте", address))
    with pytest.raises(Throttled) as caught:
        await send(stage, inside("Здравствуйте"))
    assert caught.value.code == "130429"


async def test_only_so_many_people_are_written_to_first(stage: Stage) -> None:
    await hand_in(stage)
    fake(stage).number().tier = "TIER_2"
    stage.emulator.put(BEK, "Бек", False)
    stage.emulator.put("+77471234567", "Вера", False)
    stage.world.turn(timedelta(days=1))
    for address in (ANNA, BEK, BEK, "+77471234567"):
        await send(stage, outside(REMINDER, address, template=reminder()))
    reports = [event for event in await stage.heard() if isinstance(event, Reported)]
    assert [r.code for r in reports if r.signal is Signal.FAILED] == ["131048"]
    stage.world.turn(timedelta(days=1))
    await send(stage, outside(REMINDER, "+77471234567", template=reminder()))
    assert len(stage.emulator.messages("+77471234567")) == 1


async def test_who_stopped_marketing_still_gets_reminders(stage: Stage) -> None:
    await hand_in(stage)
    await hand_in(stage, replace(DRAFT, name="spring_offer", category=Category.MARKETING))
    fake(stage).stop_marketing(ANNA, True)
    await send(stage, outside(REMINDER, template=Template("spring_offer", "ru", ("Анна", "10:30"))))
    await send(stage, outside(REMINDER, template=reminder()))
    reports = [event for event in await stage.heard() if isinstance(event, Reported)]
    assert [r.code for r in reports if r.signal is Signal.FAILED] == ["131050"]
    assert len(stage.emulator.messages(ANNA)) == 1


async def test_who_hides_the_number_is_written_to_by_user_id(stage: Stage) -> None:
    stage.emulator.put(HIDDEN, "Вера", True)
    await stage.emulator.say(HIDDEN, "Здравствуйте")
    [said] = await stage.heard()
    assert isinstance(said, Said)
    assert said.address == HIDDEN
    with pytest.raises(Impossible):
        await stage.emulator.share_phone(HIDDEN, "+77471234567")
    receipt = await send(stage, inside(Message("Ваш номер?", ask_contact="Отправить"), HIDDEN))
    assert signals(await stage.heard(), receipt.provider_id) == [Signal.SENT, Signal.DELIVERED]
    await stage.emulator.share_phone(HIDDEN, "+77471234567")
    [shared] = [event for event in await stage.heard() if isinstance(event, SharedPhone)]
    assert (shared.address, shared.phone, shared.proven) == (HIDDEN, "+77471234567", True)


async def test_a_list_is_pressed(stage: Stage) -> None:
    slots = tuple((Button(f"Слот {n}", f"s:{n}"),) for n in range(10))
    await send(stage, inside(Message("Когда удобно?", rows=slots)))
    shown = stage.emulator.messages(ANNA)[-1]
    assert [label for _, label in shown.buttons] == [f"Слот {n}" for n in range(10)]
    await stage.heard()
    await stage.emulator.press(ANNA, shown.id, "7")
    assert [e.payload for e in await stage.heard() if hasattr(e, "payload")] == ["s:7"]
    with pytest.raises(Impossible):
        await stage.emulator.press(ANNA, shown.id, "10")


async def test_files_and_words_arrive_together(stage: Stage) -> None:
    await send(stage, inside(Message("Памятка и снимок", files=(PDF, JPEG), rows=((Button("Спасибо", "v:ok"),),))))
    chat = stage.emulator.messages(ANNA)
    assert [message.files for message in chat] == [(PDF.name,), (JPEG.name,), ()]
    assert (chat[-1].text, [label for _, label in chat[-1].buttons]) == ("Памятка и снимок", ["Спасибо"])


async def test_what_was_written_is_marked_as_read(stage: Stage) -> None:
    await stage.emulator.say(ANNA, "Здравствуйте")
    [said] = [event for event in await stage.heard() if isinstance(event, Said)]
    await read(stage.http, stage.account, said.provider_id, typing=True)
    person = fake(stage).api.state.people[ANNA]
    assert person.letters[-1].status == "read"
    assert person.phone.extra["typing"] is True
    await read(stage.http, stage.account, "wamid.unknown")


async def test_lost_reports_can_be_asked_for(stage: Stage) -> None:
    receipt = await send(stage, inside("Здравствуйте"))
    asked = [Asked(wamid, "k1", ANNA, stage.world.now()) for wamid in ("wamid.unknown", receipt.provider_id)]
    [report] = await stage.channel.sender.ask(stage.http, stage.account, asked)
    assert (report.provider_id, report.signal) == (receipt.provider_id, Signal.DELIVERED)
    assert report.at == stage.world.now()


async def test_the_number_tells_how_it_stands(stage: Stage) -> None:
    vitals = await stage.channel.sender.vitals(stage.http, stage.account)
    assert (vitals.quality, vitals.daily_limit, vitals.note) == (Quality.HIGH, 2000, "")
    fake(stage).number().quality = "RED"
    vitals = await stage.channel.sender.vitals(stage.http, stage.account)
    assert (vitals.quality, vitals.note) == (Quality.LOW, "номер: отправка закрыта")
    fake(stage).announce("business_capability_update", {"max_daily_conversations_per_business": 10_000})
    [event] = await stage.heard()
    assert isinstance(event, AccountChanged)
    assert event.vitals.daily_limit == 10_000


async def test_the_check_proves_every_setting(stage: Stage) -> None:
    identity = await stage.channel.sender.check(stage.http, stage.account)
    assert (identity.name, identity.webhook) == ("77270000000", stage.hook_url)
    good = stage.settings
    for wrong in ({"app_secret": "wrong"}, {"app_secret": ""}, {"phone_number_id": "7"}, {"phone_number_id": ""}):
        stage.settings = {**good, **wrong}
        with pytest.raises((Misconfigured, Rejected)):
            await stage.channel.sender.check(stage.http, stage.account)


async def test_connecting_asks_our_address_first(stage: Stage) -> None:
    fake(stage).number().hook_url = ""
    await stage.channel.sender.connect(stage.http, stage.account, stage.hook_url)
    await stage.emulator.say(ANNA, "да")
    assert [e.text for e in await stage.heard() if isinstance(e, Said)] == ["да"]
    for elsewhere in (f"{stage.base_url}/nowhere", "http://127.0.0.1:9/", "https://clinic.example/hooks"):
        with pytest.raises(Misconfigured):
            await stage.channel.sender.connect(stage.http, stage.account, elsewhere)


async def test_prices_follow_the_rules_of_2026(stage: Stage) -> None:
    await hand_in(stage)
    number = fake(stage).number()
    month = stage.world.now().strftime("%Y-%m")
    number.free_service[month] = 999
    await stage.world.settled()
    stage.received.clear()
    for outgoing in (inside("бесплатно"), inside("платно"), outside(REMINDER, template=reminder())):
        await send(stage, outgoing)
    await stage.world.settled()
    paid = [b'"type": "regular"' in r.body for r in stage.received if b'"delivered"' in r.body]
    assert paid == [False, True, True]
