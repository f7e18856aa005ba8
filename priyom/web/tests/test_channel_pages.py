"""The pages of channels: what each is for, how its numbers are, which texts are approved, who of the staff is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from priyom.alerts.models import Recipient
from priyom.clinic.models import Role
from priyom.delivery.models import Account, AccountState, Delivery
from priyom.foundation.clock import now
from priyom.notifications.models import Template
from priyom.notifications.templates import draft, template_text
from priyom.web.tests.conftest import Clinic
from tests.factories import make_account


@pytest.fixture
def admin(clinic: Clinic) -> Client:
    return clinic.browser(Role.ADMIN)


def page(browser: Client, name: str, *arguments: object) -> str:
    answer = browser.get(reverse(f"web:{name}", args=arguments))
    assert answer.status_code == 200
    return str(answer.content.decode())


def post(browser: Client, route: str, *arguments: object, **data: str) -> int:
    answer = browser.post(reverse(f"web:{route}", args=arguments), data, headers={"HX-Request": "true"})
    return int(answer.status_code)


def test_what_an_account_is_for_is_chosen(admin: Client) -> None:
    account = make_account("smsru")
    assert post(admin, "account_purpose", account.pk, purpose="spare") == 200
    assert Account.objects.get(pk=account.pk).purpose == "spare"
    assert post(admin, "account_purpose", account.pk, purpose="nonsense") == 404
    assert "запасной" in page(admin, "account", account.pk)


def test_a_new_number_says_its_day_and_can_be_called_old(admin: Client) -> None:
    account = make_account("whatsapp")
    Account.objects.filter(pk=account.pk).update(warm_since=now().date() - timedelta(days=1))
    assert "день 2" in page(admin, "account", account.pk)
    assert post(admin, "account_warm", account.pk) == 200
    assert Account.objects.get(pk=account.pk).warm_since is None


def test_texts_to_be_approved_are_listed(admin: Client) -> None:
    account = make_account("whatsapp")
    Template.objects.create(
        account=account, kind="reminder_24h", language="ru", name=draft("reminder_24h", "ru").name,
        text=template_text("reminder_24h", "ru"), standing="rejected", reason="слишком рекламно", changed_at=now(),
    )  # fmt: skip
    shown = page(admin, "account", account.pk)
    assert "слишком рекламно" in shown
    assert "account_hand_in" not in shown
    assert reverse("web:account_hand_in", args=[account.pk]) in shown


def test_the_health_of_the_numbers(admin: Client) -> None:
    account = make_account("smsc", key="second")
    AccountState.objects.create(
        account=account, vitals={"balance": "150.50", "currency": "RUB", "quality": "", "daily_limit": None, "note": ""}
    )
    at = now()
    for signal in ("delivered", "answered", "failed", "delivered"):
        Delivery.objects.create(
            account=account, address="+7701", body={}, origin="notification", state="settled", created_at=at, due_at=at,
            sent_at=at, signal=signal, evidence="номер не обслуживается" if signal == "failed" else "",
        )  # fmt: skip
    shown = page(admin, "numbers")
    assert "150,50" in shown or "150.50" in shown
    assert "33&nbsp;%" in shown  # one of three sent was answered
    assert "номер не обслуживается" in shown


@pytest.mark.parametrize("shape", ["wall", "tent"])
def test_a_poster_is_a_pdf(admin: Client, shape: str) -> None:
    account = make_account("telegram", key="second")
    answer = admin.get(reverse("web:account_poster_file", args=[account.pk, shape]))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert admin.get(reverse("web:account_poster_file", args=[account.pk, "mug"])).status_code == 404


def test_the_site_chat_shows_its_code_with_our_address(admin: Client) -> None:
    account = make_account("webchat", key="site")
    shown = page(admin, "account", account.pk)
    assert "/chat/site/chat.js" in shown
    assert "{public_url}" not in shown


def test_who_of_the_staff_is_told(admin: Client) -> None:
    account = make_account("pachca")
    assert post(admin, "staff_alert_new", account=str(account.pk), name="Регистратура", address="user:70511") == 200
    assert post(admin, "staff_alert_new", account=str(account.pk), name="Еще раз", address="user:70511") == 200
    made = Recipient.objects.get()
    assert (made.name, made.active, made.tasks, made.alarms) == ("Регистратура", True, True, False)
    post(admin, "staff_alert_change", made.pk, active="1", alarms="1")
    made.refresh_from_db()
    assert (made.tasks, made.alarms, made.details) == (False, True, False)
    post(admin, "staff_alert_test", made.pk)
    assert Delivery.objects.get(account=account).address == "user:70511"
    post(admin, "staff_alert_remove", made.pk)
    assert not Recipient.objects.exists()


def test_only_a_staff_messenger_can_tell_the_staff(admin: Client) -> None:
    account = make_account("telegram", key="second")
    post(admin, "staff_alert_new", account=str(account.pk), name="Кто-то", address="5")
    assert not Recipient.objects.exists()
