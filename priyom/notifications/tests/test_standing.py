"""Never stale: what stands in the chats says how the visit stands; and the last look before a message leaves."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from priyom.appointments import change
from priyom.appointments.models import Visit
from priyom.consent.change import give, withdraw
from priyom.delivery.database import Database
from priyom.delivery.models import Delivery
from priyom.foundation.clock import clock
from priyom.notifications.models import Notification
from priyom.notifications.notify import Order, notify
from priyom.notifications.recheck import recheck
from priyom.notifications.tests.conftest import Accounts
from priyom.patients import reach
from priyom.patients.models import ContactPoint
from tests.driver import gateway, press, rest, settle_house
from tests.factories import CHAT, MAIL, MAX_CHAT, MONDAY, PHONE, make_account, make_patient, make_visit

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = MONDAY + 3 * DAY


def asked(accounts: Accounts, **contacts: str) -> tuple[Visit, Delivery]:
    """A visit whose patient was asked, and the message."""
    visit = make_visit(make_patient(**(contacts or {"telegram": CHAT})), START)
    notify(Order(visit, "reminder_24h", "answered", must_reach=True))
    [left] = rest()
    return visit, left


def edits() -> list[Delivery]:
    return list(Delivery.objects.filter(op="edit").order_by("id"))


def labels(delivery: Delivery) -> list[str]:
    return [button["label"] for row in delivery.body.get("rows", []) for button in row]


def move(visit: Visit, to: int) -> None:
    change.move(visit.pk, MONDAY + to * DAY, MONDAY + to * DAY + HOUR, by="mis")
    settle_house()


def test_confirmed_leaves_a_way_to_move_and_cancel(accounts: Accounts) -> None:
    visit, left = asked(accounts)
    change.confirm(visit.pk, by="patient", channel="telegram", evidence="кнопка")
    settle_house()
    [edit] = edits()
    assert edit.body["target"] == left.provider_id
    assert edit.body["text"] == left.body["text"] + "\n\n✓ Вы подтвердили визит"
    assert labels(edit) == ["Перенести", "Отменить"]
    assert edit.body["rows"][0][0]["action"] == f"move:{visit.pk}:1"
    gateway()
    left.refresh_from_db()
    assert left.edited_text == edit.body["text"]


def test_moved_strikes_the_keyboard_and_names_the_new_time(accounts: Accounts) -> None:
    visit, _ = asked(accounts)
    move(visit, 4)
    [edit] = edits()
    assert edit.body["text"].endswith("\n\n↻ Перенесено на пятница, 6 марта, 11:00")
    assert labels(edit) == []
    gateway()
    settle_house()
    assert len(edits()) == 1


def test_moved_twice_names_the_last_time(accounts: Accounts) -> None:
    visit, _ = asked(accounts)
    move(visit, 4)
    move(visit, 5)
    assert [edit.body["text"].rpartition("↻ ")[2] for edit in edits()] == [
        "Перенесено на пятница, 6 марта, 11:00",
        "Перенесено на суббота, 7 марта, 11:00",
    ]


def test_cancelled_is_said_everywhere(accounts: Accounts) -> None:
    visit, _ = asked(accounts)
    notify(Order(visit, "reminder_2h", "answered"))
    rest()
    change.cancel(visit.pk, by="staff")
    settle_house()
    assert [edit.body["text"].rpartition("\n")[2] for edit in edits()] == ["✕ Визит отменен"] * 2
    assert all(labels(edit) == [] for edit in edits())


def test_a_message_of_the_old_time_never_says_confirmed(accounts: Accounts) -> None:
    visit, old = asked(accounts)
    move(visit, 4)
    notify(Order(Visit.objects.get(pk=visit.pk), "reminder_24h", "answered"))
    [new] = rest()
    change.confirm(visit.pk, by="patient", channel="telegram", evidence="кнопка")
    settle_house()
    confirmed = [edit for edit in edits() if "подтвердили" in edit.body["text"]]
    assert [edit.body["target"] for edit in confirmed] == [new.provider_id]
    old.refresh_from_db()
    assert old.edited_text.endswith("↻ Перенесено на пятница, 6 марта, 11:00")


def test_channels_that_cannot_edit_are_left_alone(accounts: Accounts) -> None:
    visit, left = asked(accounts, phone=PHONE)
    assert left.account.channel == "smsc"
    move(visit, 4)
    assert edits() == []


def test_what_never_arrived_is_not_edited(accounts: Accounts) -> None:
    visit = make_visit(make_patient(telegram=CHAT), START)
    notify(Order(visit, "reminder_24h", "answered"))
    settle_house()
    move(visit, 4)
    assert edits() == []


def test_an_edit_fits_the_channel(accounts: Accounts) -> None:
    visit, left = asked(accounts)
    Delivery.objects.filter(pk=left.pk).update(body={**left.body, "text": "а" * 4096})
    move(visit, 4)
    text = edits()[0].body["text"]
    assert len(text) <= 4096
    assert text.endswith("Перенесено на пятница, 6 марта, 11:00")


# -- the last look --


def waiting(channel: str = "telegram") -> tuple[Visit, int, ContactPoint]:
    clock.freeze(MONDAY)
    make_account(channel)
    address = {"telegram": CHAT, "max_messenger": MAX_CHAT, "smsc": PHONE, "smtp": MAIL}[channel]
    kind = {"telegram": "telegram", "max_messenger": "max", "smsc": "phone", "smtp": "email"}[channel]
    visit = make_visit(make_patient(**{kind: address}), START)
    notify(Order(visit, "reminder_24h", "answered"))
    settle_house()
    return visit, Delivery.objects.get().pk, ContactPoint.objects.get()


def look(*ids: int) -> dict[int, str]:
    async def ask() -> dict[int, str]:
        database = Database()
        try:
            async with database.connection() as held:
                return await recheck(held, ids)
        finally:
            await database.close()

    return asyncio.run(ask())


@pytest.mark.django_db(transaction=True)
def test_what_is_still_so_may_go() -> None:
    visit, number, _ = waiting()
    assert look(number) == {}
    withdraw(visit.patient, "service", "smsc", "x", "")
    withdraw(visit.patient, "marketing", "", "x", "")
    assert look(number) == {}
    assert look() == {}
    assert look(10**9) == {}


@pytest.mark.django_db(transaction=True)
def test_each_reason_not_to_go() -> None:
    visit, number, point = waiting()
    withdraw(visit.patient, "service", "", "x", "")
    assert look(number) == {number: "пациент отказался от сообщений"}
    give(visit.patient, "service", "telegram", "x", "")
    assert look(number) == {}
    reach.lost(point, "telegram", "blocked", "kicked", MONDAY)
    assert look(number) == {number: "канал закрыт пациентом"}
    reach.opened(point, "telegram", MONDAY)
    assert look(number) == {}
    change.cancel(visit.pk, by="staff")
    assert look(number) == {number: "визит уже не состоится в это время"}
    Notification.objects.update(kind="cancelled")
    assert look(number) == {}
    Notification.objects.update(kind="reminder_24h")
    Visit.objects.update(state="booked")
    assert look(number) == {}
    change.move(visit.pk, START + DAY, START + DAY + HOUR, by="mis")
    assert look(number) == {number: "визит перенесен"}
    settle_house()
    assert look(number) == {number: "уведомление больше не нужно"}


@pytest.mark.django_db(transaction=True)
def test_the_last_look_goes_by_the_family() -> None:
    visit, number, point = waiting("smsc")
    withdraw(visit.patient, "service", "smsru", "x", "")
    assert look(number) == {number: "пациент отказался от сообщений"}
    give(visit.patient, "service", "smsaero", "x", "")
    assert look(number) == {}
    withdraw(visit.patient, "service", "zadarma", "x", "")
    assert look(number) == {}, "a voice is another way"
    reach.lost(point, "smsru", "blocked", "x", MONDAY)
    assert look(number) == {}
    reach.lost(point, "smsru", "gone", "x", MONDAY)
    assert look(number) == {number: "канал закрыт пациентом"}
    reach.opened(point, "smsru", MONDAY)
    reach.lost(point, "zadarma", "gone", "x", MONDAY)
    assert look(number) == {}


@pytest.mark.django_db(transaction=True)
def test_messages_of_people_are_not_looked_at() -> None:
    _, number, _ = waiting()
    Visit.objects.update(state="cancelled")
    Delivery.objects.update(origin="staff")
    assert look(number) == {}


def test_a_press_is_proof_that_the_message_arrived(accounts: Accounts) -> None:
    visit = make_visit(make_patient(telegram=CHAT, phone=PHONE), START)
    notify(Order(visit, "confirmation", "delivered", fresh=True))
    [left] = rest()
    press(left, "Перенести")
    left.refresh_from_db()
    assert left.signal == "answered"
    assert Notification.objects.get().state == "reached"
