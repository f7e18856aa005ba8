"""Files of letters: which parts are files, and that a letter without them still says the same."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from priyom.channels.smtp import Settings, receive
from priyom.channels.smtp.attachments import Files, kept_here, place_of, slim
from priyom.contracts.channel import Account, Request
from priyom.contracts.events import Said

ACCOUNT = Account("main", Settings(host="h", from_address="priem@clinic.example"), "s" * 32)
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=40)
FILES = st.lists(
    st.tuples(NAMES, st.sampled_from(["image/jpeg", "application/pdf", "text/plain"]), st.binary(max_size=300)),
    max_size=4,
)


def made(text: str, files: list[tuple[str, str, bytes]], *, html: bool = False) -> bytes:
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["Message-ID"], letter["Subject"] = "anna@b.example", "<m@b.example>", "Снимок"
    letter.set_content(text, cte="base64")
    if html:
        letter.add_alternative(f"<p>{text}</p>", subtype="html", cte="quoted-printable")
    for name, mime, content in files:
        main, _, sub = mime.partition("/")
        letter.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return letter.as_bytes()


@settings(deadline=None)
@given(st.text("абв 123\n", max_size=60), FILES, st.booleans())
def test_a_slim_letter_says_the_same(text: str, files: list[tuple[str, str, bytes]], html: bool) -> None:
    raw = made(text, files, html=html)
    [whole] = receive.parse(ACCOUNT, Request({}, {}, raw)).events
    thin = Request({"x-priyom-place": "7:42"}, {}, slim(raw))
    [said] = receive.parse(ACCOUNT, thin).events
    assert isinstance(whole, Said)
    assert isinstance(said, Said)
    assert receive.identify(ACCOUNT, thin) == receive.identify(ACCOUNT, Request({}, {}, raw))
    assert (said.text, said.provider_id, said.address) == (whole.text, whole.provider_id, whole.address)
    assert [(x.name, x.mime, x.size) for x in said.files] == [(x.name, x.mime, x.size) for x in whole.files]
    assert [kept_here(x.ref) for x in whole.files] == [content for _, _, content in files]
    for number, (incoming, (_, mime, content)) in enumerate(zip(said.files, files, strict=True)):
        place = place_of(incoming.ref)
        assert place is not None
        assert (place.validity, place.uid, place.number) == (7, 42, number)
        assert Files.of(raw).all[place.number].content == content
        assert (incoming.mime, incoming.size) == (mime, len(content))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("C:\\x\\скан.pdf", "C:_x_скан.pdf"),
        ("...", "без имени"),
        ("a" * 300, "a" * 200),
    ],
)
def test_names_of_files_are_names_alone(given: str, shown: str) -> None:
    [file] = Files.of(made("x", [(given, "application/pdf", b"1")])).all
    assert file.name == shown


def test_which_parts_are_files() -> None:
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["Message-ID"] = "anna@b.example", "<m@b.example>"
    letter.set_content("слова")
    inner = EmailMessage(policy=SMTP)
    inner["Subject"] = "письмо в письме"
    inner.set_content("внутри")
    inner.add_attachment(b"1", maintype="image", subtype="png", filename="внутри.png")
    letter.add_attachment(inner)
    letter.add_attachment(b"sig", maintype="application", subtype="pgp-signature", filename="sign.asc")
    letter.add_attachment(b"BEGIN:VCARD", maintype="text", subtype="vcard", filename="я.vcf")
    raw = letter.as_bytes()
    assert [file.mime for file in Files.of(raw).all] == ["message/rfc822", "text/vcard"]
    thin = slim(raw)
    assert b"BEGIN:VCARD" in raw or b"QkVHSU46VkNBUkQ=" in raw
    assert b"QkVHSU46VkNBUkQ=" not in thin
    assert b"message/rfc822" in thin


def test_a_bounce_is_kept_whole() -> None:
    report = "--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n\r\n--b--\r\n"
    raw = f'From: MAILER-DAEMON\r\nContent-Type: multipart/report; boundary="b"\r\n\r\n{report}'.encode()
    assert slim(raw) == raw


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_letter_stops_the_watch(raw: bytes) -> None:
    assert isinstance(slim(raw), bytes)
