"""Staff accounts in a real browser: from the letter to the first page, by code, by passkey, in two browsers, locked."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from playwright.sync_api import Page, expect

from priyom.clinic import lockout
from priyom.clinic.invite import Guest, invite
from priyom.clinic.models import SignInLock, Staff
from priyom.clinic.staff import create
from priyom.delivery.models import Delivery
from priyom.web.tests.browser import DESKTOP, PHONE, STICKS_OUT, TABLET, Windows
from priyom.web.tests.conftest import Clinic
from tests import factories as make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASSWORD = "correct horse"
TOUCH = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip
"""A laptop with a fingerprint reader, on which the right finger always lies."""


@pytest.fixture(autouse=True)
def _no_old_counts(transactional_db: None) -> Iterator[None]:
    """The shared cache is no model's table: nobody empties it between these tests."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def olga(transactional_db: None) -> Staff:
    return create("olga", PASSWORD, "admin", name="Ольга Ли", email="olga@clinic.example")


def named(address: str) -> str:
    """The same server under a name: passkeys belong to names, not to numbers."""
    return address.replace("127.0.0.1", "localhost")


def sign_in(page: Page, login: str = "olga", password: str = PASSWORD) -> None:
    page.fill("#username", login)
    page.fill("#password", password)
    page.press("#password", "Enter")


def code(secret: str) -> str:
    shown: str = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    return shown


def sign_out(page: Page) -> None:
    page.click(".me > summary")
    page.click(".me form[action='/logout'] button")
    expect(page.locator("#username")).to_be_visible()


def test_from_the_letter_to_the_first_page_and_a_second_step_on_a_phone(
    windows: Windows, clinic: Clinic, olga: Staff, tmp_path: Path
) -> None:
    make.make_account("smtp")
    admin = windows(olga, "/staff")
    admin.click("text=Пригласить")
    expect(admin.locator("main h2")).to_have_text("Это вы?")  # what lets somebody in asks who is asking
    admin.fill("#password", PASSWORD)
    admin.press("#password", "Enter")
    admin.fill("#email", "vera@clinic.example")
    admin.fill("#name", "Вера Цой")
    admin.select_option("#role", "registrar")
    admin.check(f"text={clinic.here.name}")
    admin.click("button:has-text('Пригласить')")
    expect(admin.locator("main [role=status]")).to_have_text("Письмо отправляется.")
    expect(admin.locator("#invitations")).to_contain_text("vera@clinic.example")
    text = Delivery.objects.get(address="vera@clinic.example").body["text"]
    found = re.search(r"/join/\S+", text)
    assert found is not None

    phone = windows(None, found[0], size=PHONE)
    expect(phone.locator("main h2")).to_have_text("Здравствуйте, Вера Цой")
    phone.fill("#username", "vera")
    phone.fill("#new", "my long password")
    phone.fill("#again", "my long password")
    phone.click("text=Начать")
    expect(phone.locator("text=Учетная запись готова")).to_be_visible()
    phone.click("text=Настроить приложение")
    phone.click("summary:has-text('Нет камеры?')")
    secret = phone.input_value(".copyable input")
    phone.fill("#code", code(secret))
    phone.click("text=Включить")
    codes = phone.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    with phone.expect_download() as download:
        phone.click("text=Скачать")
    kept = tmp_path / "codes.txt"
    download.value.save_as(kept)
    assert codes[9] in kept.read_text()
    phone.click("text=Коды сохранены")
    phone.goto("/")
    expect(phone.locator("#visits")).to_contain_text("Ким")
    sign_out(phone)
    sign_in(phone, "vera", "my long password")
    expect(phone.locator("main h2")).to_have_text("Второй шаг")
    phone.fill("#code", codes[0])
    phone.press("#code", "Enter")
    expect(phone.locator("#visits")).to_be_visible()
    admin.goto("/staff")
    row = admin.locator(f"#s-{Staff.objects.get(username='vera').pk}")
    expect(row).to_contain_text("Регистратор")
    expect(row).to_contain_text("да")


