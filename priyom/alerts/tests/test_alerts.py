"""The staff are told in their own messenger, and their buttons do what they say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from priyom.alerts import tell, words
from priyom.alerts.models import Alert, AlertKind, Recipient
from priyom.alerts.rules import too_little_arrives
from priyom.alerts.share import check_shares
from priyom.appointments.models import Visit
from priyom.contracts.events import Pressed, Said, Started
from priyom.contracts.message import Signal
from priyom.contracts.vitals import Quality, Vitals
from priyom.delivery.accounts import told
from priyom.delivery.models import Account, Delivery
from priyom.foundation.clock import clock, now
from priyom.inbox import notes
from priyom.inbox.assign import assign
from priyom.inbox.chat import conversation_of
from priyom.inbox.models import CallTask
from priyom.inbox.tasks import open_call_task
from tests import factories as make
from tests.driver import gateway, happen, rest, settle_house

GROUP, ANNA = "chat:7", "user:9"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday() -> None:
    clock.freeze(make.MONDAY)


@pytest.fixture
def pachca() -> Account:
    return make.make_account("pachca")


@pytest.fixture
def visit() -> Visit:
    return make.make_visit(make.make_patient(phone=make.PHONE), make.MONDAY + timedelta(days=1))


def recipient(account: Account, address: str = GROUP, **more: object) -> Recipient:
    values: dict[str, object] = {"name": "Регистратура", "created_at": now(), "alarms": True, "chats": True, **more}
    return Recipient.objects.create(account=account, address=address, **values)


def task_of(visit: Visit) -> CallTask:
    task = open_call_task(visit, "не ответил", visit.starts_at - timedelta(hours=1))
    settle_house()
    gateway(Signal.ACCEPTED)
    return task


def press(account: Account, delivery: Delivery, label: str, who: str = ANNA) -> None:
    [number] = [b["id"] for row in delivery.body["rows"] for b in row if b["label"] == label]
    happen(account, Pressed(who, f"{delivery.pk}:{number}", "press-1", delivery.provider_id, name="Анна Ким"))
    settle_house()
    gateway(Signal.ACCEPTED)


def texts(account: Account) -> list[str]:
    return [row.body.get("text", "") for row in Delivery.objects.filter(account=account).order_by("pk")]


def test_a_call_task_arrives_with_buttons_and_is_done_by_one(pachca: Account, visit: Visit) -> None:
    recipient(pachca)
    task = task_of(visit)
    asked = Delivery.objects.get(account=pachca)
    assert (asked.address, asked.origin) == (GROUP, "alert")
    assert asked.body["text"].startswith("☎ Позвонить до")
    assert visit.patient.full_name in asked.body["text"]
    press(pachca, asked, "Взял")
    task.refresh_from_db()
    assert (task.state, task.taken_name) == ("open", "Анна Ким")
    press(pachca, asked, "Дозвонился, придет")
    task.refresh_from_db()
    visit.refresh_from_db()
    assert (task.state, visit.state, visit.confirmed_evidence) == ("done", "confirmed", "по телефону, Анна Ким")
    edits = [row.body for row in Delivery.objects.filter(account=pachca, op="edit").order_by("pk")]
    assert [e["text"].rpartition("\n")[2] for e in edits] == ["● Звонит Анна Ким", "✓ придет"]
    assert "rows" not in edits[-1]
    assert Alert.objects.get().closed_at is not None


def test_no_answer_leaves_it_open_for_another_try(pachca: Account, visit: Visit) -> None:
    recipient(pachca)
    task = task_of(visit)
    press(pachca, Delivery.objects.get(account=pachca), "Не дозвонился")
    task.refresh_from_db()
    assert (task.state, task.next_try_at) == ("open", now() + timedelta(minutes=30))
    assert any("через 30 мин" in text for text in texts(pachca))


def test_a_button_of_a_closed_task_says_so(pachca: Account, visit: Visit) -> None:
    recipient(pachca)
    task = task_of(visit)
    asked = Delivery.objects.get(account=pachca, op="send")
    press(pachca, asked, "Отменил визит")
    press(pachca, asked, "Дозвонился, придет")
    task.refresh_from_db()
    visit.refresh_from_db()
    assert (task.result, visit.state) == ("отменил", "cancelled")
    assert any("уже закрыта: отменил" in text for text in texts(pachca))


def test_another_branch_and_a_silent_recipient_hear_nothing(pachca: Account, visit: Visit) -> None:
    recipient(pachca, "chat:1", branch=make.make_branch())
    recipient(pachca, "chat:2", tasks=False)
    recipient(pachca, "chat:3", active=False)
    recipient(pachca, "chat:4", branch=visit.branch)
    task_of(visit)
    assert list(Delivery.objects.values_list("address", flat=True)) == ["chat:4"]


def test_no_names_where_none_are_wanted(pachca: Account, visit: Visit) -> None:
    recipient(pachca, details=False)
    task_of(visit)
    [text] = texts(pachca)
    assert visit.patient.family not in text
    assert make.PHONE[-4:] not in text
    assert "/tasks?task=" in text


def test_the_patient_was_quicker_and_the_message_says_so(pachca: Account, visit: Visit) -> None:
    recipient(pachca)
    task = open_call_task(visit, "не ответил", visit.starts_at)
    settle_house()  # told, but not gone yet
    assert tell.close(task, "ответил сам") == 1
    assert Delivery.objects.get(account=pachca).state == "cancelled"


def test_a_stranger_is_noted_and_can_do_nothing(pachca: Account, visit: Visit) -> None:
    recipient(pachca)
    task_of(visit)
    happen(pachca, Started("user:13", name="Чужой"))
    happen(pachca, Said("user:13", "1", "m1"))
    rest()
    noted = Recipient.objects.get(address="user:13")
    assert (noted.active, noted.name) == (False, "Чужой")
    assert texts(pachca).count(words.ASKED) == 1
    assert CallTask.objects.get().state == "open"


def test_a_channel_in_trouble_is_told_but_not_over_itself(pachca: Account) -> None:
    recipient(pachca)
    sms = make.make_account("smsc")
    told(sms, Vitals(quality=Quality.LOW), "счет пуст")
    settle_house()
    assert texts(pachca)[0].startswith("! Канал SMS")
    assert "счет пуст" in texts(pachca)[0]
    assert Alert.objects.get().kind == AlertKind.CHANNEL
    told(pachca, Vitals(), "бот удален")  # over itself nobody can be told
    settle_house()
    assert len(texts(pachca)) == 1


def test_a_bad_day_raises_one_alarm(pachca: Account) -> None:
    recipient(pachca)
    sms = make.make_account("smsc")
    at = now() - timedelta(hours=2)
    for number in range(40):
        Delivery.objects.create(
            account=sms, address="+7701", body={}, origin="notification", state="settled", created_at=at, due_at=at,
            claimed_at=at, sent_at=at, signal="delivered" if number % 4 else "accepted",
        )  # fmt: skip
    assert check_shares() == 1
    assert check_shares() == 0
    assert "за 02.03 пока дошло 75 % сообщений о визитах, 30 из 40" in texts(pachca)[0]


@pytest.mark.parametrize(
    ("sent", "arrived", "bad"),
    [(19, 0, False), (20, 18, False), (20, 17, True), (100, 95, False), (100, 94, True), (0, 0, False)],
)
def test_when_it_is_too_little(sent: int, arrived: int, bad: bool) -> None:
    assert too_little_arrives(sent, arrived) is bad


def test_a_conversation_given_to_somebody_reaches_them_alone(pachca: Account, visit: Visit) -> None:
    olga, boss = make.make_staff("registrar"), make.make_staff("owner")
    recipient(pachca, "user:1", staff=olga)
    recipient(pachca, "user:2", staff=boss)
    conversation = conversation_of(visit.patient)
    assign(conversation, olga, boss)
    assign(conversation, olga, boss)
    settle_house()
    assert [(row.address, row.body["text"][:20]) for row in Delivery.objects.all()] == [
        ("user:1", "✉ Вам передан диалог")
    ]
    assign(conversation, boss, boss)  # taken by one's own hand: no need to tell
    settle_house()
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize(("details", "told"), [(True, "@Анна Ким, перезвони"), (False, "упоминает вас в заметке")])
def test_whoever_is_named_in_a_note_is_told(pachca: Account, visit: Visit, details: bool, told: str) -> None:
    olga, anna = make.make_staff(), make.make_staff()
    for address, staff in ((GROUP, olga), (ANNA, anna)):
        recipient(pachca, address, staff=staff, details=details)
    chat = conversation_of(visit.patient)
    note = notes.write(olga, chat, "@Анна Ким, перезвони", {anna.pk: "Анна Ким"})
    settle_house()
    sent = Delivery.objects.get(origin="alert")
    assert (sent.address, told in sent.body["text"]) == (ANNA, True)
    assert ("перезвони" in sent.body["text"]) is details
    assert f"/chats?chat={chat.pk}&at=n{note.pk}" in sent.body["text"]
