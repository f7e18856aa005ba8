"""A number is proven by a code of its own, or says nothing."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from priyom.delivery.models import Account, Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox.models import Conversation
from priyom.inbox.visitors import phone_of
from priyom.patients.models import ContactPoint, Patient
from priyom.portal.models import PhoneCode
from priyom.portal.site_chat import rules
from priyom.portal.site_chat.tests.conftest import Visitor, come
from tests.factories import PHONE, make_account, make_patient

OTHER = "+77012223344"


@pytest.fixture
def patient(site: Account) -> Patient:
    return make_patient(phone=PHONE)


def ask(visitor: Visitor, number: str = PHONE, language: str = "ru") -> tuple[int, object]:
    return visitor.post("/chat/site/phone", {"number": number, "language": language})


def prove(visitor: Visitor, code: str) -> tuple[int, object]:
    return visitor.post("/chat/site/code", {"code": code})


def sent() -> Delivery:
    return Delivery.objects.filter(account__channel="smsc").latest("pk")


def code() -> str:
    found = re.search(r"\b\d{5}\b", sent().body["text"])
    assert found
    return found[0]


def wrong(right: str) -> str:
    return f"{(int(right) + 1) % 100000:05}"


def linked() -> list[str]:
    return list(ContactPoint.objects.filter(kind="webchat").values_list("address", flat=True))


def test_a_code_proves_the_number_and_the_chat_becomes_the_patients(anna: Visitor, patient: Patient) -> None:
    anna.update("said", text="Где вход?")
    assert anna.get().json()["prove"] is True
    assert ask(anna, "8 (701) 123-45-67") == (200, {"phone": "+7 701 123 4567", "seconds": 600})
    assert (sent().address, sent().expires_at) == (PHONE, now() + timedelta(minutes=10))
    assert linked() == []
    assert prove(anna, f" {code()[:2]} {code()[2:]} ") == (200, {"known": True})
    assert linked() == [anna.visitor]
    assert Conversation.objects.get().patient == patient
    assert [item["text"] for item in anna.messages()] == ["Где вход?", f"☎ {PHONE}"]
    assert (anna.get().json()["known"], anna.get().json()["prove"]) == (True, False)
    assert prove(anna, code())[0] == 410  # a code is good once


def test_three_tries_and_the_right_code_comes_too_late(anna: Visitor, patient: Patient) -> None:
    ask(anna)
    bad = wrong(code())
    assert [prove(anna, bad) for _ in range(3)] == [
        (400, {"error": "code", "left": 2}), (400, {"error": "code", "left": 1}), (410, {"error": "code"}),
    ]  # fmt: skip
    assert prove(anna, code())[0] == 410
    assert linked() == []


def test_ten_minutes(anna: Visitor, patient: Patient) -> None:
    ask(anna)
    clock.freeze(now() + timedelta(minutes=10))
    assert prove(anna, code())[0] == 410
    assert linked() == []


def test_a_code_is_its_visitors_and_its_numbers(anna: Visitor, patient: Patient) -> None:
    make_patient(phone=OTHER)
    ask(anna)
    first = code()
    boris = come()
    assert prove(boris, first)[0] == 410
    ask(anna, OTHER)
    if first != code():
        assert prove(anna, first)[0] == 400  # the earlier code is void
    assert prove(anna, code())[0] == 200
    assert ContactPoint.objects.get(kind="webchat").patient.contacts.get(kind="phone").address == OTHER


def test_the_code_itself_is_not_kept_beside_the_visitor(anna: Visitor, patient: Patient) -> None:
    ask(anna)
    row = PhoneCode.objects.get()
    assert code() not in (row.digest, row.phone)
    assert len(row.digest) == 64


def test_a_number_nobody_has_is_proven_all_the_same(anna: Visitor) -> None:
    ask(anna, OTHER)
    assert prove(anna, code()) == (200, {"known": False})
    row = Conversation.objects.get()
    assert (row.patient, row.needs_answer) == (None, True)
    assert phone_of(row.account_id or 0, anna.visitor) == OTHER


def test_what_a_visitor_merely_says_links_nobody(anna: Visitor, patient: Patient) -> None:
    anna.update("phone", number=PHONE)
    assert linked() == []
    assert not Delivery.objects.exists()  # and nobody is asked again and again


@pytest.mark.parametrize(
    "number", ["", "нет", "12345", "+1 212 555 0100", "+44 7911 123456", "+7 495 123-45-67", "+3725555555"]
)
def test_only_mobile_numbers_of_the_two_countries_get_a_code(anna: Visitor, number: str) -> None:
    assert ask(anna, number) == (400, {"error": "number"})
    assert not Delivery.objects.exists()


def test_codes_are_limited_by_visitor_and_by_number(anna: Visitor, patient: Patient) -> None:
    assert rules.CODE.visitor is not None
    for _ in range(rules.CODE.visitor.most):
        assert ask(anna)[0] == 200
    assert ask(anna)[0] == 429
    assert ask(come("203.0.113.99"))[0] == 429  # the number itself is not rung to death by many visitors
    assert ask(come("203.0.113.99"), OTHER)[0] == 200
    clock.freeze(now() + timedelta(hours=1))
    assert [ask(anna)[0] for _ in range(3)] == [200, 200, 429]  # five a day to one number


def test_without_an_sms_account_it_is_not_offered(anna: Visitor, sms: Account) -> None:
    Account.objects.filter(pk=sms.pk).update(enabled=False)
    assert anna.get().json()["prove"] is False
    assert ask(anna) == (409, {"error": "sms"})


def test_the_sms_speaks_the_pages_language(anna: Visitor) -> None:
    ask(anna, language="kk")
    assert sent().body["text"].startswith("Сайттағы чатқа арналған код: ")


# -- the way on --


def test_a_stranger_gets_the_plain_link_a_patient_one_that_knows_them(anna: Visitor, patient: Patient) -> None:
    make_account("telegram")

    def links() -> list[str]:
        status, said = anna.post("/chat/site/messengers", {})
        assert status == 200
        return [way["url"] for way in said["messengers"] if way["qr"].startswith("<svg")]

    assert links() == ["https://t.me/clinic_demo_bot"]
    ask(anna)
    prove(anna, code())
    [link] = links()
    assert re.fullmatch(r"https://t\.me/clinic_demo_bot\?start=[A-Za-z0-9_-]{24}", link)
    assert links() != [link]  # each is good once


def test_a_messenger_that_is_broken_is_not_offered(anna: Visitor) -> None:
    Account.objects.filter(pk=make_account("telegram").pk).update(health="broken")
    assert anna.post("/chat/site/messengers", {})[1] == {"messengers": []}
