"""The list of chats: who may see what, how long people wait and what was promised, the address, the cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from priyom.clinic.models import Role, Staff
from priyom.foundation.clock import clock, now
from priyom.inbox import queue
from priyom.inbox.chat import conversation_of, touch
from priyom.inbox.models import Conversation, Incoming
from priyom.web import guard
from priyom.web.tests.conftest import Clinic
from tests import factories as make


def text(browser: Client, url: str, **headers: str) -> str:
    answer = browser.get(url, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def said(clinic: Clinic, chat: Conversation, words: str) -> Incoming:
    return Incoming.objects.create(conversation=chat, account=clinic.account, address="5", at=now(), text=words)


def test_a_branch_counts_those_who_wait_there(clinic: Clinic) -> None:
    touch(conversation_of(clinic.far.patient), "Алло", now(), needs_answer=True)
    touch(clinic.stranger, "Алло", now(), needs_answer=True)  # at no branch
    touch(conversation_of(make.make_patient(given="Вера")), "Спасибо", now(), needs_answer=False)
    assert queue.waiting(Conversation.objects.all()) == {clinic.here.pk: 1, clinic.there.pk: 1}


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.MARKETER])
@pytest.mark.parametrize("url", ["/chats", "/chats/rows", "/chats/rows?q=ким", "/chats/piece", "/chats/tabs"])
def test_doctors_and_marketers_see_no_dialogues(clinic: Clinic, role: Role, url: str) -> None:
    assert clinic.browser(role).get(url).status_code == 403


def test_the_guard_shows_a_doctor_their_own_patients_alone(clinic: Clinic) -> None:
    doctor = make.make_staff(Role.DOCTOR)
    assert not guard.conversations(doctor).exists()
    Staff.objects.filter(pk=doctor.pk).update(practitioner=clinic.visit.practitioner)
    conversation_of(clinic.far.patient)
    assert list(guard.conversations(Staff.objects.get(pk=doctor.pk))) == [clinic.chat]


def test_one_branch_sees_its_own_the_new_and_the_unknown(clinic: Clinic) -> None:
    far = conversation_of(clinic.far.patient)
    both = conversation_of(make.make_patient(given="Вера"))
    assert both.patient is not None
    make.make_visit(both.patient, branch=clinic.there)
    make.make_visit(both.patient, branch=clinic.here)
    fresh = conversation_of(make.make_patient(given="Новая"))
    here = clinic.browser(Role.REGISTRAR, clinic.here)
    local = text(here, "/chats/piece")
    for chat in (clinic.chat, clinic.stranger, both, fresh):
        assert f'id="chat-{chat.pk}"' in local
    assert f'id="chat-{far.pk}"' not in local
    assert here.get(f"/chats?branch={clinic.there.pk}").status_code == 404
    said(clinic, far, "Секретный анализ")
    said(clinic, clinic.chat, "Открытый анализ")
    found = text(here, "/chats/rows?q=анализ")
    assert "Открытый" in found
    assert "Секретный" not in found
    assert "Борис" not in text(here, "/chats/rows?q=борис")
    assert "Секретный" in text(clinic.browser(Role.OWNER), "/chats/rows?q=анализ")


@pytest.mark.parametrize(
    "url", ["/chats?show=no", "/chats/rows?branch=x", "/chats/piece?after=x", "/chats?branch=9999"]
)
def test_what_there_is_not_is_not_found(clinic: Clinic, registrar: Client, url: str) -> None:
    assert registrar.get(url).status_code == 404


@pytest.mark.parametrize(
    ("minutes", "level", "says"),
    [
        (0, "", "только что"), (9, "", "ждет 9 мин"), (10, "is-soon", "ждет 10 мин"), (15, "is-late", "ждет 15 мин"),
        (61, "is-late", "ждет 61 мин"), (120, "is-late", "ждет 2 ч"), (60 * 49, "is-late", "ждет 2 дн"),
    ],
)  # fmt: skip
def test_the_wait_stands_beside_the_promise(
    clinic: Clinic, registrar: Client, minutes: int, level: str, says: str
) -> None:
    clock.freeze(make.MONDAY + timedelta(minutes=minutes))
    page = text(registrar, "/chats/rows?show=waiting")
    assert says in page
    assert f'class="row chat{" " if level else ""}{level}"' in page
    assert f"обещали до {'пн, 2 марта ' if minutes > 24 * 60 else ''}11:15" in page


def test_nothing_is_promised_where_the_branch_is_not_known(clinic: Clinic, registrar: Client) -> None:
    touch(clinic.stranger, "Алло", now(), needs_answer=True, channel=clinic.account.channel)
    clock.freeze(now() + timedelta(hours=3))
    page = text(registrar, "/chats/rows?show=unknown")
    assert "ждет 3 ч" in page
    assert "обещали" not in page


def test_a_search_keeps_to_what_it_is_asked(clinic: Clinic, registrar: Client) -> None:
    said(clinic, clinic.chat, "<script>alert(1)</script> анализы")
    page = text(registrar, "/chats/rows?q=анализ")
    assert "&lt;script&gt;" in page
    assert "<mark>анализы</mark>" in page
    assert f"/chats/{clinic.chat.pk}?at=i" in page
    assert "Ничего не нашлось" in text(registrar, "/chats/rows?q=анализ&channel=smsc")
    assert "Ничего не нашлось" in text(registrar, "/chats/rows?q=%25%25%25")
    assert "Кто-то" in text(registrar, "/chats/rows?q=кто-то")


def test_the_address_follows_and_keeps_the_open_thread(clinic: Clinic, registrar: Client) -> None:
    def address(url: str, at: str, trigger: str) -> dict[str, str | None]:
        answer = registrar.get(
            url, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{at}", "HX-Trigger": trigger}
        )
        return {name: answer.headers.get(f"HX-{name}-Url") for name in ("Push", "Replace")}

    pushed = address("/chats/rows?show=done", "/chats?chat=7", "c-done")
    assert pushed == {"Push": "/chats?show=done&chat=7", "Replace": None}
    typed = address("/chats/rows?show=&q=ким", f"/chats/{clinic.chat.pk}", "chat-find")
    assert typed == {"Push": None, "Replace": f"/chats?q=%D0%BA%D0%B8%D0%BC&chat={clinic.chat.pk}"}
    assert address("/chats/rows", "/elsewhere/at/all?chat=x", "c-all") == {"Push": "/chats", "Replace": None}


@pytest.mark.parametrize("url", ["/chats/piece", "/chats/tabs", "/chats/rows?q=анализ", "/chats/rows?q=ким"])
@pytest.mark.parametrize("local", [False, True], ids=["everywhere", "one branch"])
def test_more_rows_cost_no_more(clinic: Clinic, url: str, local: bool) -> None:
    browser = clinic.browser(Role.REGISTRAR, clinic.here) if local else clinic.browser(Role.OWNER)

    def asked() -> int:
        browser.get(url)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(url).status_code == 200
        return len(captured)

    said(clinic, clinic.chat, "анализ")
    before = asked()
    for n in range(4):
        patient = make.make_patient(given=f"Имя{n}", telegram=f"88{n}")
        make.make_visit(patient, branch=clinic.here)
        chat = conversation_of(patient)
        said(clinic, chat, "анализ")
        touch(chat, "анализ", now(), needs_answer=True, channel=clinic.account.channel)
    assert asked() <= before


def test_a_local_list_looks_at_each_row_alone(clinic: Clinic) -> None:
    local = make.make_staff(Role.REGISTRAR, clinic.here)
    plan = guard.conversations(local).order_by("-last_at", "-pk")[:40].explain()
    assert "hashed" not in plan
    assert "SubPlan" in plan
