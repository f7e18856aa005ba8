"""Texts a vendor approves beforehand: made of our wordings, sent only when approved, needed only outside the window."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from priyom.contracts.events import TemplateChanged
from priyom.contracts.vitals import Registered, Standing
from priyom.delivery.models import Account, Delivery
from priyom.foundation.clock import clock, now
from priyom.notifications import catalogue, templates, wording
from priyom.notifications.models import Leg, Template
from priyom.notifications.notify import Order, notify
from priyom.notifications.variables import EXAMPLES, NAMES
from priyom.patients.models import Reach
from tests.driver import happen, rest
from tests.factories import MONDAY, PHONE, make_account, make_patient, make_reach, make_visit

pytestmark = pytest.mark.django_db

WHATSAPP = "+77011234567"


@pytest.fixture(autouse=True)
def _monday() -> None:
    clock.freeze(MONDAY)


@pytest.fixture
def whatsapp() -> Account:
    return make_account("whatsapp")


def hand_in(account: Account, kind: str, code: str = "ru", standing: str = Standing.APPROVED) -> Template:
    return Template.objects.create(
        account=account, kind=kind, language=code, name=templates.draft(kind, code).name, standing=standing,
        text=templates.template_text(kind, code), changed_at=now(),
    )  # fmt: skip


def remind() -> None:
    patient = make_patient(whatsapp=WHATSAPP, phone=PHONE)
    visit = make_visit(patient, MONDAY + timedelta(days=1))
    notify(Order(visit, "reminder_24h", "answered", must_reach=True))
    rest()


def legs() -> list[tuple[str, str]]:
    return [(leg.account.channel, leg.state) for leg in Leg.objects.order_by("position").select_related("account")]


@pytest.mark.parametrize("code", catalogue.LANGUAGES)
@pytest.mark.parametrize("kind", templates.KINDS)
def test_every_wording_can_be_handed_in(kind: str, code: str) -> None:
    made = templates.draft(kind, code)
    places = re.findall(r"\{\{(\d+)\}\}", made.text)
    assert places == [str(n) for n in range(1, len(places) + 1)]
    assert len(made.examples) == len(places)
    assert all(made.examples)
    assert not made.text.startswith("{{")
    assert not made.text.endswith("}}")
    assert re.fullmatch(r"[a-z0-9_]{1,60}", made.name)


def test_every_variable_has_an_example() -> None:
    assert all(set(examples) == NAMES for examples in EXAMPLES.values())


def test_the_name_follows_the_words() -> None:
    before = templates.draft("reminder_24h", "ru").name
    wording.change("reminder_24h", "ru", "full", "Ждем вас {{ visit.local_time }}!")
    assert templates.draft("reminder_24h", "ru").name != before


def test_an_approved_template_goes_with_its_values(whatsapp: Account) -> None:
    row = hand_in(whatsapp, "reminder_24h")
    make_account("smsc")
    remind()
    sent = Delivery.objects.get(account=whatsapp)
    told = sent.body["template"]
    assert (told["name"], told["language"]) == (row.name, "ru")
    assert len(told["values"]) == len(templates.names_in(row.text))
    assert all(value in sent.body["text"] for value in told["values"])
    assert [b["label"] for line in sent.body["rows"] for b in line] == ["Приду", "Перенести", "Отменить"]


@pytest.mark.parametrize("standing", [Standing.PENDING, Standing.REJECTED, Standing.PAUSED, Standing.GONE])
def test_without_an_approved_one_the_route_goes_on_at_once(whatsapp: Account, standing: Standing) -> None:
    hand_in(whatsapp, "reminder_24h", standing=standing)
    make_account("smsc")
    remind()
    assert legs() == [("whatsapp", "failed"), ("smsc", "waiting")]
    assert Leg.objects.get(position=0).reason == "нет одобренного шаблона этого сообщения"


def test_inside_the_window_free_words_go(whatsapp: Account) -> None:
    patient = make_patient(whatsapp=WHATSAPP)
    make_reach(patient, "whatsapp", "whatsapp", answered_at=MONDAY - timedelta(hours=1))
    visit = make_visit(patient, MONDAY + timedelta(days=1))
    notify(Order(visit, "reminder_24h", "answered", must_reach=True))
    rest()
    body = Delivery.objects.get().body
    assert "template" not in body
    assert body["window_until"] == (MONDAY + timedelta(hours=23)).isoformat()
    assert Reach.objects.get().channel == "whatsapp"


def test_older_words_that_are_approved_still_speak(whatsapp: Account) -> None:
    old = hand_in(whatsapp, "reminder_24h")
    wording.change("reminder_24h", "ru", "full", "Ждем вас {{ visit.local_time }}!")
    assert templates.usable(whatsapp.pk, "reminder_24h", "ru") == old
    new = hand_in(whatsapp, "reminder_24h")
    assert templates.usable(whatsapp.pk, "reminder_24h", "ru") == new


def test_the_vendors_word_changes_its_standing(whatsapp: Account) -> None:
    row = hand_in(whatsapp, "reminder_24h", standing=Standing.PENDING)
    told = Registered(row.name, "ru", Standing.REJECTED, reason="слишком рекламно")
    happen(whatsapp, TemplateChanged(told))
    happen(whatsapp, TemplateChanged(Registered("not_ours", "ru", Standing.APPROVED)))
    row.refresh_from_db()
    assert (row.standing, row.reason) == ("rejected", "слишком рекламно")
