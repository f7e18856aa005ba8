"""What the screens say and what their buttons do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from priyom.appointments.models import Visit
from priyom.clinic.models import Role
from priyom.contracts import registry
from priyom.contracts.card import abouts
from priyom.delivery.models import Account, Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox.models import CallTask, Conversation
from priyom.journal.models import Pending
from priyom.notifications import templates
from priyom.notifications.models import Template
from priyom.patients.models import ContactPoint
from priyom.web import say
from priyom.web.accounts.groups import grouped
from priyom.web.tests.conftest import Clinic
from priyom.web.today.day import bounds
from tests import factories as make

ALMATY = ZoneInfo("Asia/Almaty")


def text(browser: Client, url: str, **headers: str) -> str:
    return browser.get(url, headers=headers).content.decode()


def test_today_counts_and_filters(clinic: Clinic, registrar: Client) -> None:
    make.make_visit(make.make_patient(given="Вера"), make.MONDAY + timedelta(hours=4), branch=clinic.here)
    page = text(registrar, f"/?branch={clinic.here.pk}")
    assert "<b>0</b> из 2 визитов молчат" in page
    assert "<b>1</b> звонок" in page
    only = text(registrar, f"/today/rows?branch={clinic.here.pk}&show=call")
    assert "Ким Анна" in only
    assert "Ким Вера" not in only


def test_a_silent_visit_stands_out(clinic: Clinic, registrar: Client) -> None:
    CallTask.objects.all().delete()
    clock.freeze(clinic.visit.starts_at - timedelta(minutes=5))  # too late for a call
    page = text(registrar, f"/today/rows?branch={clinic.here.pk}")
    assert "<b>1</b> из 1 визитов молчит" in page
    assert 'class="alarm"' in page


def test_tomorrow_without_a_proven_channel_is_a_list(clinic: Clinic, registrar: Client) -> None:
    tomorrow = make.MONDAY + timedelta(days=1)
    make.make_visit(make.make_patient(given="Гуля"), tomorrow, branch=clinic.here)
    make.make_visit(clinic.visit.patient, tomorrow + timedelta(hours=1), branch=clinic.here)
    assert "Завтра: 1 визит без проверенного канала" in text(registrar, f"/?branch={clinic.here.pk}")
    rows = text(registrar, f"/today/rows?branch={clinic.here.pk}&day=tomorrow&show=unproven")
    assert "Ким Гуля" in rows
    assert "Ким Анна" not in rows


@given(st.dates(date(2020, 1, 1), date(2030, 12, 30)), st.sampled_from(["Asia/Almaty", "Europe/Berlin", "UTC"]))
def test_days_meet_without_gaps(day: date, zone: str) -> None:
    first, last = bounds(day, ZoneInfo(zone))
    assert bounds(day + timedelta(days=1), ZoneInfo(zone))[0] == last
    assert first.astimezone(ZoneInfo(zone)).date() == day
    assert timedelta(hours=23) <= last - first <= timedelta(hours=25)


def test_confirm_move_cancel(clinic: Clinic, registrar: Client) -> None:
    url = f"/visits/{clinic.visit.pk}"
    assert "Подтверждено." in registrar.post(f"{url}/confirm").content.decode()
    visit = Visit.objects.get(pk=clinic.visit.pk)
    assert (visit.state, visit.confirmed_by, visit.confirmed_channel) == ("confirmed", "staff", "call")
    to = clinic.visit.starts_at + timedelta(days=1)
    assert "завтра в 14:00" in registrar.post(f"{url}/move", {"to": to.isoformat()}).content.decode()
    assert Visit.objects.get(pk=visit.pk).starts_at == to
    assert "Отменено." in registrar.post(f"{url}/cancel").content.decode()
    assert "прошел или отменен" in registrar.post(f"{url}/confirm").content.decode()


def test_a_taken_time_is_said(clinic: Clinic, registrar: Client) -> None:
    to = clinic.visit.starts_at + timedelta(days=1)
    make.make_visit(make.make_patient(), to, branch=clinic.here, practitioner=clinic.visit.practitioner)
    answer = registrar.post(f"/visits/{clinic.visit.pk}/move", {"to": to.isoformat()})
    assert "Это время только что заняли" in answer.content.decode()


def test_free_times_are_offered(clinic: Clinic, registrar: Client) -> None:
    page = text(registrar, f"/visits/{clinic.visit.pk}/times")
    assert "Ахметова А. К.: свободное время" in page
    assert page.count("hx-post") == 24


def test_the_answer_goes_where_the_composer_says(clinic: Clinic, registrar: Client) -> None:
    url = f"/chats/{clinic.chat.pk}"
    page = text(registrar, url)
    assert "Ответ уйдет в" in page
    assert "Можно раньше?" in page
    assert Conversation.objects.get(pk=clinic.chat.pk).unread == 0
    registrar.post(f"{url}/send", {"text": "Да, в 12"})
    sent = Delivery.objects.latest("pk")
    assert (sent.account_id, sent.address, sent.body["text"]) == (clinic.account.pk, make.CHAT, "Да, в 12")
    assert "Сначала напишите текст" in registrar.post(f"{url}/send", {"text": " "}).content.decode()


def test_an_unknown_chat_is_tied(clinic: Clinic, registrar: Client) -> None:
    url = f"/chats/{clinic.stranger.pk}"
    assert "Ким Анна" in text(registrar, f"{url}/who?q=ким")
    assert registrar.post(f"{url}/attach/{clinic.visit.patient_id}").status_code == 204
    assert ContactPoint.objects.filter(patient=clinic.visit.patient, address="909", linked_by="staff").exists()


def test_a_call_is_noted_and_the_next_one_comes(clinic: Clinic, registrar: Client) -> None:
    other = make.make_visit(make.make_patient(given="Вера"), branch=clinic.here)
    following = CallTask.objects.create(
        patient=other.patient, visit=other, why="пора", created_at=now(), due_at=now() + timedelta(days=1)
    )
    answer = registrar.post(f"/tasks/{clinic.task.pk}/done", {"outcome": "confirmed"}).content.decode()
    assert "Записано: Ким Анна: придет." in answer
    assert f"/tasks/{following.pk}/take" in answer
    assert Visit.objects.get(pk=clinic.visit.pk).state == "confirmed"
    assert "в двух словах" in registrar.post(f"/tasks/{following.pk}/done", {"outcome": "other"}).content.decode()


def test_a_call_that_moves_the_visit(clinic: Clinic, registrar: Client) -> None:
    to = clinic.visit.starts_at + timedelta(days=1)
    registrar.post(f"/tasks/{clinic.task.pk}/done", {"outcome": "moved", "to": to.isoformat()})
    assert Visit.objects.get(pk=clinic.visit.pk).starts_at == to
    assert CallTask.objects.get(pk=clinic.task.pk).state == "done"


def test_a_personal_link_with_its_code(clinic: Clinic, registrar: Client) -> None:
    answer = registrar.post(f"/patients/{clinic.visit.patient_id}/link/{clinic.account.pk}").content.decode()
    assert "<svg" in answer
    assert "https://t.me/clinic_demo_bot?start=" in answer


def test_secrets_never_come_back(clinic: Clinic) -> None:
    browser = clinic.browser(Role.OWNER)
    url = f"/accounts/{clinic.account.pk}"
    assert "secret-token" not in text(browser, url)
    browser.post(f"{url}/change", {"set-token": "", "set-base_url": "http://127.0.0.1:1"})
    answer = browser.post(f"{url}/change", {"set-token": "7000000001:other", "set-base_url": "http://127.0.0.1:1"})
    assert "7000000001:other" not in answer.content.decode()
    assert b"other" not in bytes(Account.objects.get(pk=clinic.account.pk).secrets)


def test_every_channel_has_its_form(clinic: Clinic) -> None:
    browser = clinic.browser(Role.ADMIN)
    for card in registry.cards():
        page = text(browser, f"/accounts/new/{card.key}")
        assert all(f'name="set-{name}"' in page for name in abouts(card.settings))
        wrong = browser.post(f"/accounts/new/{card.key}", {"name": ""}, headers={"HX-Request": "true"})
        assert "Дайте название" in wrong.content.decode()


def test_what_was_parked_is_tried_again(clinic: Clinic) -> None:
    browser = clinic.browser(Role.ADMIN)
    browser.post(f"/attention/facts/{clinic.parked.pk}/replay")
    assert not Pending.objects.filter(parked=True).exists()


def test_import_from_file_to_preview(clinic: Clinic, registrar: Client) -> None:
    page = text(registrar, f"/imports/{clinic.draft.pk}")
    assert 'value="visit.date" selected' in page
    bad = registrar.post(f"/imports/{clinic.draft.pk}/preview", {"time_zone": "Nowhere"}).content.decode()
    assert "Часовой пояс" in bad
    assert "disabled" in bad


@pytest.mark.parametrize(
    ("at", "ru", "kk"),
    [
        (datetime(2026, 3, 2, 9, tzinfo=UTC), "сегодня в 14:00", "бүгін, 14:00"),
        (datetime(2026, 3, 3, 9, tzinfo=UTC), "завтра в 14:00", "ертең, 14:00"),
        (datetime(2026, 3, 6, 9, tzinfo=UTC), "пт, 6 марта в 14:00", None),
    ],
)
def test_moments_as_people_say_them(monday: None, at: datetime, ru: str, kk: str | None) -> None:
    with translation.override("ru"):
        assert say.when(at, ALMATY) == ru
    with translation.override("kk"):
        assert kk is None or say.when(at, ALMATY) == kk


def test_what_a_channel_does_not_tell_is_said(db: None) -> None:
    with translation.override("ru"):
        assert say.signal("telegram", "accepted") == "передано Telegram; дошло ли, он не сообщает"
        assert say.signal("smsc", "delivered") == "доставлено"


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("100000.0000 KZT", "", "100\u202f000\u00a0KZT"),
        ("1234.5", "RUB", "1\u202f234,50\u00a0RUB"),
        ("0", "RUB", "0\u00a0RUB"),
        ("много", "", "много"),
    ],
)
def test_sums_as_people_write_them(amount: str, currency: str, said: str) -> None:
    assert say.money(amount, currency) == said


def test_every_channel_stands_in_one_group() -> None:
    with translation.override("ru"):
        found = grouped(registry.cards())
    assert sorted(card.key for group in found for card in group.cards) == sorted(registry.names())
    assert all(group.title and group.word and group.cards for group in found)


def test_what_needs_somebody_stands_first(clinic: Clinic) -> None:
    broken = make.make_account(clinic.account.channel, key="broken-one")
    Account.objects.filter(pk=broken.pk).update(health="broken", name="Я последний по алфавиту")
    page = text(clinic.browser(Role.ADMIN), "/accounts/rows")
    assert page.index(f'id="a-{broken.pk}"') < page.index(f'id="a-{clinic.account.pk}"')


def test_approved_texts_are_counted(clinic: Clinic) -> None:
    account = make.make_account("whatsapp")
    page = text(clinic.browser(Role.ADMIN), f"/accounts/{account.pk}")
    total = len(templates.KINDS) * 2
    assert f"Одобрено 0 из {total}" in page
    Template.objects.create(
        account=account, name="x", language="ru", kind=templates.KINDS[0], text="Ждем вас.", standing="approved",
        category="service", changed_at=now(),
    )  # fmt: skip
    assert f"Одобрено 1 из {total}" in text(clinic.browser(Role.ADMIN), f"/accounts/{account.pk}")
