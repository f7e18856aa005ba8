"""Answering: the way chosen, approved texts, ready answers, hours and taking back, as the pages carry them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from priyom.clinic.models import House, Role
from priyom.contracts.vitals import Standing
from priyom.delivery.models import Delivery, StoredFile
from priyom.foundation.clock import clock
from priyom.inbox.desk_models import QuickReply
from priyom.inbox.models import Conversation
from priyom.inbox.reply import reply
from priyom.notifications.models import Template
from priyom.notifications.templates import draft, template_text
from priyom.notifications.variables import NAMES
from priyom.web.chats.hours import hours
from priyom.web.ready import names
from priyom.web.tests.conftest import Clinic
from priyom.web.tests.test_composer import file, sent, thread_of
from tests import factories as make

ALMATY = ZoneInfo("Asia/Almaty")
NINE = datetime(2026, 3, 3, 9, tzinfo=ALMATY)


@pytest.fixture
def undo(clinic: Clinic) -> None:
    """As the house has it by itself: an answer stands here for five seconds."""
    House.objects.update(undo_seconds=5)


def held(clinic: Clinic) -> Delivery:
    return Delivery.objects.get(origin="staff")


def waiting(browser: Client, clinic: Clinic) -> str:
    return browser.get(f"/chats/{clinic.chat.pk}/waiting").content.decode()


# -- taking back --


@pytest.mark.usefixtures("undo")
def test_an_answer_is_taken_back_into_the_composer(clinic: Clinic, registrar: Client) -> None:
    page = sent(registrar, clinic.chat, text="Да, в десять", files=[file()])
    assert "Отправляется" in page
    assert 'data-left="5.0"' in page
    assert ">Да, в десять</p>" not in page  # no message yet
    row = held(clinic)
    back = registrar.post(f"/chats/{clinic.chat.pk}/waiting/{row.pk}/back", {"text": "И еще"})
    composer = back.content.decode()
    assert ">Да, в десять\nИ еще</textarea>" in composer
    assert "снимок.png" in composer
    assert back.headers["HX-Trigger"] == "changed, fact"
    assert not Delivery.objects.filter(origin="staff").exists()
    assert Conversation.objects.get(pk=clinic.chat.pk).needs_answer
    seal = re.findall(r'name="kept" value="([^"]+)"', composer)
    sent(registrar, clinic.chat, text="Да, в одиннадцать", kept=[unescape(seal[0])])
    assert held(clinic).body["files"] == [StoredFile.objects.get().pk]


@pytest.mark.usefixtures("undo")
def test_too_late_is_said_and_nothing_typed_is_lost(clinic: Clinic, registrar: Client) -> None:
    sent(registrar, clinic.chat, text="Да")
    clock.freeze(make.MONDAY + timedelta(seconds=5))
    composer = registrar.post(f"/chats/{clinic.chat.pk}/waiting/{held(clinic).pk}/back", {"text": "И еще"})
    assert "Уже ушло, вернуть не получится." in composer.content.decode()
    assert ">И еще</textarea>" in composer.content.decode()
    assert Delivery.objects.filter(origin="staff").count() == 1


def test_a_file_of_another_thread_cannot_be_named(clinic: Clinic, registrar: Client) -> None:
    House.objects.update(undo_seconds=5)
    sent(registrar, clinic.chat, text="Снимок", files=[file()])
    back = registrar.post(f"/chats/{clinic.chat.pk}/waiting/{held(clinic).pk}/back").content.decode()
    seal = unescape(re.findall(r'name="kept" value="([^"]+)"', back)[0])
    for foreign, kept in ((clinic.stranger, seal), (clinic.chat, f"{seal}x"), (clinic.chat, "1")):
        sent(registrar, foreign, text="Вот", kept=[kept])
        assert "files" not in Delivery.objects.filter(origin="staff").latest("pk").body


@pytest.mark.usefixtures("undo")
def test_what_waits_belongs_to_its_thread(clinic: Clinic, registrar: Client) -> None:
    sent(registrar, clinic.chat, text="Да")
    composer = registrar.post(f"/chats/{clinic.stranger.pk}/waiting/{held(clinic).pk}/back").content.decode()
    assert "Уже ушло" in composer
    assert ">Да<" not in composer


# -- later --


@pytest.mark.parametrize(
    ("at", "codes"),
    [
        (datetime(2026, 3, 2, 11, tzinfo=ALMATY), ["hour", "evening", "tomorrow", "monday"]),
        (datetime(2026, 3, 2, 17, 30, tzinfo=ALMATY), ["hour", "tomorrow", "monday"]),
        (datetime(2026, 3, 8, 11, tzinfo=ALMATY), ["hour", "evening", "tomorrow"]),  # Sunday: tomorrow is Monday
    ],
)
def test_the_hours_offered(at: datetime, codes: list[str]) -> None:
    clock.freeze(at)
    offered = hours(ALMATY)
    assert [hour.code for hour in offered] == codes
    assert [hour.at for hour in offered] == sorted(hour.at for hour in offered)
    assert next(hour.at for hour in offered if hour.code == "tomorrow").astimezone(ALMATY).hour == 9


def test_an_answer_waits_for_its_hour(clinic: Clinic, registrar: Client) -> None:
    sent(registrar, clinic.chat, text="Доброе утро", later="tomorrow")
    assert held(clinic).due_at == NINE
    assert "завтра в 09:00" in waiting(registrar, clinic)
    colleague = clinic.browser(Role.REGISTRAR)  # may change it as well: the author may be off tomorrow
    composer = colleague.post(f"/chats/{clinic.chat.pk}/waiting/{held(clinic).pk}/back").content.decode()
    assert ">Доброе утро</textarea>" in composer
    assert 'value="2026-03-03T09:00"' in composer
    sent(registrar, clinic.chat, text="Доброе утро", later="at", later_at="2026-03-03T10:30")
    row = held(clinic)
    assert row.due_at == NINE + timedelta(minutes=90)
    registrar.post(f"/chats/{clinic.chat.pk}/waiting/{row.pk}/now")
    assert held(clinic).due_at == make.MONDAY
    assert "held" not in waiting(registrar, clinic)


def test_it_is_called_off(clinic: Clinic, registrar: Client) -> None:
    sent(registrar, clinic.chat, text="Доброе утро", later="tomorrow")
    registrar.post(f"/chats/{clinic.chat.pk}/waiting/{held(clinic).pk}/drop")
    assert not Delivery.objects.filter(origin="staff").exists()
    assert Conversation.objects.get(pk=clinic.chat.pk).needs_answer


@pytest.mark.parametrize(
    ("later", "at", "told"),
    [
        ("at", "", "Выберите день и время."),
        ("at", "вчера", "Выберите день и время."),
        ("nonsense", "", "Выберите день и время."),
        ("at", "2026-03-02T10:59", "Это время уже прошло."),
        ("at", "2026-08-02T10:59", "Не дальше чем на 60 дней вперед."),
    ],
)
def test_hours_that_are_none(clinic: Clinic, registrar: Client, later: str, at: str, told: str) -> None:
    page = sent(registrar, clinic.chat, text="Доброе утро", later=later, later_at=at)
    assert told in page
    assert ">Доброе утро</textarea>" in page
    assert not Delivery.objects.filter(origin="staff").exists()


def test_quiet_hours_are_warned_of_and_may_be_broken(clinic: Clinic, registrar: Client) -> None:
    form = {"text": "Натощак!", "later": "at", "later_at": "2026-03-03T06:00"}
    page = sent(registrar, clinic.chat, **form)
    assert "У пациента будет 06:00: тихие часы с 21:00 до 08:00." in page
    assert 'name="sure" value="night|at|2026-03-03T06:00"' in page
    assert not Delivery.objects.filter(origin="staff").exists()
    sent(registrar, clinic.chat, text="Натощак!", sure="night|at|2026-03-03T06:00", later_at="")
    assert held(clinic).due_at == NINE - timedelta(hours=3)


def test_an_hour_behind_the_window_is_refused(clinic: Clinic, registrar: Client) -> None:
    chat = thread_of("whatsapp", hours=20)
    page = sent(registrar, chat, text="Доброе утро", later="tomorrow")
    assert "WhatsApp принимает свои слова только до: сегодня в 15:00." in page
    assert not Delivery.objects.filter(origin="staff").exists()


# -- the way --


def test_the_way_is_chosen_by_name_or_number(clinic: Clinic, registrar: Client) -> None:
    make.make_account("smsc")
    menu = registrar.get(f"/chats/{clinic.chat.pk}/ways").content.decode()
    assert re.findall(r'aria-checked="(\w+)"', menu) == ["true", "false"]
    assert "бесплатно" in menu
    assert "платно" in menu
    composer = registrar.post(f"/chats/{clinic.chat.pk}/way", {"n": "2", "text": "Да"}).content.decode()
    assert "SMS" in composer
    assert "выбрано, пока пациент не напишет в другом месте" in composer
    assert ">Да</textarea>" in composer
    sent(registrar, clinic.chat, text="Да")
    assert held(clinic).account.channel == "smsc"
    assert registrar.post(f"/chats/{clinic.chat.pk}/way", {"n": "9"}).status_code == 200
    assert "Этот канал уже закрыт." in registrar.post(f"/chats/{clinic.chat.pk}/way", {"key": "1:2"}).content.decode()


def test_a_colleagues_answer_is_shown_before_ones_own_goes(clinic: Clinic, registrar: Client) -> None:
    composer = registrar.get(f"/chats/{clinic.chat.pk}/composer").content.decode()
    seen = re.findall(r'name="seen" value="([^"]*)"', composer)[0]
    reply(make.make_staff(), clinic.chat, "Уже ответила")
    page = sent(registrar, clinic.chat, text="Я тоже", seen=seen)
    assert "Тем временем ответ уже дан (Ольга Ли): «Уже ответила»." in page
    assert ">Я тоже</textarea>" in page
    assert Delivery.objects.filter(origin="staff").count() == 1
    sent(registrar, clinic.chat, text="Я тоже", seen=seen, sure="answered||")
    assert Delivery.objects.filter(origin="staff").count() == 2


# -- approved texts --


def approved(kind: str = "reminder_24h") -> Conversation:
    """A patient with a visit whose window is closed; one text is approved."""
    chat = thread_of("whatsapp", hours=25)
    assert chat.patient is not None
    make.make_visit(chat.patient, make.MONDAY + timedelta(days=1))
    account = chat.incoming.get().account
    Template.objects.create(
        account=account, kind=kind, language="ru", name=draft(kind, "ru").name, text=template_text(kind, "ru"),
        standing=Standing.APPROVED, changed_at=make.MONDAY,
    )  # fmt: skip
    return chat


def test_an_approved_text_is_previewed_and_sent(clinic: Clinic, registrar: Client) -> None:
    chat = approved()
    page = registrar.get(f"/chats/{chat.pk}").content.decode()
    assert "Уйдет именно это" in page
    fields = {unescape(name): unescape(value) for name, value in re.findall(r'name="(v\.[^"]+)" value="([^"]*)"', page)}
    assert fields["v.patient.given"] == "Анна"
    fields["v.practitioner.short_name"] = "Ким О."
    composer = registrar.post(f"/chats/{chat.pk}/approved/send", {"kind": "reminder_24h", **fields})
    assert composer.status_code == 200
    row = held(clinic)
    assert "Ким О." in row.body["text"]
    assert row.body["template"]["name"] == draft("reminder_24h", "ru").name


def test_a_hole_is_not_sent(clinic: Clinic, registrar: Client) -> None:
    chat = approved("moved")
    part = registrar.get(f"/chats/{chat.pk}/approved?kind=moved").content.decode()
    assert 'class="empty-place"' in part
    answer = registrar.post(f"/chats/{chat.pk}/approved/send", {"kind": "moved"}).content.decode()
    assert "Заполните все места в тексте." in answer
    assert not Delivery.objects.filter(origin="staff").exists()


def test_without_an_approved_text_the_other_ways_are_offered(clinic: Clinic, registrar: Client) -> None:
    chat = thread_of("whatsapp", hours=25)
    page = registrar.get(f"/chats/{chat.pk}").content.decode()
    assert "Подходящего одобренного текста нет." in page
    make.make_account("smsc")
    assert chat.patient is not None
    make.make_point(chat.patient, "phone", "+77015550101")
    registrar.post(f"/chats/{chat.pk}/way", {"n": "1"})  # the closed one, all the same
    page = registrar.get(f"/chats/{chat.pk}/composer").content.decode()
    assert "Своими словами" in page
    assert "SMS" in page.split("Своими словами")[1]


# -- ready answers --


def test_ready_answers_stand_filled_in(clinic: Clinic, registrar: Client) -> None:
    QuickReply.objects.create(
        word="когда", text_ru="{{ patient.given }}, ждем {{ visit.local_date }}", text_kk="Күтеміз",
        changed_at=make.MONDAY,
    )  # fmt: skip
    part = registrar.get(f"/chats/{clinic.chat.pk}/ready").content.decode()
    assert 'data-word="когда" data-text="Анна, ждем понедельник, 2 марта"' in part
    assert clinic.chat.patient is not None
    type(clinic.chat.patient).objects.update(language="kk")
    assert 'data-text="Күтеміз"' in registrar.get(f"/chats/{clinic.chat.pk}/ready").content.decode()


def test_a_gap_is_not_sent(clinic: Clinic, registrar: Client) -> None:
    page = sent(registrar, clinic.chat, text="Стоит ___ тенге")
    assert "Заполните пропуск «___»" in page
    assert ">Стоит ___ тенге</textarea>" in page
    assert not Delivery.objects.filter(origin="staff").exists()


def test_a_written_text_is_kept_without_the_patients_name(clinic: Clinic, registrar: Client) -> None:
    form = registrar.post(f"/chats/{clinic.chat.pk}/ready/keep", {"text": "Анна, ждем вас в 14:00"}).content.decode()
    assert "{{ patient.given }}, ждем вас в {{ visit.local_time }}" in form
    done = registrar.post(
        f"/chats/{clinic.chat.pk}/ready/keep", {"word": "Ждем", "text_ru": "{{ patient.given }}, ждем", "whose": "own"}
    )
    assert "/Ждем" in done.content.decode()
    row = QuickReply.objects.get()
    assert (row.word, row.owner is not None) == ("ждем", True)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ patient.mood }}", "Переменной {{ patient.mood }} нет. Есть: branch.address, branch.name"),
        ("{{ patient.given", "Скобки {{ }} не парные."),
        ("", "Напишите текст хотя бы на одном языке."),
    ],
)
def test_what_is_wrong_with_one_stays_typed(clinic: Clinic, registrar: Client, text: str, told: str) -> None:
    answer = registrar.post("/ready/new", {"word": "Слово", "text_ru": text, "whose": "own"}).content.decode()
    assert told in unescape(answer)
    assert 'value="Слово"' in answer
    assert not QuickReply.objects.exists()


def test_one_is_kept_changed_and_removed(clinic: Clinic) -> None:
    owner = clinic.browser(Role.OWNER)
    owner.post("/ready/new", {"word": "адрес", "text_ru": "Абая, 10", "whose": str(clinic.here.pk)})
    row = QuickReply.objects.get()
    assert row.branch == clinic.here
    assert "/адрес" in clinic.browser(Role.REGISTRAR, clinic.here).get("/ready").content.decode()
    assert "/адрес" not in clinic.browser(Role.REGISTRAR, clinic.there).get("/ready").content.decode()
    answer = owner.post(f"/ready/{row.pk}", {"word": "адрес", "text_ru": "Абая, 12", "whose": "all"})
    assert "Сохранено." in answer.content.decode()
    assert QuickReply.objects.filter(pk=row.pk, text_ru="Абая, 12", branch=None).exists()
    owner.post(f"/ready/{row.pk}/remove")
    assert not QuickReply.objects.exists()


def test_nobody_keeps_one_for_others_who_may_not(clinic: Clinic) -> None:
    browser = clinic.browser(Role.REGISTRAR, clinic.here)
    for whose in ("all", str(clinic.here.pk), str(clinic.there.pk), "x"):
        assert browser.post("/ready/new", {"word": "а", "text_ru": "б", "whose": whose}).status_code == 403
    assert not QuickReply.objects.exists()


def test_every_variable_has_a_name() -> None:
    assert set(names.NAMES) == NAMES
