"""The list of doubts: what a person decides with one press, what needs nobody, and how it all ended."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from priyom.clinic.models import Role, Staff
from priyom.contracts.message import Signal
from priyom.delivery.doubts import resolve
from priyom.delivery.models import Delivery, Doubt
from priyom.delivery.settle import advance
from priyom.foundation.clock import now
from priyom.inbox.models import Incoming
from priyom.web.tests.conftest import Clinic
from tests import factories as make


@pytest.fixture
def doubt(clinic: Clinic) -> Doubt:
    """The registrar's words to the patient who has a visit."""
    author = make.make_staff()
    found = make.make_doubt(clinic.account, clinic.visit.patient)
    Delivery.objects.filter(pk=found.delivery_id).update(origin_id=author.pk)
    return found


def page(browser: Client, url: str = "/doubts") -> str:
    return browser.get(url).content.decode()


def press(browser: Client, doubt: Doubt, verb: str, how: str = "") -> str:
    answer = browser.post(f"/doubts/{doubt.pk}/{verb}", {"how": how}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    doubt.refresh_from_db()
    return answer.content.decode()


def badge(browser: Client) -> str:
    rail = page(browser, "/rail?place=doubts")
    entry = rail.split('href="/doubts"')[1].split("</a>")[0]
    found = re.search(r'class="count"[^>]*>([^<]*)<', entry)
    return found[1] if found else ""


def test_all_clear_is_said(clinic: Clinic, registrar: Client) -> None:
    assert "Все ясно" in page(registrar)
    assert badge(registrar) == ""


def test_a_row_says_who_what_where_and_why(clinic: Clinic, registrar: Client, doubt: Doubt) -> None:
    Incoming.objects.all().delete()
    resolve([make.make_doubt(clinic.account, clinic.visit.patient).delivery_id], "время сообщения прошло")
    shown = page(registrar)
    for words in (
        "Решаете вы",
        "Ким Анна",
        "«Приходите к десяти»",
        "Telegram",
        "Дошло ли, неизвестно",
        "Отправить еще раз",
    ):
        assert words in shown, words
    assert "писал" not in shown
    assert "неизвестно" not in shown.split("Уже решено")[1], "it is settled"
    assert badge(registrar) == "1"
    Incoming.objects.create(conversation=clinic.chat, account=clinic.account, address=make.CHAT, at=now(), text="Ау")
    Doubt.objects.update(since=make.MONDAY - timedelta(hours=1))
    assert "Пациент после этого писал" in page(registrar)


def test_sent_again_it_leaves_once_more_and_is_settled(clinic: Clinic, registrar: Client, doubt: Doubt) -> None:
    assert "Отправлено еще раз" in press(registrar, doubt, "again")
    sent = Delivery.objects.filter(origin="staff").exclude(pk=doubt.delivery_id).get()
    assert (sent.body["text"], sent.state, sent.patient) == ("Приходите к десяти", "waiting", clinic.visit.patient)
    assert (doubt.resolved, doubt.how.rpartition(": ")[2]) == ("person", "отправлено еще раз")
    assert "Это уже решено" in press(registrar, doubt, "again")
    assert "Это уже решено" in press(registrar, doubt, "undo")
    assert "/undo" not in page(registrar)
    assert Delivery.objects.filter(origin="staff").count() == 2
    assert badge(registrar) == ""


@pytest.mark.parametrize(("how", "words"), [("arrived", "дошло"), ("lost", "не дошло"), ("seen", "принято к сведению")])
def test_a_person_s_word_ends_it_and_can_be_taken_back(
    clinic: Clinic, registrar: Client, doubt: Doubt, how: str, words: str
) -> None:
    shown = press(registrar, doubt, "settle", how)
    assert f"/doubts/{doubt.pk}/undo" in shown
    assert f"/doubts/{doubt.pk}/undo" in page(registrar)
    assert doubt.resolved == "person"
    assert doubt.how.endswith(f": {words}")
    assert "Это уже решено" in press(registrar, doubt, "settle", "lost")
    assert doubt.how.endswith(f": {words}")
    press(registrar, doubt, "undo")
    assert (doubt.resolved, doubt.resolved_at, doubt.how) == ("", None, "")


def test_a_word_nobody_says_is_not_found(clinic: Clinic, registrar: Client, doubt: Doubt) -> None:
    assert registrar.post(f"/doubts/{doubt.pk}/settle", {"how": "perhaps"}).status_code == 404


def test_what_becomes_known_is_stronger_than_a_word(clinic: Clinic, registrar: Client, doubt: Doubt) -> None:
    press(registrar, doubt, "settle", "lost")
    Delivery.objects.filter(pk=doubt.delivery_id).update(maybe_sent=True)
    advance(doubt.delivery_id, Signal.READ, "прочитано")
    doubt.refresh_from_db()
    assert doubt.resolved == "evidence"
    assert doubt.how.startswith("шлюз сообщил: прочитано; ")
    assert "Это уже решено" in press(registrar, doubt, "undo")


def test_what_may_stand_twice_is_only_taken_note_of(clinic: Clinic, registrar: Client, doubt: Doubt) -> None:
    Doubt.objects.filter(pk=doubt.pk).update(kind="twice")
    resolve([make.make_doubt(clinic.account, clinic.visit.patient).delivery_id], "время сообщения прошло")
    shown = page(registrar)
    assert "мог получить его два раза" in shown
    assert "Отправить еще раз" not in shown


def test_automatic_messages_ask_nobody(clinic: Clinic, registrar: Client) -> None:
    found = make.make_doubt(clinic.account, clinic.visit.patient, "notification")
    shown = page(registrar)
    assert "Система разберется сама" in shown
    assert '<button class="main"' not in shown.split('id="doubts"')[1]
    assert badge(registrar) == ""
    resolve([found.delivery_id], "дальше отправлено: SMS")
    assert "дальше отправлено: SMS" in page(registrar)


@pytest.mark.parametrize(("language", "words"), [("kk", "одан әрі жіберілді: SMS"), ("en", "sent on by: SMS")])
def test_how_it_ended_is_said_in_the_reader_s_language(clinic: Clinic, language: str, words: str) -> None:
    resolve(
        [make.make_doubt(clinic.account, clinic.visit.patient, "notification").delivery_id], "дальше отправлено: SMS"
    )
    browser = clinic.browser(Role.REGISTRAR)
    Staff.objects.filter(pk=browser.session["_auth_user_id"]).update(language=language)
    assert words in page(browser)


def test_the_thread_says_the_same(clinic: Clinic, registrar: Client, doubt: Doubt) -> None:
    assert "не знаем, дошло ли" in page(registrar, f"/chats/{clinic.chat.pk}/messages")
    press(registrar, doubt, "settle", "arrived")
    shown = page(registrar, f"/chats/{clinic.chat.pk}/messages")
    assert "не знаем, дошло ли" not in shown
    assert doubt.how in shown


def test_attention_shows_the_way_here(clinic: Clinic, doubt: Doubt) -> None:
    shown = page(clinic.browser(Role.ADMIN), "/attention")
    assert "Неизвестно, дошло ли" in shown
    assert "1 сообщение" in shown


def test_nobody_known_for_the_chat(clinic: Clinic, registrar: Client) -> None:
    found = make.make_doubt(clinic.account, None)
    Delivery.objects.filter(pk=found.delivery_id).update(address=clinic.stranger.address)
    press(registrar, found, "again")
    assert found.resolved == "person"
    assert Delivery.objects.filter(address=clinic.stranger.address, state="waiting").count() == 1
