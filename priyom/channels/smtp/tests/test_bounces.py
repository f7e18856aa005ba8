"""Bounces in words, senders that nobody vouches for, letters in odd charsets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from priyom.channels.smtp import Settings, receive
from priyom.channels.smtp.message_id import message_id
from priyom.channels.smtp.receive import UNPROVEN
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Malformed
from priyom.contracts.events import Reported, Said

SETTINGS = Settings(host="h", from_address="priem@clinic.example")
ACCOUNT = Account("main", SETTINGS, "s" * 32)
NAME = message_id("d7", ACCOUNT.hook_secret, SETTINGS.from_address)


def letter(text: str, sender: str = "MAILER-DAEMON", **headers: str) -> Request:
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return Request({}, {}, f"From: {sender}\r\n{named}\r\n{text}".encode())


@pytest.mark.parametrize(
    ("text", "code", "gone"),
    [
        ("<a@b>: 550 5.1.1 no mailbox here", "5.1.1", True),
        ("550 <a@b>: User unknown", "550", True),
        ("554 rejected for policy reasons", "554", False),
        ("This account is over quota, and your mail was not delivered.", "", False),
        ("Письмо не может быть доставлено: User unknown", "", True),
        ("Undeliverable: a@b", "", False),
        ("452 4.2.2 full, we will keep trying", None, False),
        ("Warning: 550 5.1.1 comes later", None, False),
        ("Your message is delayed; 5.4.7 may follow", None, False),
        ("450 4.2.0 greylisted", None, False),
        ("Thank you for your letter", None, False),
        ("See the copy:\r\nReceived: from x; 550 5.1.1 User unknown", None, False),
    ],
)
def test_bounces_in_words(text: str, code: str | None, gone: bool) -> None:
    events = receive.parse(ACCOUNT, letter(f"{text}\r\nMessage-ID: <{NAME}>\r\n550 5.1.1 in the copy")).events
    told = [(event.provider_id, event.code, event.gone) for event in events if isinstance(event, Reported)]
    assert told == ([] if code is None else [(NAME, code, gone)])
    assert receive.parse(ACCOUNT, letter(text)).events == (), "without our name it says nothing"


OURS = "mx.clinic.example; spf=pass; dmarc=pass header.from=b.example"
FORGED = "mx.clinic.example; dmarc=pass"


@pytest.mark.parametrize(
    ("headers", "known"),
    [
        ([OURS], True),
        (["mx.clinic.example 1; dmarc = pass"], True),
        (["mx.clinic.example; dmarc=fail", FORGED], False),
        (["mx.clinic.example; dmarc=none; x=dmarcpass"], False),
        (["other.example; dmarc=pass"], False),
        (["other.example; dmarc=fail", OURS], True),
        ([], False),
    ],
)
def test_who_vouches_for_the_sender(headers: list[str], known: bool) -> None:
    account = replace(ACCOUNT, settings=replace(SETTINGS, auth_server="mx.clinic.example"))
    vouched = "".join(f"Authentication-Results: {text}\r\n" for text in headers)
    body = f"{vouched}From: anna@b.example\r\n{{}}\r\nотмените\r\n"
    [said] = receive.parse(account, Request({}, {}, body.format("").encode())).events
    assert isinstance(said, Said)
    assert said.text == ("" if known else UNPROVEN) + "отмените"
    [said] = receive.parse(account, Request({}, {}, body.format(f"In-Reply-To: <{NAME}>\r\n").encode())).events
    assert isinstance(said, Said)
    assert said.text == "отмените", "whoever answers our letter has seen it"
    [said] = receive.parse(ACCOUNT, Request({}, {}, body.format("").encode())).events
    assert isinstance(said, Said)
    assert said.text == "отмените", "nobody was asked"


@pytest.mark.parametrize("charset", ["utf-8", "x-unknown", "ansi_x3.110-1983", "idna"])
def test_an_odd_charset_loses_no_letter(charset: str) -> None:
    [said] = receive.parse(ACCOUNT, letter("да", "a@b.example", Content_Type=f"text/plain; charset={charset}")).events
    assert isinstance(said, Said)
    assert said.text in ("да", "����")


def test_words_need_an_address() -> None:
    with pytest.raises(Malformed):
        receive.parse(ACCOUNT, letter("да", "Anna"))
