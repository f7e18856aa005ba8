"""The tests' clinic: two branches, a visit in each, a thread, a task, an account; and people of every role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from priyom.appointments.models import Visit
from priyom.clinic.models import Branch, House, Role, Staff
from priyom.delivery.models import Account, Delivery, RawUpdate
from priyom.exchange import upload
from priyom.exchange.models import Import
from priyom.foundation.clock import clock, now
from priyom.inbox.chat import conversation_of, touch
from priyom.inbox.models import CallTask, Conversation, Incoming
from priyom.inbox.tasks import open_call_task
from priyom.journal.models import Pending
from priyom.web.tests.browser import address, page, windows
from tests import factories as make

__all__ = ["Clinic", "address", "page", "windows"]

TABLE = "Дата;Время;Пациент;Телефон;Врач;Услуга;Филиал\n03.03.2026;10:00;Ким Анна;+77011234567;Ли О.;Прием;Абая\n"


@dataclass
class Clinic:
    """What there is to look at. `there` is the branch that local staff may not see."""

    here: Branch
    there: Branch
    visit: Visit
    far: Visit
    chat: Conversation
    stranger: Conversation
    task: CallTask
    account: Account
    delivery: Delivery
    update: RawUpdate
    parked: Pending
    draft: Import
    people: dict[str, Staff] = field(default_factory=dict)

    def browser(self, role: str, *branches: Branch) -> Client:
        """A signed-in browser of somebody new with that role; a doctor is the one of `visit`."""
        client, staff = Client(), make.make_staff(role, *branches)
        if role == Role.DOCTOR:
            Staff.objects.filter(pk=staff.pk).update(practitioner=self.visit.practitioner)
        client.force_login(staff)
        return client


@pytest.fixture(scope="session")
def alone(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Threads that served a request may leave a session open: the test database could not be dropped at the end."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def monday() -> None:
    """It is Monday, 11:00 in Almaty."""
    clock.freeze(make.MONDAY)


@pytest.fixture
def clinic(db: None, monday: None, settings: object, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    settings.DATA = tmp_path_factory.mktemp("data")  # type: ignore[attr-defined]
    House.objects.update_or_create(pk=1, defaults={"undo_seconds": 0})  # whoever tests taking back says so
    account = make.make_account(
        "telegram", values={"token": "7000000001:secret-token", "base_url": "http://127.0.0.1:1"}
    )
    here, there = make.make_branch(), make.make_branch("Asia/Yekaterinburg")
    patient = make.make_patient(telegram=make.CHAT, phone=make.PHONE)
    make.make_reach(patient, "telegram", account.channel, started_at=now(), answered_at=now())
    visit = make.make_visit(patient, make.MONDAY + timedelta(hours=3), branch=here)
    far = make.make_visit(make.make_patient(given="Борис", phone="+77017654321"), branch=there)
    chat = conversation_of(patient)
    Incoming.objects.create(conversation=chat, account=account, address=make.CHAT, at=now(), text="Можно раньше?")
    touch(chat, "Можно раньше?", now(), needs_answer=True, channel=account.channel)
    stranger = Conversation.objects.create(account=account, address="909", name="Кто-то", last_at=now())
    return Clinic(
        here, there, visit, far, chat, stranger,
        task=open_call_task(visit, "пора звонить", make.MONDAY + timedelta(hours=2)),
        account=account,
        delivery=Delivery.objects.create(
            account=account, address="1", body={"text": "x"}, origin="system", created_at=now(), due_at=now(),
            patient=patient, visit_id=visit.pk, state="settled", signal="uncertain",
        ),
        update=_failed(account),
        parked=_parked(visit),
        draft=upload.begin(None, "visits.csv", [TABLE.encode()]),
    )  # fmt: skip


def _failed(account: Account) -> RawUpdate:
    raw = make.make_raw(account)
    RawUpdate.objects.filter(pk=raw.pk).update(state="failed", error="Malformed: no chat")
    return raw


def _parked(visit: Visit) -> Pending:
    pending = Pending.objects.filter(fact__visit_id=visit.pk).earliest("pk")
    Pending.objects.filter(pk=pending.pk).update(parked=True, error="KeyError: nobody")
    return pending


@pytest.fixture
def registrar(clinic: Clinic) -> Client:
    """Somebody at the desk who sees every branch."""
    return clinic.browser(Role.REGISTRAR)
