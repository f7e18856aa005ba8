"""Each kind of webhook becomes its event, and only Meta's (or our own secret's) is believed."""

from __future__ import annotations

import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from priyom.channels.whatsapp import Settings, reaches
from priyom.channels.whatsapp.read_messages import UNREADABLE
from priyom.channels.whatsapp.receive import SECRET_HEADER, SIGNATURE_HEADER, challenge, identify, parse, verify
from priyom.channels.whatsapp.standing import UNLIMITED, tier
from priyom.channels.whatsapp.tests.stages import ANNA, HIDDEN
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import (
    AccountChanged,
    AlsoKnownAs,
    Event,
    IncomingFile,
    Pressed,
    Reported,
    Said,
    SharedPhone,
    Started,
    Stopped,
    TemplateChanged,
)
from priyom.contracts.message import Signal
from priyom.contracts.vitals import Category, Registered, Standing, Vitals

FOLDER = Path(__file__).parent / "payloads"
SECRET = "s" * 32
ACCOUNT = Account("a", Settings(token="t", app_secret="app", phone_number_id="100000000000001", waba_id="2"), SECRET)
RESELLER = Account("b", Settings(token="k", style="360dialog"), SECRET)
AT = datetime.fromtimestamp(1765000000, UTC)
LATER = datetime.fromtimestamp(1765000050, UTC)
ALSO = AlsoKnownAs(ANNA, HIDDEN)


def said(text: str, **more: Any) -> Said:
    """What Anna wrote."""
    return replace(Said(ANNA, text, "wamid.IN1", AT, "Анна"), **more)


def pressed(payload: str) -> Pressed:
    """What Anna pressed."""
    return Pressed(ANNA, payload, "wamid.IN1", "wamid.OUT1", AT, "Анна")


def reported(signal: Signal, word: str, code: str = "", *, gone: bool = False) -> Reported:
    """What became of ours."""
    return Reported("wamid.OUT1", signal, f"WhatsApp: {word}", LATER, code, gone, key="k1")


def template(standing: Standing, language: str = "ru", category: Category = Category.SERVICE, why: str = "") -> Event:
    """A template's news."""
    return TemplateChanged(Registered("visit_reminder", language, standing, category, why, "1689"))


NO_MONEY = "Meta не может списать оплату: проверьте способ оплаты (Business eligibility payment issue)"
NO_NUMBER = "Доставить нельзя: номера нет в WhatsApp или приложение устарело (Message Undeliverable.)"
CLOSED = "Прошло больше 24 часов: нужен одобренный шаблон (Re-engagement message)"

TABLE: dict[str, list[Event]] = {
    "text": [ALSO, said("Здравствуйте")],
    "text_hidden_number": [said("Здравствуйте", address=HIDDEN)],
    "text_link": [ALSO, Started(ANNA, "p-9f3kQ2_x", AT, "Анна")],
    "text_link_changed": [
        ALSO,
        Started(ANNA, "p-9f3kQ2_x", AT, "Анна"),
        said("Здравствуйте! Код: p-9f3kQ2_x. Можно завтра?"),
    ],
    "text_other_number": [],
    "button_template": [ALSO, pressed("v:1:ok")],
    "button_without_payload": [ALSO, said("Приду", reply_to="wamid.OUT1")],
    "button_reply": [ALSO, pressed("v:1:no")],
    "list_reply": [ALSO, pressed("s:77")],
    "image": [ALSO, said("направление", files=(IncomingFile("photo.jpg", "image/jpeg", "1003383421387256"),))],
    "document": [ALSO, said("", files=(IncomingFile("анализ.pdf", "application/pdf", "1003383421387257"),))],
    "voice": [ALSO, said("", files=(IncomingFile("audio.ogg", "audio/ogg", "1003383421387258"),))],
    "location": [ALSO, said("Дом, geo:43.238,76.945")],
    "contact_own": [SharedPhone(HIDDEN, ANNA, True, "wamid.IN1", AT, "Анна")],
    "contact_card": [ALSO, SharedPhone(ANNA, "+77051234567", False, "wamid.IN1", AT, "Анна")],
    "reaction": [ALSO, said("👍", reply_to="wamid.OUT1")],
    "reaction_removed": [],
    "edit": [ALSO, said("в 11:00", reply_to="wamid.IN0")],
    "revoke": [],
    "unsupported": [ALSO, said(UNREADABLE)],
    "number_changed": [Stopped(ANNA, "user_changed_number", AT)],
    "status_sent": [reported(Signal.SENT, "sent")],
    "status_delivered": [reported(Signal.DELIVERED, "delivered"), ALSO],
    "status_read": [reported(Signal.READ, "read")],
    "status_failed_no_whatsapp": [reported(Signal.FAILED, NO_NUMBER, "131026", gone=True)],
    "status_failed_window": [reported(Signal.FAILED, CLOSED, "131047")],
    "status_failed_payment": [reported(Signal.FAILED, NO_MONEY, "131042"), AccountChanged(Vitals(), NO_MONEY)],
    "template_approved": [template(Standing.APPROVED, "kk")],
    "template_rejected": [template(Standing.REJECTED, why="неверно записан текст или места для значений")],
    "template_category": [template(Standing.APPROVED, category=Category.MARKETING, why="Meta сменила категорию")],
    "template_category_announced": [],
    "limit": [AccountChanged(Vitals(daily_limit=2000))],
    "quality": [AccountChanged(Vitals(daily_limit=UNLIMITED, note="WhatsApp: THROUGHPUT_UPGRADE"))],
    "account_disabled": [AccountChanged(Vitals(), "Meta отключила аккаунт WhatsApp")],
    "account_reinstated": [AccountChanged(Vitals())],
    "account_restricted": [AccountChanged(Vitals(note="Meta ограничила аккаунт WhatsApp: писать первыми нельзя"))],
    "account_silenced": [
        AccountChanged(Vitals(), "Meta ограничила аккаунт WhatsApp: писать первыми нельзя, отвечать нельзя")
    ],
    "status_failed_marketing_off": [
        reported(Signal.FAILED, "Meta выключила маркетинг для этого аккаунта (Marketing disabled)", "131063")
    ],
    "account_partner": [],
    "marketing_stopped": [],
    "user_id_changed": [Stopped(HIDDEN, "user_id_update")],
    "echo": [],
    "batch": [reported(Signal.SENT, "sent"), ALSO, said("Здравствуйте"), ALSO, pressed("v:1:no")],
}