def test_a_passkey_opens_the_door_alone_and_as_the_second_step(
    windows: Windows, clinic: Clinic, olga: Staff, address: str
) -> None:
    page = windows(None, f"{named(address)}/login")
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    key = device.send("WebAuthn.addVirtualAuthenticator", {"options": TOUCH})["authenticatorId"]
    sign_in(page)
    expect(page.locator("#visits")).to_be_visible()
    page.goto(f"{named(address)}/me/passkeys/new")
    page.fill("#name", "Ноутбук на стойке")
    page.click("main button:has-text('Добавить ключ доступа')")
    expect(page.locator(".codes li")).to_have_count(10)
    page.click("text=Коды сохранены")
    expect(page.locator(".keys").first).to_contain_text("Ноутбук на стойке")
    sign_out(page)

    page.click("text=Войти ключом доступа")
    expect(page.locator("#visits")).to_be_visible()
    sign_out(page)

    sign_in(page)
    expect(page.locator("main h2")).to_have_text("Второй шаг")
    page.click("text=Подтвердить ключом доступа")
    expect(page.locator("#visits")).to_be_visible()
    sign_out(page)

    device.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})  # a wrong finger
    page.click("text=Войти ключом доступа")
    expect(page.locator("form[data-passkey] .wrong")).to_have_text(
        "Ключ не сработал. Попробуйте еще раз или войдите по паролю."
    )
    device.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": True})
    page.click("text=Войти ключом доступа")
    expect(page.locator("#visits")).to_be_visible()
    page.goto(f"{named(address)}/me/security")
    removal = page.locator(".keys form[action*=passkeys] button")
    removal.click()
    removal.click()
    expect(page.locator("main h2")).to_have_text(
        "Это вы?"
    )  # a passkey of this morning is no proof of who sits here now
    page.click("text=Подтвердить ключом доступа")
    removal.click()
    removal.click()
    expect(page.locator("main [role=status]")).to_contain_text("Ключ удален")
    sign_out(page)
    page.click("text=Войти ключом доступа")
    expect(page.locator("main [role=alert]:visible").first).to_contain_text("Этот ключ сюда не подходит")


def test_one_browser_signs_the_other_out(windows: Windows, clinic: Clinic, olga: Staff) -> None:
    here, there = windows(None, "/login"), windows(None, "/login", size=PHONE)
    sign_in(here)
    sign_in(there)
    expect(there.locator("#visits")).to_be_visible()
    expect(here.locator("#visits")).to_be_visible()
    here.goto("/me/security")
    expect(here.locator("#sessions li")).to_have_count(2)
    expect(here.locator("#sessions li").first).to_contain_text("этот браузер")
    here.click("text=Выйти там")
    expect(here.locator("#sessions li")).to_have_count(1)
    there.goto("/chats")
    expect(there.locator("#username")).to_be_visible()


def test_guessing_locks_says_how_long_and_an_admin_lets_in(windows: Windows, clinic: Clinic, olga: Staff) -> None:
    create("vera", PASSWORD, "registrar", name="Вера Цой")
    desk = windows(None, "/login")
    for _ in range(4):
        with desk.expect_navigation():
            sign_in(desk, "vera", "wrong")
        expect(desk.locator("[role=alert]:visible")).to_contain_text("Неверное имя или пароль")
    with desk.expect_navigation():
        sign_in(desk, "vera", "wrong")
    expect(desk.locator("[role=alert]:visible")).to_contain_text("Попробуйте через 1 минуту")
    with desk.expect_navigation():
        sign_in(desk, "vera")
    expect(desk.locator("[role=alert]:visible")).to_contain_text("Попробуйте через 1 минуту")
    admin = windows(olga, "/staff")
    expect(admin.locator("#locks")).to_contain_text("vera")
    admin.click("#locks button")
    expect(admin.locator("main [role=status]")).to_be_visible()
    assert SignInLock.objects.filter(kind="login").count() == 0
    sign_in(desk, "vera")
    expect(desk.locator("#visits")).to_be_visible()


@pytest.mark.parametrize("language", ["ru", "kk"])
@pytest.mark.parametrize("size", [DESKTOP, TABLET, PHONE], ids=["desktop", "tablet", "phone"])
def test_nothing_sticks_out(
    windows: Windows, clinic: Clinic, olga: Staff, language: str, size: tuple[int, int]
) -> None:
    guest = invite(olga, Guest("a-very-long-address-of-somebody@department.clinic.example", "Вера Цой", "doctor"))
    for _ in range(6):
        lockout.failed("somebody-with-a-very-long-login-name", "203.0.113.7")
    page = windows(None, "/login", size=size, language=language)
    Staff.objects.filter(pk=olga.pk).update(language=language)
    for path in ("/login", "/login/forgotten", f"/join/{guest[1]}", "/join/none", "/login/new/MQ/x-y"):
        page.goto(path)
        assert page.evaluate(STICKS_OUT) == [], path
    page.goto("/login")
    sign_in(page)
    expect(page.locator("#visits")).to_be_visible()
    for path in (
        "/me/security", "/me/again", "/me/password", "/me/app", "/me/passkeys/new", "/staff", "/staff/invite",
        f"/staff/{olga.pk}",
    ):  # fmt: skip
        page.goto(path)
        assert page.evaluate(STICKS_OUT) == [], path
