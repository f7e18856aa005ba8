"""From a kind, a patient and a card to a message: languages, digits, links, limits, and what is never named."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from priyom.appointments.models import Visit
from priyom.clinic.house import house
from priyom.contracts.card import Card, Sort
from priyom.contracts.registry import cards
from priyom.contracts.registry import channel as find_channel
from priyom.foundation.clock import clock
from priyom.notifications.catalogue import CATALOGUE, REPLIES
from priyom.notifications.links import BadLink, read_token, read_unsubscribe
from priyom.notifications.variables import BadWording
from priyom.notifications.wording import About, change, compose, cut, preview
from tests.factories import MONDAY, make_branch, make_patient, make_practitioner, make_service, make_visit

DAY = timedelta(days=1)
KINDS = [*CATALOGUE, *REPLIES]
SECRET = "Прием венеролога"


@pytest.fixture
def visit(db: None) -> Visit:
    clock.freeze(MONDAY)
    return make_visit(
        make_patient(), MONDAY + DAY, practitioner=make_practitioner(), service=make_service("Прием кардиолога"),
        branch=make_branch(name="На Абая", address="пр. Абая, 1"),
    )  # fmt: skip


def card(key: str) -> Card:
    return find_channel(key).card


def about(visit: Visit, language: str = "ru") -> About:
    visit.patient.language = language
    offers = [(MONDAY + n * DAY, MONDAY + n * DAY + timedelta(minutes=30)) for n in range(2, 9)]
    return About(visit.patient, visit, MONDAY + 5 * DAY, offers)


def everything(body: dict[str, Any]) -> str:
    labels = [button["label"] for row in body.get("rows", []) for button in row]
    return "\n".join([body["text"], body.get("subject", ""), *labels])


def test_in_russian(visit: Visit) -> None:
    body = compose("confirmation", about(visit), card("telegram"))
    assert body["text"] == (
        "Здравствуйте, Анна! Вы записаны: вторник, 3 марта в 11:00, Прием кардиолога, врач Ахметова А. К.\n"
        "На Абая, пр. Абая, 1"
    )
    assert [[b["label"] for b in row] for row in body["rows"]] == [["Приду"], ["Перенести", "Отменить"]]
    assert body["rows"][0][0]["action"] == f"confirm:{visit.pk}:1"
    assert body["version"] == 1


def test_in_kazakh_and_in_both(visit: Visit) -> None:
    kazakh = compose("confirmation", about(visit, "kk"), card("telegram"))
    assert kazakh["text"].startswith("Сәлеметсіз бе, Анна! Сіз жазылдыңыз: 3 наурыз, сейсенбі, 11:00")
    rules = house()
    rules.languages = "kk,ru"
    rules.save()
    both = compose("confirmation", about(visit, ""), card("telegram"))
    first, _, second = both["text"].partition("\n\n")
    assert first == kazakh["text"]
    assert second.startswith("Здравствуйте, Анна!")
    assert both["rows"][0][0]["label"] == "Келемін / Приду"
    assert compose("confirmation", about(visit, "ru"), card("telegram"))["text"] == second


@pytest.mark.parametrize("key", [c.key for c in cards()])
@pytest.mark.parametrize("language", ["ru", "kk"])
def test_a_sensitive_service_is_never_named(visit: Visit, key: str, language: str) -> None:
    visit.service.name, visit.service.sensitive = SECRET, True
    for kind in KINDS:
        for form in ("full", "sms"):
            change(kind, language, form, preview(kind, language, form) + " {{ service.name }}")
        body = compose(kind, about(visit, language), card(key))
        assert "венеролог" not in everything(body), kind
        assert "{{" not in everything(body), kind
    visit.service.sensitive = False
    assert all(SECRET in everything(compose(kind, about(visit, language), card(key))) for kind in KINDS)


@pytest.mark.parametrize("key", [c.key for c in cards()])
@pytest.mark.parametrize("language", ["ru", "kk", "ru,kk"])
def test_every_kind_fits_every_channel(visit: Visit, key: str, language: str) -> None:
    channel = card(key)
    rules = house()
    rules.languages = language
    rules.save()
    visit.practitioner.name = "Константинопольская-Римская Александра Владиславовна"
    for kind in KINDS:
        body = compose(kind, about(visit, ""), channel)
        buttons = [button for row in body.get("rows", []) for button in row]
        assert 0 < len(body["text"]) <= channel.text_limit, kind
        assert all(0 < len(button["label"]) <= channel.label_limit for button in buttons), kind
        assert [button["id"] for button in buttons] == [str(n) for n in range(1, len(buttons) + 1)], kind
        assert all(len(button["action"]) <= 60 for button in buttons), kind  # as Incoming keeps it


def test_sms_asks_for_digits(visit: Visit) -> None:
    body = compose("reminder_24h", about(visit), card("smsc"))
    assert body["text"] == (
        "Визит вт 03.03 11:00, Ахметова А. К., пр. Абая, 1.\nОтветьте 1 - приду, 2 - перенести, 3 - отменить"
    )
    assert [[b["action"].partition(":")[0] for b in row] for row in body["rows"]] == [["confirm"], ["move"], ["cancel"]]


def test_offers_by_sms_are_at_most_four(visit: Visit) -> None:
    body = compose("reply_offers", about(visit), card("smsc"))
    assert len(body["rows"]) == 4
    assert body["text"].endswith("4 - сб 07.03 11:00")


def test_a_long_text_of_the_clinic_keeps_its_digits(visit: Visit) -> None:
    change("reminder_24h", "ru", "sms", "слово " * 400)
    text = compose("reminder_24h", about(visit), card("smsc"))["text"]
    assert len(text) <= card("smsc").text_limit
    assert text.endswith("…\nОтветьте 1 - приду, 2 - перенести, 3 - отменить")


@pytest.mark.parametrize(("kind", "said"), [
    ("reminder_24h", "Анна, напоминаем: вторник, 3 марта в 11:00 вас ждет"),
    ("reminder_2h", "Ждем вас вт 03.03 в 11:00"),
    ("confirmation", "Здравствуйте, Анна! Вы записаны: вторник, 3 марта в 11:00"),
])  # fmt: skip
def test_a_voice_that_hears_no_keys_asks_nothing(visit: Visit, kind: str, said: str) -> None:
    text = compose(kind, about(visit), card("exolve_voice"))["text"]
    assert text.startswith(said)
    assert "?" not in text
    assert "кноп" not in text


def test_mail_has_a_subject_links_and_a_way_out(visit: Visit) -> None:
    channel = next(c for c in cards() if c.sort == Sort.MAIL)
    body = compose("reminder_24h", about(visit), channel)
    assert body["subject"] == "Визит вторник, 3 марта, 11:00: вы придете?"
    for row in body["rows"]:
        for button in row:
            token, _, action = button["url"].partition("/p/")[2].partition("?do=")
            assert read_token(token) == (visit.pk, channel.key)
            assert action.replace("%3A", ":") == button["action"]
    leave = body["unsubscribe_url"].partition("/p/u/")[2]
    assert read_unsubscribe(leave) == (visit.patient_id, channel.key)
    with pytest.raises(BadLink):
        read_token(leave)
    with pytest.raises(BadLink):
        read_token(leave[:-1] + ("A" if leave[-1] != "A" else "B"))


def test_the_clinics_own_words_go_before_the_programs(visit: Visit) -> None:
    change("cancelled", "ru", "full", " Отменили {{ visit.local_time }}. ")
    assert preview("cancelled", "ru", "full") == "Отменили {{ visit.local_time }}."
    assert compose("cancelled", about(visit), card("telegram"))["text"] == "Отменили 11:00."
    assert compose("cancelled", about(visit), card("smsc"))["text"].startswith("Визит вт 03.03 11:00 отменен.")
    change("cancelled", "ru", "full", " ")
    assert preview("cancelled", "ru", "full") == CATALOGUE["cancelled"].full["ru"]


@pytest.mark.parametrize("text", ["{{ visit.color }}", "{{ visit.local_time", "}} привет"])
def test_a_wording_that_cannot_be_filled_is_refused(db: None, text: str) -> None:
    with pytest.raises(BadWording):
        change("cancelled", "ru", "full", text)
    assert preview("cancelled", "ru", "full") == CATALOGUE["cancelled"].full["ru"]


def test_where_no_short_form_is_the_clinics_full_one_goes(visit: Visit) -> None:
    change("reply_confirmed", "ru", "full", "Ждем!")
    assert compose("reply_confirmed", about(visit), card("smsc"))["text"] == "Ждем!"


def test_an_unknown_kind_has_no_wording(db: None) -> None:
    with pytest.raises(KeyError):
        change("birthday", "ru", "full", "С днем рождения")


def test_cut_ends_at_a_word() -> None:
    assert cut("раз два три", 11) == "раз два три"
    assert cut("раз два, три", 10) == "раз два…"
    assert cut("ааааааааа", 5) == "аааа…"


def test_where_nobody_can_answer_an_sms_it_carries_the_visits_page(visit: Visit) -> None:
    body = compose("reminder_24h", about(visit), card("smsru"))
    words, _, link = body["text"].rpartition("Ответить: ")
    assert "Ответьте" not in words
    assert link.startswith("http")
    assert "/p/" in link
    assert "rows" not in body