def body(name: str) -> bytes:
    """A kept webhook."""
    return (FOLDER / f"{name}.json").read_bytes()


def test_every_sample_is_in_the_table() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(TABLE)


@pytest.mark.parametrize("name", TABLE)
def test_what_it_becomes(name: str) -> None:
    assert list(parse(ACCOUNT, Request({}, {}, body(name))).events) == TABLE[name]


def test_repeats_are_known_and_different_things_are_not() -> None:
    keys = {name: identify(ACCOUNT, Request({}, {}, body(name))) for name in TABLE}
    assert keys["text"] == ("wamid.IN1", ANNA)
    assert keys["text_hidden_number"] == ("wamid.IN1", HIDDEN)
    assert keys["status_delivered"] == ("wamid.OUT1:delivered", ANNA)
    assert keys["status_failed_window"] == ("wamid.OUT1:failed", ANNA)
    assert keys["batch"][0].startswith("sha256:")
    assert keys["template_approved"] != keys["template_rejected"]
    again = json.dumps(json.loads(body("batch"))).encode()  # written otherwise, the same things
    assert identify(ACCOUNT, Request({}, {}, again)) == keys["batch"]


@pytest.mark.parametrize("stamp", ["soon", "9" * 40, {}, True])
def test_a_moment_that_is_none_is_malformed(stamp: object) -> None:
    spoiled = json.loads(body("text"))
    spoiled["entry"][0]["changes"][0]["value"]["messages"][0]["timestamp"] = stamp
    with pytest.raises(Malformed):
        parse(ACCOUNT, Request({}, {}, json.dumps(spoiled).encode()))


def test_metas_signature_is_over_the_raw_bytes() -> None:
    raw = body("text")
    signature = "sha256=" + hmac.new(b"app", raw, sha256).hexdigest()
    verify(ACCOUNT, Request({SIGNATURE_HEADER: signature}, {}, raw))
    reformatted = json.dumps(json.loads(raw)).encode()
    secretless = replace(ACCOUNT, settings=replace(ACCOUNT.settings, app_secret=""))
    empty = "sha256=" + hmac.new(b"", raw, sha256).hexdigest()
    for account, headers, content in (
        (ACCOUNT, {SIGNATURE_HEADER: signature}, reformatted),
        (ACCOUNT, {SIGNATURE_HEADER: signature.removeprefix("sha256=")}, raw),
        (ACCOUNT, {SIGNATURE_HEADER: "sha256=ы"}, raw),
        (ACCOUNT, {SECRET_HEADER: SECRET}, raw),
        (ACCOUNT, {}, raw),
        (secretless, {SIGNATURE_HEADER: empty}, raw),
    ):
        with pytest.raises(Forged):
            verify(account, Request(headers, {}, content))


def test_the_reseller_shows_our_secret() -> None:
    verify(RESELLER, Request({SECRET_HEADER: SECRET}, {}, b"{}"))
    for headers in ({}, {SECRET_HEADER: ""}, {SECRET_HEADER: "x" * 32}, {SIGNATURE_HEADER: "sha256=00"}):
        with pytest.raises(Forged):
            verify(RESELLER, Request(headers, {}, b"{}"))


def test_the_address_proves_itself() -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": SECRET}
    assert challenge(ACCOUNT, Request({}, query, b"")) == (200, "text/plain", b"1158201444")
    for wrong in ({**query, "hub.verify_token": "x"}, {**query, "hub.mode": "unsubscribe"}, {}):
        with pytest.raises(Forged):
            challenge(ACCOUNT, Request({}, wrong, b""))


@pytest.mark.parametrize(
    ("told", "people"),
    [("TIER_250", 250), ("TIER_2K", 2000), ("TIER_100K", 100_000), ("TIER_UNLIMITED", UNLIMITED), (2000, 2000),
     (-1, UNLIMITED), ("TIER_NOT_SET", None), ("", None), (None, None), (True, None), ("²", None)],
)  # fmt: skip
def test_limits_are_numbers(told: object, people: int | None) -> None:
    assert tier(told) == people


@pytest.mark.parametrize(
    ("address", "russian"),
    [("+79001234567", True), ("+74951234567", True), ("+77011234567", False), ("+76001234567", False),
     ("+998901234567", False), ("RU.1349", True), ("KZ.1349", False)],
)  # fmt: skip
def test_russia_is_off_until_the_clinic_says_otherwise(address: str, russian: bool) -> None:
    assert reaches({"russia": False}, address) is not russian
    assert reaches({}, address) is not russian
    assert reaches({"russia": True}, address) is True
