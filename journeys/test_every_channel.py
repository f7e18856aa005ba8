"""Each channel that reaches patients, one day each: the reminder goes out, the answer comes back, the visit is
confirmed; and each of the staff's: a call task goes out, «дозвонился» comes back, the task is closed."""

from __future__ import annotations

import re
import urllib.request
from datetime import timedelta
from html import unescape
from urllib.parse import urljoin

import psycopg
import pytest

from journeys.house import House, Phone, booking, until

pytestmark = pytest.mark.journey

DAY = timedelta(days=1)

PRESSED = {
    "telegram": ("telegram", "730001"),
    "max_messenger": ("max", "730002"),
    "vk": ("vk", "730003"),
    "whatsapp": ("whatsapp", "+77010000031"),
    "edna": ("whatsapp", "+77010000032"),
    "sip_voice": ("phone", "+77010000033"),
    "smtp": ("email", "anna31@mail.example"),
}
TYPED = {
    "smsc": ("phone", "+77010000042"),
    "smpp": ("phone", "+77010000043"),
    "exolve": ("phone", "+79030000044"),
}
IN_THE_WINDOW = {"intellectdialog": ("whatsapp", "+77010000041")}
"""Its templates are made in the vendor's cabinet: here the person writes first, and free words follow."""
LINKED = {
    "smsru": ("phone", "+79030000051"),
    "smsaero": ("phone", "+79030000052"),
    "mobizon": ("phone", "+77010000053"),
}
STAFF = ("pachca", "yandex", "express", "compass")


def only(house: House, channel: str) -> None:
    """The clinic has this one way to its patients now."""
    with psycopg.connect((house.data / "database.url").read_text().strip(), autocommit=True) as database:
        database.execute(
            "UPDATE delivery_account SET purpose = CASE WHEN channel = %s THEN 'all' ELSE 'campaigns' END", [channel]
        )


def remind(house: House, channel: str, kind: str, address: str) -> Phone:
    """Book a visit for somebody with this one address, and come to the day before it."""
    only(house, channel)
    phone = house.phone(kind, address)
    start = (house.now() + 2 * DAY).replace(hour=7, minute=0, second=0, microsecond=0)
    house.book(channel, start, [{"channel": kind, "address": address}])
    house.turn_to(start - DAY)
    return phone


def question(phone: Phone, channel: str) -> dict[str, object]:
    """The reminder as it stands on the phone."""
    return until(
        lambda: next(
            (m for m in reversed(phone.messages()) if m["channel"] == channel and "записан" not in m["text"]), None
        ),
        within=20, what=f"the reminder over {channel}; there: {phone.messages()}; {told(phone.house, channel)}",
    )  # fmt: skip


def told(house: House, channel: str) -> list[object]:
    """What the house says of its tries."""
    return [(n["kind"], n["state"], n["legs"]) for n in house.visit(channel)["notifications"]]


def confirmed(house: House, channel: str) -> None:
    """The visit says that the patient is coming, and by what it is known."""
    visit = until(
        lambda: v if (v := house.visit(channel))["state"] == "confirmed" else None, within=30, what="confirmed"
    )
    assert (visit["confirmation"]["by"], visit["confirmation"]["channel"]) == ("patient", channel)
    assert visit["confirmation"]["evidence"]


@pytest.mark.parametrize("channel", PRESSED)
def test_a_reminder_is_answered_by_a_button(house: House, channel: str) -> None:
    phone = remind(house, channel, *PRESSED[channel])
    asked = question(phone, channel)
    label = next(b["label"] for b in asked["buttons"] if "Приду" in b["label"] or b["label"].startswith("1"))  # type: ignore[attr-defined]
    phone.press(asked, label)
    confirmed(house, channel)


@pytest.mark.parametrize("channel", TYPED)
def test_a_reminder_is_answered_by_a_digit(house: House, channel: str) -> None:
    phone = remind(house, channel, *TYPED[channel])
    assert "1 - приду" in str(question(phone, channel)["text"])
    phone.say("1")
    confirmed(house, channel)


@pytest.mark.parametrize("channel", IN_THE_WINDOW)
def test_whoever_has_just_written_gets_free_words(house: House, channel: str) -> None:
    only(house, channel)
    kind, address = IN_THE_WINDOW[channel]
    phone = house.phone(kind, address)
    start = house.now() + timedelta(hours=26)
    house.book(channel, start, [{"channel": kind, "address": address}])
    phone.say("Здравствуйте, а парковка у вас есть?", channel=channel)
    until(
        lambda: "парковка" in str(house.api("GET", f"/conversations/p-{channel}").body), what="the words in the thread"
    )
    house.turn_to(start - timedelta(hours=24))
    assert "1 - приду" in str(question(phone, channel)["text"])
    phone.say("1", channel=channel)
    confirmed(house, channel)


