"""Templates from hand-in to the patient's press, and what the window allows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from priyom.channels.whatsapp.templates import body_of
from priyom.channels.whatsapp.tests.stages import ANNA, PDF, fake, inside, outside, reminder, send
from priyom.contracts.channel_suite import Stage
from priyom.contracts.errors import Rejected
from priyom.contracts.events import Pressed, Said, TemplateChanged
from priyom.contracts.message import Button, Message, Template
from priyom.contracts.vitals import Category, Draft, DraftButton, Registered, Standing
from priyom.foundation.clock import now

TEXT = "Здравствуйте, {{1}}! Напоминаем о визите в {{2}}. Выберите ответ."
BUTTONS = (DraftButton("Приду"), DraftButton("Как дойти", "https://clinic.example/v/{{1}}"), DraftButton("Отменить"))
DRAFT = Draft("visit_reminder", "ru", Category.SERVICE, TEXT, ("Анна", "10:30"), BUTTONS)
ROWS = (
    (Button("Приду", "v:1:ok"), Button("Отменить", "v:1:no")),
    (Button("Как дойти", url="https://clinic.example/v/a1b2"),),
)


async def hand_in(stage: Stage, draft: Draft = DRAFT) -> Registered:
    """Hand in and let the review pass."""
    made = await stage.channel.sender.submit(stage.http, stage.account, draft)
    await stage.world.settled()
    return made


async def test_it_is_reviewed_listed_and_told(stage: Stage) -> None:
    made = await stage.channel.sender.submit(stage.http, stage.account, DRAFT)
    assert (made.name, made.language, made.standing) == ("visit_reminder", "ru", Standing.PENDING)
    [event] = await stage.heard()
    assert isinstance(event, TemplateChanged)
    assert event.template == replace(made, standing=Standing.APPROVED)
    [listed] = await stage.channel.sender.templates(stage.http, stage.account)
    assert listed == event.template


async def test_a_refused_one_says_why_and_is_mended_in_place(stage: Stage) -> None:
    draft = replace(DRAFT, name="please_reject")
    first = await hand_in(stage, draft)
    [event] = await stage.heard()
    assert isinstance(event, TemplateChanged)
    assert (event.template.standing, event.template.reason) == (Standing.REJECTED, "Название шаблона просит отказать")
    again = await stage.channel.sender.submit(stage.http, stage.account, draft)
    assert (again.provider_id, again.standing) == (first.provider_id, Standing.PENDING)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"text": "{{1}}, ждём вас в {{2}}."}, "2388299"),
        ({"text": "Ждём вас в {{1}}{{2}}."}, "2388293"),
        ({"text": "Ждём вас, {{1}}, в {{3}}."}, "2388072"),
        ({"examples": ("Анна",)}, "2388043"),
        ({"text": "Ждём {{1}} {{2}}." + "я" * 1024}, "2388040"),
        ({"buttons": (DraftButton("Слишком длинная подпись кнопки"),)}, "2388072"),
        ({"language": "tlh"}, "2388042"),
        ({"name": "Визит"}, "100"),
    ],
)
async def test_a_bad_one_is_refused_with_the_vendors_reason(stage: Stage, change: dict[str, object], code: str) -> None:
    with pytest.raises(Rejected) as caught:
        await stage.channel.sender.submit(stage.http, stage.account, replace(DRAFT, **change))  # type: ignore[arg-type]
    assert caught.value.code == code
    assert not await stage.channel.sender.templates(stage.http, stage.account)


async def test_kazakh_and_russian_stand_apart(stage: Stage) -> None:
    await hand_in(stage)
    await hand_in(stage, replace(DRAFT, language="kk", text="Сәлеметсіз бе, {{1}}! Қабылдау {{2}}-да. Жауап беріңіз."))
    await send(stage, outside(Message("x", rows=ROWS), template=Template("visit_reminder", "kk", ("Әсел", "10:30"))))
    assert stage.emulator.messages(ANNA)[-1].text == "Сәлеметсіз бе, Әсел! Қабылдау 10:30-да. Жауап беріңіз."


async def test_the_list_is_read_page_by_page(stage: Stage) -> None:
    for number in range(103):
        await stage.channel.sender.submit(stage.http, stage.account, replace(DRAFT, name=f"visit_{number}"))
    await stage.world.settled()
    found = await stage.channel.sender.templates(stage.http, stage.account)
    assert {item.name for item in found} == {f"visit_{number}" for number in range(103)}


async def test_outside_the_window_the_template_speaks(stage: Stage) -> None:
    await hand_in(stage)
    stage.world.turn(timedelta(days=2))
    receipt = await send(stage, outside(Message("Другие слова", rows=ROWS), template=reminder()))
    shown = stage.emulator.messages(ANNA)[-1]
    assert shown.text == "Здравствуйте, Анна! Напоминаем о визите в 10:30. Выберите ответ."
    assert [label for _, label in shown.buttons] == ["Приду", "Отменить"]
    await stage.heard()
    await stage.emulator.press(ANNA, shown.id, shown.buttons[1][0])
    [pressed] = [event for event in await stage.heard() if isinstance(event, Pressed)]
    assert (pressed.payload, pressed.provider_id) == ("v:1:no", receipt.provider_id)


async def test_inside_the_window_free_words_go_even_with_a_template(stage: Stage) -> None:
    await hand_in(stage)
    await send(stage, inside("Свободные слова", template=reminder()))
    assert stage.emulator.messages(ANNA)[-1].text == "Свободные слова"


@pytest.mark.parametrize("left", [None, timedelta(seconds=-1), timedelta(seconds=5)])
async def test_a_window_that_is_closing_counts_as_closed(stage: Stage, left: timedelta | None) -> None:
    until = None if left is None else now() + left
    with pytest.raises(Rejected) as caught:
        await send(stage, outside("Здравствуйте", window_until=until))
    assert caught.value.code == "131047"
    assert stage.emulator.messages(ANNA) == []


async def test_files_wait_for_the_window(stage: Stage) -> None:
    await hand_in(stage)
    with pytest.raises(Rejected) as caught:
        await send(stage, outside(Message("Памятка", rows=ROWS, files=(PDF,)), template=reminder()))
    assert caught.value.code == "131047"


async def test_unknown_pending_and_paused_ones_are_refused(stage: Stage) -> None:
    with pytest.raises(Rejected) as unknown:
        await send(stage, outside("x", template=Template("nothing", "ru")))
    assert unknown.value.code == "132001"
    await hand_in(stage)
    [pattern] = fake(stage).api.state.patterns
    fake(stage).api.desk.change(fake(stage).number(), pattern, "PAUSED")
    with pytest.raises(Rejected) as paused:
        await send(stage, outside(Message("x", rows=ROWS), template=reminder()))
    assert paused.value.code == "132015"
    [event] = [e for e in await stage.heard() if isinstance(e, TemplateChanged) and e.template.standing != "approved"]
    assert event.template.standing is Standing.PAUSED


async def test_a_wrong_number_of_values_is_refused(stage: Stage) -> None:
    await hand_in(stage)
    with pytest.raises(Rejected) as caught:
        await send(stage, outside(Message("x", rows=ROWS), template=reminder("Анна")))
    assert caught.value.code == "132000"


async def test_a_button_without_a_meaning_comes_back_as_words(stage: Stage) -> None:
    await hand_in(stage)
    await send(stage, outside(Message("x", rows=ROWS[1:]), template=reminder()))
    await stage.heard()
    shown = stage.emulator.messages(ANNA)[-1]
    await stage.emulator.press(ANNA, shown.id, shown.buttons[0][0])
    [said] = [event for event in await stage.heard() if isinstance(event, Said)]
    assert said.text == "Приду"


async def test_a_code_is_handed_in_and_sent(stage: Stage) -> None:
    await hand_in(stage, Draft("login_code", "ru", Category.CODE, "Ваш код: {{1}}.", ("123456",)))
    await send(stage, outside("x", template=Template("login_code", "ru", ("918273",))))
    assert "918273" in stage.emulator.messages(ANNA)[-1].text


@pytest.mark.parametrize(
    ("category", "ttl", "expected"),
    [
        (Category.SERVICE, 3600, 3600),
        (Category.SERVICE, 5, 30),
        (Category.SERVICE, 10**6, 43200),
        (Category.CODE, 3600, 900),
        (Category.MARKETING, 3600, None),
        (Category.SERVICE, 0, None),
    ],
)
def test_how_long_it_is_worth_delivering(category: Category, ttl: int, expected: int | None) -> None:
    assert body_of(replace(DRAFT, category=category), ttl).get("message_send_ttl_seconds") == expected
