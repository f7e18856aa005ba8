"""The page of a visit: every action by GET and POST, old, doubled, forged; what it may and may not show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from priyom.appointments.change import arrive, cancel, confirm, move
from priyom.appointments.models import State, Visit
from priyom.foundation.clock import clock
from priyom.inbox.models import Conversation
from priyom.journal.models import Fact
from priyom.notifications.links import visit_token
from priyom.notifications.offers import offers
from priyom.patients.keep import ContactRecord, PatientRecord, keep
from priyom.patients.models import Reach
from priyom.portal.tests.conftest import HALF, START, TODAY, Desk

VERBS = ("confirm", "keep", "cancel", "cancel_yes", "move", "other_time")
STALE = "Кнопка устарела"


def facts() -> int:
    return Fact.objects.count()


def test_without_an_action_three_choices(desk: Desk) -> None:
    page = desk.get(desk.url())
    assert page.status == 200
    assert page.heading == "Ваш визит в четверг, 26 ноября в 14:00"
    assert page.labels == ["Приду", "Перенести", "Отменить"]
    assert "Ахметова Айгуль Кайратовна" in page.html
    assert "Осмотр" in page.html
    assert 'href="tel:+77272501020"' in page.html
    assert "Клиника «Арман»" in page.html


def test_an_act_leads_back_to_its_address_so_that_reloading_is_safe(desk: Desk) -> None:
    url = desk.url(desk.do("confirm"), lang="kk").replace("%3A", ":")
    answer = desk.browser.post(url)
    assert (answer.status_code, answer.headers["Location"]) == (303, url)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_letters_button_asks_and_the_big_button_confirms(desk: Desk) -> None:
    page = desk.get(desk.url(desk.do("confirm")))
    assert page.heading == "Придете в четверг, 26 ноября в 14:00?"
    done = desk.post(page.address("Приду"))
    assert (done.status, done.heading) == (200, "Спасибо, ждем вас")
    assert done.labels == ["Перенести", "Отменить"]
    visit = desk.fresh()
    assert (visit.state, visit.confirmed_by, visit.confirmed_channel, visit.confirmed_evidence) == (
        State.CONFIRMED, "patient", "smtp", "кнопка в письме",
    )  # fmt: skip


@pytest.mark.parametrize("verb", ["confirm", "keep"])
def test_an_empty_post_of_the_link_itself_confirms_once(desk: Desk, verb: str) -> None:
    assert desk.post(desk.url(desk.do(verb))).status == 200
    after = facts()
    assert desk.fresh().state == State.CONFIRMED
    again = desk.post(desk.url(desk.do(verb)))
    assert (again.heading, facts()) == ("Спасибо, ждем вас", after)
    assert STALE not in again.html


@pytest.mark.parametrize("verb", VERBS)
def test_a_get_does_nothing(desk: Desk, verb: str) -> None:
    before = facts()
    for method in (desk.get, desk.browser.head):
        method(desk.url(desk.do(verb)))
    assert desk.get(desk.url(desk.do("slot", offers(desk.visit)[0][0]))).status == 200
    assert (facts(), desk.fresh().state, Reach.objects.count(), Conversation.objects.count()) == (
        before,
        "booked",
        0,
        0,
    )


def test_cancelling_is_asked_once_more(desk: Desk) -> None:
    before = facts()
    for page in (desk.get(desk.url(desk.do("cancel"))), desk.post(desk.url(desk.do("cancel")))):
        assert page.heading == "Точно отменить визит в четверг, 26 ноября в 14:00?"
        assert page.labels == ["Да, отменить", "Нет, приду"]
        assert (facts(), desk.fresh().state) == (before, State.BOOKED)
    done = desk.post(page.address("Да, отменить"))
    assert (done.heading, done.labels) == ("Визит отменен", [])
    assert desk.fresh().state == State.CANCELLED
    fact = Fact.objects.get(type="VisitCancelled")
    assert (fact.data["by"], fact.data["channel"], fact.data["evidence"]) == ("patient", "smtp", "кнопка в письме")
    after = facts()
    again = desk.post(page.address("Да, отменить"))
    assert (again.heading, facts(), STALE in again.html) == ("Визит отменен", after, False)


def test_no_i_will_come_confirms(desk: Desk) -> None:
    page = desk.get(desk.url(desk.do("cancel")))
    desk.post(page.address("Нет, приду"))
    assert desk.fresh().state == State.CONFIRMED


def test_moving_shows_times_and_taking_one_moves(desk: Desk) -> None:
    for page in (desk.get(desk.url(desk.do("move"))), desk.post(desk.url(desk.do("move")))):
        assert page.heading == "Выберите новое время"
        assert page.labels[0] == "Вторник, 24 ноября, 11:30"
        assert page.labels[-1] == "Нужно другое время"
        assert len(page.labels) == 7
    assert desk.fresh().state == State.BOOKED
    first = offers(desk.visit)[0][0]
    old = desk.do("slot", first)
    done = desk.post(page.address("Вторник, 24 ноября, 11:30"))
    assert done.heading == "Визит перенесен"
    assert "Ждем вас во вторник, 24 ноября в 11:30." in done.html
    assert done.labels == ["Перенести", "Отменить"]
    visit = desk.fresh()
    assert (visit.state, visit.version, visit.starts_at, visit.ends_at) == (State.MOVED, 2, first, first + HALF)
    assert visit.claimed
    after = facts()
    assert desk.post(desk.url(old)).heading == "Визит перенесен"  # pressed twice
    assert facts() == after


def test_a_time_from_a_letter_is_asked_by_get_and_taken_by_post(desk: Desk) -> None:
    first = offers(desk.visit)[0][0]
    page = desk.get(desk.url(desk.do("slot", first)))
    assert page.heading == "Перенести визит? Новое время: вторник, 24 ноября, 11:30"
    desk.post(desk.url(desk.do("slot", first)))
    assert desk.fresh().starts_at == first


def test_a_time_taken_in_the_meantime_shows_the_others(desk: Desk, taken: Callable[[datetime], Visit]) -> None:
    page = desk.get(desk.url(desk.do("move")))
    first = offers(desk.visit)[0][0]
    taken(first)
    before = facts()
    answer = desk.post(page.address("Вторник, 24 ноября, 11:30"))
    assert "Это время только что заняли" in answer.html
    assert "Вторник, 24 ноября, 11:30" not in answer.labels
    assert len(answer.labels) == 7
    assert (facts(), desk.fresh().starts_at) == (before, START)


@pytest.mark.parametrize(
    "at",
    [
        TODAY - timedelta(hours=1),  # past
        TODAY + timedelta(hours=15),  # night
        TODAY.replace(day=29),  # Sunday
        START + timedelta(minutes=61),  # not a time we would offer
        TODAY + timedelta(days=200),
    ],
)
def test_a_time_typed_by_hand_must_be_one_the_clinic_could_offer(desk: Desk, at: datetime) -> None:
    before = facts()
    assert "Это время только что заняли" in desk.post(desk.url(desk.do("slot", at))).html
    assert (facts(), desk.fresh().starts_at) == (before, START)


@pytest.mark.parametrize("verb", VERBS)
def test_an_old_button_does_nothing_and_shows_how_things_stand(desk: Desk, verb: str) -> None:
    old = desk.do(verb)
    move(desk.visit.pk, START + HALF, START + 2 * HALF, by="staff")
    before = facts()
    for page in (desk.get(desk.url(old)), desk.post(desk.url(old))):
        assert page.status == 200
        assert STALE in page.html
        assert page.heading == "Ваш визит в четверг, 26 ноября в 14:30"
        assert page.labels == ["Приду", "Перенести", "Отменить"]
    assert (facts(), desk.fresh().state, desk.fresh().version) == (before, State.MOVED, 2)
    desk.post(page.address("Приду"))  # the new button of the old letter's page works
    assert desk.fresh().state == State.CONFIRMED


@pytest.mark.parametrize("verb", VERBS)
def test_a_visit_that_ended_is_left_alone(desk: Desk, verb: str) -> None:
    do = desk.do(verb)
    arrive(desk.visit.pk)
    before = facts()
    for page in (desk.get(desk.url(do)), desk.post(desk.url(do))):
        assert (page.heading, page.labels) == ("Этот визит уже прошел", [])
        assert "Ахметова" not in page.html  # an old link tells no more than it must
    assert (facts(), desk.fresh().state) == (before, State.ARRIVED)


def test_time_that_passed_ends_a_visit_too(desk: Desk) -> None:
    clock.freeze(START + HALF)
    assert desk.post(desk.url(desk.do("confirm"))).heading == "Этот визит уже прошел"
    assert desk.fresh().state == State.BOOKED


def test_a_cancelled_visit_cannot_be_confirmed(desk: Desk) -> None:
    cancel(desk.visit.pk, by="staff")
    page = desk.post(desk.url(desk.do("confirm")))
    assert (page.heading, STALE in page.html) == ("Визит отменен", True)
    assert desk.fresh().state == State.CANCELLED


def test_an_action_about_another_visit_is_refused(desk: Desk, taken: Callable[[datetime], Visit]) -> None:
    other = taken(START + HALF)
    page = desk.post(desk.url(f"cancel_yes:{other.pk}:1"))
    assert STALE in page.html
    assert Visit.objects.filter(state=State.CANCELLED).count() == 0


@pytest.mark.parametrize("token", ["x", "1-smtp:x", "u", "1-smtp", "%00", "🙂"])
def test_a_forged_link_is_not_found_in_plain_words(desk: Desk, token: str) -> None:
    page = desk.post(f"/p/{token}?do={desk.do('confirm')}")
    assert (page.status, page.heading) == (404, "Ссылка не открылась")
    assert "Ахметова" not in page.html
    assert "Арман на Абая" not in page.html
    assert desk.fresh().state == State.BOOKED


def test_a_token_with_another_visit_in_it_is_forged(desk: Desk) -> None:
    signature = visit_token(desk.visit.pk + 1, "smtp").rpartition(":")[2]
    assert desk.get(f"/p/{desk.visit.pk}-smtp:{signature}").status == 404
    assert desk.get(desk.url(visit=Visit(pk=999_999))).status == 404


def test_another_time_goes_to_a_person_once(desk: Desk) -> None:
    page = desk.post(desk.url(desk.do("other_time")))
    assert page.heading == "Передали администратору"
    desk.post(desk.url(desk.do("other_time")))
    thread = Conversation.objects.get(patient=desk.patient)
    assert (thread.needs_answer, thread.unread) == (True, 1)
    assert desk.fresh().state == State.BOOKED


def test_no_free_time_offers_a_person(desk: Desk) -> None:
    desk.visit.branch.opens, desk.visit.branch.closes = datetime.min.time(), datetime.min.time().replace(minute=10)
    desk.visit.branch.save()
    page = desk.get(desk.url(desk.do("move")))
    assert page.heading == "Свободного времени у врача пока нет"
    assert page.labels == ["Нужно другое время"]


def test_a_sensitive_service_and_a_specialty_are_never_named(desk: Desk) -> None:
    desk.visit.service.sensitive = True
    desk.visit.service.save()
    confirmed = desk.do("confirm")
    for do in ("", confirmed, desk.do("cancel"), desk.do("move"), desk.do("slot", offers(desk.visit)[0][0])):
        for lang in ("ru", "kk", "en"):
            page = desk.get(desk.url(do, lang=lang))
            assert "Осмотр" not in page.html
            assert "Дермато" not in page.html
    assert "Осмотр" not in desk.post(desk.url(confirmed)).html


def test_an_answer_is_remembered_for_the_only_address(desk: Desk) -> None:
    desk.post(desk.url(desk.do("cancel")))
    assert not Reach.objects.exists()  # asked, not yet answered
    desk.post(desk.url(desk.do("confirm")))
    reach = Reach.objects.get()
    assert (reach.contact_point.address, reach.channel, reach.answered_at) == ("petr@example.org", "smtp", TODAY)


def test_with_two_addresses_nobody_knows_which_answered(desk: Desk) -> None:
    both = (ContactRecord("email", "petr@example.org"), ContactRecord("email", "work@example.org"))
    keep(PatientRecord("p1", "Иванов", "Петр", language="ru", contacts=both))
    desk.post(desk.url(desk.do("confirm")))
    assert desk.fresh().state == State.CONFIRMED
    assert not Reach.objects.exists()


@pytest.mark.parametrize("channel", ["smsc", "no-such-channel"])
def test_a_link_from_elsewhere_says_so(desk: Desk, channel: str) -> None:
    desk.post(desk.url(desk.do("confirm"), channel=channel))
    assert (desk.fresh().confirmed_channel, desk.fresh().confirmed_evidence) == (channel, "страница визита")


def test_languages(desk: Desk) -> None:
    kk = desk.get(desk.url(desk.do("confirm"), lang="kk"))
    assert kk.heading == "26 қараша, бейсенбі, сағат 14:00 қабылдауға келесіз бе?"
    assert '<html lang="kk">' in kk.html
    assert kk.headers["Content-Language"] == "kk"
    done = desk.post(kk.address("Келемін"))
    assert done.heading == "Рақмет, сізді күтеміз"
    en = desk.get(desk.url(lang="en"))
    assert en.heading == "Thank you, see you soon"
    assert "You confirmed that you will come on Thursday, 26 November at 14:00." in en.html
    assert desk.get(desk.url(lang="xx")).heading == "Спасибо, ждем вас"
    desk.patient.language = "kk"
    desk.patient.save()
    assert desk.get(desk.url()).heading == "Рақмет, сізді күтеміз"


def test_a_page_is_light_private_and_without_script(desk: Desk) -> None:
    confirm(desk.visit.pk, by="staff", evidence="звонок")
    pages = [desk.get(desk.url(desk.do(verb), lang=lang)) for verb in VERBS for lang in ("ru", "kk", "en")]
    for page in [*pages, desk.get("/p/x")]:
        assert len(page.html.encode()) < 20_000
        assert "<script" not in page.html
        assert "src=" not in page.html
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert page.html.count("<h1") == 1


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(desk: Desk, method: str) -> None:
    assert desk.browser.generic(method, desk.url(desk.do("cancel_yes"))).status_code == 405
    assert desk.fresh().state == State.BOOKED
