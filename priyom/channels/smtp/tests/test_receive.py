"""Letters that came back: tables over `payloads/`, forged ones, and ones that cannot be read."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from priyom.channels.smtp import Settings, receive
from priyom.channels.smtp.message_id import message_id, ours
from priyom.channels.smtp.page import Page
from priyom.channels.smtp.quotation import own_words
from priyom.contracts.channel import Account, Request
from priyom.contracts.errors import Forged, Malformed
from priyom.contracts.events import Event, IncomingFile, Reported, Said, Stopped
from priyom.contracts.message import Signal

PAYLOADS = Path(__file__).parent / "payloads"
SECRET = "s" * 32
ACCOUNT = Account("main", Settings(host="h", from_address="priem@clinic.example"), SECRET)
AT = datetime(2026, 3, 20, 9, 0, tzinfo=UTC)
NAME = message_id("d7", SECRET, "priem@clinic.example")
ANNA = "anna@mail.example"


def request(body: bytes, secret: str = SECRET) -> Request:
    return Request({"content-type": "message/rfc822", "x-priyom-secret": secret}, {}, body)


UNKNOWN = "DSN failed 5.1.1 smtp; 550 5.1.1 <anna@mail.example>: user unknown"
FULL = "DSN failed 4.2.2 smtp; 452 4.2.2 mailbox full"
SPAM = "bounce 550 5.7.1 <anna@mail.example>: message content rejected"
SCAN = IncomingFile("анализ.pdf", "application/pdf", "data:JVBERg==", 4)
OK = "2.0.0 smtp; 250 2.0.0 Ok"
TABLE: list[tuple[str, tuple[Event, ...]]] = [
    ("bounce_unknown.eml", (Reported(NAME, Signal.FAILED, UNKNOWN, AT, "5.1.1", True),)),
    ("bounce_gave_up.eml", (Reported(NAME, Signal.FAILED, FULL, AT, "4.2.2"),)),
    ("bounce_delayed.eml", ()),
    ("report_relayed.eml", (Reported(NAME, Signal.SENT, f"DSN relayed {OK}", AT, "2.0.0"),)),
    ("report_delivered.eml", (Reported(NAME, Signal.DELIVERED, f"DSN delivered {OK}", AT, "2.0.0"),)),
    ("bounce_forged.eml", ()),
    ("reply_plain.eml", (Said(ANNA, "Да, приду", "abc@mail.example", AT, "Анна А.", NAME),)),
    ("reply_html.eml", (Said(ANNA, "Иә, келемін", "abc@mail.example", AT, "Анна А.", NAME),)),
    ("new_letter.eml", (Said(ANNA, "Здравствуйте, можно записаться?", "abc@mail.example", AT, "Анна А."),)),
    ("reply_forged_reference.eml", (Said(ANNA, "Отмените", "abc@mail.example", AT, "Анна А."),)),
    ("out_of_office.eml", ()),
    ("newsletter.eml", ()),
    ("bounce_by_envelope.eml", (Reported(NAME, Signal.FAILED, UNKNOWN, AT, "5.1.1", True),)),
    ("bounce_by_address.eml", (Reported(NAME, Signal.FAILED, UNKNOWN, AT, "5.1.1", True),)),
    ("bounce_in_words.eml", (Reported(NAME, Signal.FAILED, SPAM, AT, "5.7.1"),)),
    ("bounce_in_words_forged.eml", ()),
    ("complaint.eml", (Stopped(ANNA, "ARF abuse", AT),)),
    ("complaint_forged.eml", ()),
    ("reply_with_file.eml", (Said(ANNA, "Вот", "f@mail.example", AT, "", NAME, (SCAN,)),)),
]


@pytest.mark.parametrize(("name", "events"), TABLE)
def test_payloads(name: str, events: tuple[Event, ...]) -> None:
    assert receive.parse(ACCOUNT, request((PAYLOADS / name).read_bytes())).events == events


def test_every_payload_stands_in_the_table() -> None:
    assert {path.name for path in PAYLOADS.iterdir()} == {name for name, _ in TABLE}


def test_the_chat_is_the_sender_and_a_repeat_has_the_same_key() -> None:
    body = (PAYLOADS / "reply_plain.eml").read_bytes()
    again = b"Received: by somebody else\r\n" + body
    assert receive.identify(ACCOUNT, request(body)) == receive.identify(ACCOUNT, request(again))
    assert receive.identify(ACCOUNT, request(body))[1] == ANNA


@pytest.mark.parametrize("secret", ["", "x" * 32, SECRET[:-1], SECRET + "s", "сезам"])
def test_forged(secret: str) -> None:
    with pytest.raises(Forged):
        receive.verify(ACCOUNT, request(b"", secret))
    receive.verify(ACCOUNT, request(b""))


@settings(deadline=None)
@given(st.binary(max_size=400) | st.sampled_from(sorted(PAYLOADS.glob("*.eml"))).map(Path.read_bytes), st.data())
def test_anything_is_either_understood_or_malformed(body: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(body)))
    junk = data.draw(st.binary(max_size=20))
    bent = request(body[:start] + junk + body[start + data.draw(st.integers(0, 30)) :])
    assert receive.identify(ACCOUNT, bent)[0]
    with contextlib.suppress(Malformed):
        events = receive.parse(ACCOUNT, bent).events
        assert all("\0" not in event.text for event in events if isinstance(event, Said))


@settings(deadline=None)
@given(st.from_regex(r"[a-z][0-9]{1,20}", fullmatch=True), st.text(min_size=1, max_size=40))
def test_a_name_is_ours_under_its_own_secret_only(key: str, secret: str) -> None:
    name = message_id(key, secret, "priem@клиника.рф")
    assert name.isascii()
    assert name == message_id(key, secret, "priem@клиника.рф")
    assert ours(f"<first@x> <{name}> <later@y>", secret) == name
    assert ours(f"<{name}>", secret + "x") == ""
    assert ours(f"<x{name}>", secret) == ""


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("1", "1"),
        ("Да\n\nOn Fri, 20 Mar 2026 at 14:00, Clinic <p@c.example> wrote:\n> Ждём", "Да"),
        ("Да\n\nOn Fri, 20 Mar 2026 at 14:00, Clinic with a long name\n<p@c.example> wrote:\n> Ждём", "Да"),
        ("Да\r\n\r\n20.03.2026 14:00, Клиника пишет:\r\n> Ждём\r\n", "Да"),
        ("Иә\n\n20 наурыз 2026, Клиника жазды:\n\n> Күтеміз", "Иә"),
        ("Пятница, 20 марта 2026, 14:00 +05:00 от Клиника <p@c.example>:\n>Ждём\n\nДа, приду", "Да, приду"),
        ("Да\n\n-----Original Message-----\nFrom: Clinic\nЖдём", "Да"),
        ("Да\n\nОт: Клиника <p@c.example>\nОтправлено: 20 марта\nКому: Анна\n\nЖдём", "Да"),
        ("Да\n\nОтправлено с iPhone\n\n> 20 марта", "Да"),
        ("Да\n--\nАнна", "Да"),
        ("> Придёте?\nда\n> Когда?\nв 10", "да\nв 10"),
        ("> одна цитата", "> одна цитата"),
        ("От вас жду ответа", "От вас жду ответа"),
        ("Врач написал мне: приду?", "Врач написал мне: приду?"),
        ("Приду:\n1. в 10\n2. в 11", "Приду:\n1. в 10\n2. в 11"),
    ],
)
def test_own_words(text: str, own: str) -> None:
    assert own_words(text) == own


@settings(deadline=None)
@given(st.text(max_size=200))
def test_something_is_left_of_every_text(text: str) -> None:
    assert bool(own_words(text)) == bool(text.strip())


def test_a_page_is_read_as_a_person_reads_it() -> None:
    link = '<a class="action" href="u?a=1&amp;b=2">Жму</a>'
    page = Page(f"<p>Раз &amp; два<br>три</p><script>x</script>\n<p>  {link}</p><b>4", "action")
    assert page.text == "Раз & два\nтри\n4"
    assert [(link.kind, link.url, link.label) for link in page.links] == [("action", "u?a=1&b=2", "Жму")]