@pytest.mark.parametrize("channel", LINKED)
def test_a_reminder_is_answered_on_the_visits_page(house: House, channel: str) -> None:
    phone = remind(house, channel, *LINKED[channel])
    found = re.search(r"http\S+/p/\S+", str(question(phone, channel)["text"]))
    assert found is not None
    with urllib.request.urlopen(found.group(0), timeout=30) as answer:
        page = answer.read().decode()
    form = re.search(r'<form method="post" action="([^"]*do=confirm[^"]*)"', page)
    assert form is not None, page
    with urllib.request.urlopen(urljoin(found.group(0), unescape(form.group(1))), b"", timeout=30) as answer:
        assert answer.status == 200
    confirmed(house, channel)


def test_a_notice_goes_to_whoever_has_no_messenger(house: House) -> None:
    phone = remind(house, "vk_notify", "phone", "+79030000061")
    assert question(phone, "vk_notify")
    reminder = next(n for n in house.visit("vk_notify")["notifications"] if n["kind"] == "reminder_24h")
    assert reminder["legs"][0]["channel"] == "vk_notify"


def test_a_call_with_a_recording_is_answered_by_a_key(house: House) -> None:
    phone = remind(house, "zadarma", "phone", "+79030000062")
    assert "клавишу" in str(question(phone, "zadarma")["text"])
    phone.say("1", channel="zadarma")
    confirmed(house, "zadarma")


def test_a_call_that_reads_the_text_is_heard_and_a_person_calls_too(house: House) -> None:
    phone = remind(house, "exolve_voice", "phone", "+79030000063")
    heard = str(question(phone, "exolve_voice")["text"])
    assert "вас ждет Ахметова" in heard
    assert "?" not in heard, "nobody could answer"
    house.turn(hours=21)
    until(lambda: "'signal': 'delivered'" in str(told(house, "exolve_voice")), within=30, what="the report asked for")
    until(lambda: [t for t in house.tasks() if "exolve_voice" in str(t["visit"])], what="a call task")


@pytest.mark.parametrize("channel", STAFF)
def test_a_call_task_is_done_from_the_staffs_messenger(house: House, channel: str) -> None:
    only(house, "nothing")
    staff = staff_phone(house, channel)
    visit = f"call-{channel}"
    start = (house.now() + 2 * DAY).replace(hour=7, minute=0, second=0, microsecond=0)
    house.event("visit.booked", booking(visit, start, [{"channel": "phone", "address": "+77010000071"}]))
    house.turn_to(start - timedelta(hours=2))
    told = until(
        lambda: next((m for m in reversed(staff.messages()) if "Позвонить" in m["text"]), None),
        within=20, what=f"the call task in {channel}; there: {staff.messages()}",
    )  # fmt: skip
    if told["buttons"]:
        staff.press(told, "Дозвонился")
    else:
        said = re.search(r"(?m)^.*Дозвонился, .*$", told["text"])
        command = re.search(r"/do \S+", said.group(0) if said else "")
        assert command is not None, told["text"]
        staff.say(command.group(0))
    until(lambda: house.visit(visit)["state"] == "confirmed", within=20, what="confirmed by phone")
    until(lambda: not [t for t in house.tasks() if visit in str(t["visit"])], what="the task to be closed")
    assert "по телефону" in house.visit(visit)["confirmation"]["evidence"]


def staff_phone(house: House, channel: str) -> Phone:
    """Somebody of the staff in that messenger, who is told of calls; nobody else is."""
    address = {
        "pachca": "user:70511",
        "yandex": "ivanova@clinic.example",
        "express": "user:f16cdc5f-6366-4552-9ecd-c36290ab3d11",
        "compass": "user:160001",
    }[channel]
    phone = house.phone(channel, address, "Регистратура")
    with psycopg.connect((house.data / "database.url").read_text().strip(), autocommit=True) as database:
        database.execute("DELETE FROM alerts_alert")
        database.execute("DELETE FROM alerts_recipient")
        database.execute(
            "INSERT INTO alerts_recipient"
            " (account_id, address, name, tasks, alarms, chats, details, active, created_at)"
            " SELECT id, %s, 'Регистратура', true, false, false, true, true, now() FROM delivery_account"
            " WHERE channel = %s",
            [address, channel],
        )
    return phone
