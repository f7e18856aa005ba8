"""What gateways tell, from the raw webhook to what is known: words, presses, starts, stops, contact cards, reports."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import md5
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from priyom.consent.ask import allows
from priyom.contracts.channel import Request
from priyom.contracts.events import IncomingFile, Muted, Pressed, Said, SharedPhone, Started, Stopped
from priyom.contracts.message import Signal
from priyom.delivery.accounts import wire
from priyom.delivery.incoming import store
from priyom.delivery.models import Account, Delivery, RawUpdate, StoredFile
from priyom.inbox import interpret
from priyom.inbox.interpret import interpret_once
from priyom.inbox.models import Conversation, Incoming
from priyom.inbox.tests.conftest import Accounts
from priyom.journal.models import Fact
from priyom.notifications.notify import Order, notify
from priyom.patients.linking import make_token
from priyom.patients.models import ContactPoint, Patient, Reach
from tests.driver import happen, rest
from tests.factories import CHAT, MAX_CHAT, MONDAY, PHONE, make_patient, make_point, make_visit

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def ask(patient: Patient, days: int = 3, kind: str = "reminder_24h") -> Delivery:
    """A reminder that has left, with its buttons."""
    notify(Order(make_visit(patient, MONDAY + days * DAY), kind, "answered", must_reach=True))
    return rest()[-1]


def said(text: str, address: str = CHAT, **more: Any) -> Said:
    return Said(address, text, "m1", MONDAY + HOUR, **more)


def replies() -> list[str]:
    """Kinds of our replies, in order."""
    return [row.body["kind"] for row in Delivery.objects.filter(origin="reply").order_by("id")]


def told() -> list[tuple[str, bool, int | None]]:
    rows = Fact.objects.filter(type="PatientReplied").order_by("id")
    return [(row.data["action"], row.data["pressed"], row.visit_id) for row in rows]


def thread(patient: Patient | None) -> Conversation:
    return Conversation.objects.get(patient=patient)


def test_a_step_ends_in_time_and_the_next_one_goes_on(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpret, "AT_ONCE", 2)
    seconds = count(step=0.6)
    monkeypatch.setattr(interpret, "time", SimpleNamespace(monotonic=lambda: next(seconds)))
    for n in range(5):
        chat, person = {**PRIVATE, "id": 900 + n}, {**PERSON, "id": 900 + n}
        message = {"message_id": n, "date": 1774000000, "chat": chat, "from": person, "text": f"слово {n}"}
        assert telegram(accounts["telegram"], update_id=n, message=message)
    for understood in (2, 4, 5):
        assert interpret_once()
        assert Incoming.objects.count() == understood
    assert not interpret_once()
    assert [row.text for row in Incoming.objects.order_by("id")] == [f"слово {n}" for n in range(5)]


# -- the real wire --


def telegram(account: Account, **update: Any) -> bool:
    return store(account, Request({}, {}, json.dumps(update).encode()))


PERSON = {"id": int(CHAT), "is_bot": False, "first_name": "Анна"}
PRIVATE = {"id": int(CHAT), "type": "private", "first_name": "Анна"}


def test_a_press_from_the_wire(accounts: Accounts) -> None:
    left = ask(make_patient(telegram=CHAT))
    press = {
        "id": "77", "chat_instance": "1", "data": f"{left.pk}:1", "from": PERSON,
        "message": {"message_id": 5, "date": 1774000000, "chat": PRIVATE, "from": {**PERSON, "is_bot": True}},
    }  # fmt: skip
    assert telegram(accounts["telegram"], update_id=1, callback_query=press)
    assert not telegram(accounts["telegram"], update_id=1, callback_query=press)  # a repeat
    assert interpret_once()
    assert not interpret_once()
    assert told() == [(f"confirm:{left.visit_id}:1", True, left.visit_id)]
    row = Incoming.objects.get()
    assert (row.text, row.pressed, row.delivery, row.raw) == ("Приду", True, left, RawUpdate.objects.get())
    spinner = Delivery.objects.get(op="press")
    assert spinner.body == {"press_id": "77", "text": ""}


def test_words_from_the_wire_of_another_messenger(accounts: Accounts) -> None:
    patient = make_patient(max=MAX_CHAT)
    update = {
        "update_type": "message_created", "timestamp": 1774000200300,
        "message": {
            "recipient": {"chat_id": 470111222, "chat_type": "dialog", "user_id": 277000001},
            "timestamp": 1774000200300, "body": {"mid": "mid.1", "seq": 1, "text": "Где вы находитесь?"},
            "sender": {"user_id": int(MAX_CHAT), "first_name": "Анна", "name": "Анна К.", "is_bot": False},
        },
    }  # fmt: skip
    assert store(accounts["max_messenger"], Request({}, {}, json.dumps(update).encode()))
    assert interpret_once()
    row = thread(patient)
    assert (row.needs_answer, row.unread, row.last_text) == (True, 1, "Где вы находитесь?")


def test_an_sms_and_a_report_from_the_wire(accounts: Accounts) -> None:
    sms = accounts["smsc"]
    left = ask(make_patient(phone=PHONE))
    Delivery.objects.filter(pk=left.pk).update(provider_id=f"{PHONE[1:]}:123")
    word = wire(sms).hook_secret

    def call(**fields: Any) -> bool:
        phone = PHONE[1:]
        line = f"{fields['id']}:{phone}:{fields.get('status', fields.get('mes', ''))}:{word}"
        body = {"phone": phone, "ts": 1773997200, "md5": md5(line.encode()).hexdigest(), **fields}
        return store(sms, Request({"content-type": "application/json"}, {}, json.dumps(body).encode()))

    assert call(id=9, mes="1", to="79000000001")
    while interpret_once():
        pass
    assert told() == [(f"confirm:{left.visit_id}:1", False, left.visit_id)]


def test_nonsense_is_kept_and_shown(accounts: Accounts) -> None:
    store(accounts["telegram"], Request({}, {}, b"not json"))
    assert interpret_once()
    row = RawUpdate.objects.get()
    assert (row.state, row.tries) == ("failed", 1)
    assert row.error.startswith("Malformed")


# -- what was said --


def test_a_plain_answer_means_the_last_question_in_this_chat(accounts: Accounts) -> None:
    patient = make_patient(telegram=CHAT)
    first, second = ask(patient), ask(patient, 4)
    happen(accounts["telegram"], said("да"))
    assert told() == [(f"confirm:{second.visit_id}:1", False, second.visit_id)]
    happen(accounts["telegram"], said("да", reply_to=first.provider_id))
    assert told()[1] == (f"confirm:{first.visit_id}:1", False, first.visit_id)
    assert not thread(patient).needs_answer
    reach = Reach.objects.get()
    assert (reach.answered_at, reach.usual_answer_seconds) == (MONDAY + HOUR, 3600)
    second.refresh_from_db()
    assert (second.signal, second.evidence) == ("answered", "ответ «да»")


@pytest.mark.parametrize("way", [{"state": "sending"}, {"state": "waiting", "maybe_sent": True}])
def test_an_answer_may_be_quicker_than_the_gateways(accounts: Accounts, way: dict[str, Any]) -> None:
    """The question stands in the chat as soon as it has left, whatever we know of that yet."""
    left = ask(make_patient(telegram=CHAT))
    Delivery.objects.filter(pk=left.pk).update(sent_at=None, signal="", **way)
    happen(accounts["telegram"], said("да"))
    assert told() == [(f"confirm:{left.visit_id}:1", False, left.visit_id)]


def test_what_has_not_left_is_no_question(accounts: Accounts) -> None:
    patient = make_patient(telegram=CHAT)
    first, waiting = ask(patient), ask(patient, 4)
    Delivery.objects.filter(pk=waiting.pk).update(sent_at=None, signal="", state="waiting")
    happen(accounts["telegram"], said("да"))
    assert told() == [(f"confirm:{first.visit_id}:1", False, first.visit_id)]


def test_anything_else_waits_for_a_person_and_teaches_nothing_of_the_pace(accounts: Accounts) -> None:
    patient = make_patient(telegram=CHAT)
    left = ask(patient)
    happen(accounts["telegram"], said("Можно с ребенком?"))
    happen(accounts["telegram"], said("да", files=()))
    assert [action for action, _, _ in told()] == ["", f"confirm:{left.visit_id}:1"]
    assert (thread(patient).unread, thread(patient).needs_answer, thread(patient).last_text) == (1, True, "да")
    happen(accounts["telegram"], said("И еще вопрос"))
    assert Reach.objects.get().usual_answer_seconds == 3600


def test_a_file_is_never_an_answer(accounts: Accounts) -> None:
    patient = make_patient(telegram=CHAT)
    ask(patient)
    happen(accounts["telegram"], said("да", files=(IncomingFile("анализ.pdf", "application/pdf", "ref", 10),)))
    assert told() == [("", False, Fact.objects.get(type="PatientReplied").visit_id)]
    [kept] = Incoming.objects.get().files
    stored = StoredFile.objects.get()
    assert kept == {"id": stored.pk, "name": "анализ.pdf", "mime": "application/pdf", "size": 10}
    assert (stored.ref, stored.state, stored.account) == ("ref", "wanted", accounts["telegram"])
    assert thread(patient).needs_answer


def test_digits_by_sms(accounts: Accounts) -> None:
    left = ask(make_patient(phone=PHONE))
    for text, verb in (("1", "confirm"), ("2", "move"), ("3", "cancel")):
        happen(accounts["smsc"], said(text, PHONE))
        assert told()[-1][0] == f"{verb}:{left.visit_id}:1"


# -- families and forgeries --


def test_two_patients_with_one_phone_are_told_apart_by_the_question(accounts: Accounts) -> None:
    mother, child = make_patient(phone=PHONE, given="Анна"), make_patient(given="Тимур")
    make_point(child, "phone", PHONE, "mother")
    about_mother, about_child = ask(mother, 3), ask(child, 4)
    happen(accounts["smsc"], said("1", PHONE))
    assert told()[-1][2] == about_child.visit_id
    happen(accounts["smsc"], said("1", PHONE, reply_to=about_mother.provider_id))
    assert told()[-1][2] == about_mother.visit_id
    happen(accounts["smsc"], said("А что взять с собой?", PHONE))
    assert thread(child).needs_answer  # whom we wrote to last
    assert not thread(mother).needs_answer


def test_two_patients_nobody_wrote_to_yet_are_an_open_question(accounts: Accounts) -> None:
    make_patient(phone=PHONE)
    make_point(make_patient(), "phone", PHONE, "mother")
    happen(accounts["smsc"], said("Здравствуйте", PHONE))
    row = thread(None)
    assert (row.account, row.address, row.needs_answer) == (accounts["smsc"], PHONE, True)
    assert replies() == []
    assert told() == []


def test_a_payload_of_another_chat_says_nothing(accounts: Accounts) -> None:
    left = ask(make_patient(telegram=CHAT))
    make_patient(telegram="666")
    for payload in (f"{left.pk}:1", "99999999999999999:1", "x", f"{left.pk}", "²:1", "1" * 30 + ":1"):
        happen(accounts["telegram"], Pressed("666", payload, "p1"))
    assert told() == []
    assert not Incoming.objects.exists()
    assert {row.body["text"] for row in Delivery.objects.filter(op="press")} == {"Эта кнопка устарела"}


def test_the_same_chat_on_another_account_is_another_chat(accounts: Accounts) -> None:
    left = ask(make_patient(telegram=CHAT, max=CHAT))
    assert left.account.channel in ("telegram", "max_messenger")
    other = accounts["max_messenger" if left.account.channel == "telegram" else "telegram"]
    happen(other, Pressed(CHAT, f"{left.pk}:1", "p1"))
    assert told() == []


def test_a_button_that_was_never_there(accounts: Accounts) -> None:
    left = ask(make_patient(telegram=CHAT))
    happen(accounts["telegram"], Pressed(CHAT, f"{left.pk}:9", "p1"))
    assert told() == []


# -- starts and stops --


def test_stop_withdraws_this_channel_and_start_gives_it_back(accounts: Accounts) -> None:
    patient = make_patient(telegram=CHAT, phone=PHONE)
    happen(accounts["telegram"], said("Стоп"))
    assert not allows(patient.pk, "service", "telegram")
    assert allows(patient.pk, "service", "smsc")
    happen(accounts["telegram"], said("старт"))
    assert allows(patient.pk, "service", "telegram")
    assert not allows(patient.pk, "marketing", "telegram")
    assert replies() == ["reply_stop", "reply_started"]
    assert [action for action, _, _ in told()] == ["stop", "start"]


def test_a_block_is_remembered_and_opening_again_mends_it(accounts: Accounts) -> None:
    make_patient(telegram=CHAT)
    happen(accounts["telegram"], Stopped(CHAT, "kicked", MONDAY))
    assert Reach.objects.get().lost == "blocked"
    happen(accounts["telegram"], Started(CHAT, "", MONDAY + HOUR))
    assert Reach.objects.get().lost == ""
    assert replies() == []


def test_muted(accounts: Accounts) -> None:
    make_patient(max=MAX_CHAT)
    happen(accounts["max_messenger"], Muted(MAX_CHAT, MONDAY + DAY))
    assert Reach.objects.get().muted_until == MONDAY + DAY
    happen(accounts["max_messenger"], Muted(MAX_CHAT, None))
    assert Reach.objects.get().muted_until is None


# -- strangers --


def test_a_stranger_is_asked_once_who_they_are(accounts: Accounts) -> None:
    for text in ("Здравствуйте", "Вы тут?"):
        happen(accounts["telegram"], said(text, name="Аноним"))
    row = thread(None)
    assert (row.name, row.unread, row.needs_answer) == ("Аноним", 2, True)
    assert replies() == ["ask_phone"]
    asking = Delivery.objects.get()
    assert "Нөмірімді" in asking.body["ask_contact"]
    assert "Отправить мой номер" in asking.body["text"]
    assert told() == []


def test_a_stranger_by_sms_waits_for_a_person(accounts: Accounts) -> None:
    happen(accounts["smsc"], said("Здравствуйте", PHONE))
    assert thread(None).needs_answer
    assert replies() == []


def test_start_of_a_stranger_asks_too(accounts: Accounts) -> None:
    happen(accounts["telegram"], Started(CHAT, "", MONDAY, "Аноним"))
    assert replies() == ["ask_phone"]
    assert not thread(None).needs_answer


def test_a_proven_number_links_and_brings_the_thread_along(accounts: Accounts) -> None:
    patient = make_patient(phone=PHONE)
    happen(accounts["telegram"], said("Здравствуйте"))
    happen(accounts["telegram"], SharedPhone(CHAT, PHONE, True, "m2", MONDAY))
    point = ContactPoint.objects.get(kind="telegram")
    assert (point.patient, point.linked_by) == (patient, "phone")
    assert replies() == ["ask_phone", "reply_linked"]
    row = Conversation.objects.get()
    assert (row.patient, row.unread, row.needs_answer) == (patient, 1, True)
    assert [i.text for i in Incoming.objects.order_by("id")] == ["Здравствуйте", f"☎ {PHONE}"]
    assert set(Incoming.objects.values_list("conversation", flat=True)) == {row.pk}
    assert Reach.objects.get().started_at == MONDAY


def test_an_unproven_number_proves_nothing(accounts: Accounts) -> None:
    make_patient(phone=PHONE)
    happen(accounts["telegram"], SharedPhone(CHAT, PHONE, False, "m2", MONDAY))
    assert not ContactPoint.objects.filter(kind="telegram").exists()
    assert replies() == ["ask_own_phone"]
    assert thread(None).patient is None


def test_a_number_of_two_patients_or_of_none_is_for_a_person(accounts: Accounts) -> None:
    happen(accounts["telegram"], SharedPhone(CHAT, PHONE, True, "m1", MONDAY))
    make_patient(phone=PHONE)
    make_patient(phone=PHONE)
    happen(accounts["telegram"], SharedPhone(CHAT, PHONE, True, "m2", MONDAY))
    assert not ContactPoint.objects.filter(kind="telegram").exists()
    assert replies() == ["reply_unknown", "reply_unknown"]
    assert thread(None).needs_answer


def test_a_personal_link_opens_the_right_thread_once(accounts: Accounts) -> None:
    patient = make_patient()
    token = make_token(patient)
    happen(accounts["telegram"], Started(CHAT, token, MONDAY))
    assert ContactPoint.objects.get().patient == patient
    happen(accounts["telegram"], Started("666", token, MONDAY))
    assert ContactPoint.objects.count() == 1
    assert replies() == ["reply_linked", "ask_phone"]


def test_a_token_may_be_typed(accounts: Accounts) -> None:
    patient = make_patient()
    happen(accounts["max_messenger"], said(f" {make_token(patient)} ", MAX_CHAT))
    assert ContactPoint.objects.get().kind == "max"
    assert thread(patient).last_text == "чат привязан"


def test_a_press_moves_the_signal_even_of_what_was_thought_lost(accounts: Accounts) -> None:
    left = ask(make_patient(telegram=CHAT))
    Delivery.objects.filter(pk=left.pk).update(signal=Signal.FAILED.value)
    happen(accounts["telegram"], Pressed(CHAT, f"{left.pk}:1", ""))
    left.refresh_from_db()
    assert left.signal == "answered"
