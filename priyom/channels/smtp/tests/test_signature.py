"""Signed letters, checked by somebody else's verifier (dkimpy) with the key as we tell to publish it."""

from __future__ import annotations

import base64
from dataclasses import replace
from email import message_from_bytes
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from priyom.channels.smtp import Settings
from priyom.channels.smtp.letter import letter
from priyom.channels.smtp.signature import BadKey, record, signed
from priyom.contracts.message import File, Message, Outgoing
from priyom.contracts.peer import python_peer
from priyom.foundation.clock import now

PEER = Path(__file__).parent / "peer_dkimpy.py"
SETTINGS = Settings(host="h", from_address="priem@clinic.example", dkim_selector="s1")
OUT = Outgoing(
    "d7",
    "anna@mail.example",
    Message(
        "Ждём  вас\n\n в 10:30 \n\n\n", "Приём завтра " * 12, files=(File("Счёт.pdf", "application/pdf", b"x" * 999),)
    ),
    unsubscribe_url="https://clinic.example/u/" + "t" * 200,
    reply_to="a" * 60 + "@" + "b" * 60,
)


@cache
def pem(kind: str) -> str:
    key = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, 2048)
    form = serialization.PrivateFormat.TraditionalOpenSSL if kind == "rsa1" else serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def made(settings: Settings) -> bytes:
    return signed(settings, letter(settings, OUT, "d7.t@clinic.example", now()), now())


@pytest.mark.parametrize("kind", ["rsa", "rsa1", "ed25519"])
async def test_dkimpy_believes_it(kind: str, tmp_path: Path) -> None:
    settings = replace(SETTINGS, dkim_key=pem(kind))
    raw = made(settings)
    (tmp_path / "letter.eml").write_bytes(raw)
    where, text = record(settings)
    assert where == "s1._domainkey.clinic.example"
    said = await python_peer(PEER, str(tmp_path / "letter.eml"), where, text)
    assert said["whole"] is True
    assert said["reflowed"] is True, "a relay that folds a header and trims spaces breaks nothing"
    assert said["spoiled"] == {"body": False, "subject": False, "second_from": False, "unsubscribe": False}


def test_unsubscribing_is_signed_and_readable_as_it_stands() -> None:
    read = message_from_bytes(made(replace(SETTINGS, dkim_key=pem("rsa"))))
    covered = "".join(str(read["DKIM-Signature"]).partition("h=")[2].partition(";")[0].split()).split(":")
    assert {"List-Unsubscribe", "List-Unsubscribe-Post", "From", "Subject", "To", "Date", "Message-ID"} <= set(covered)
    assert covered.count("From") == 2, "a second sender cannot be put on top"
    assert read["List-Unsubscribe"] == f"<{OUT.unsubscribe_url}>"
    assert read["In-Reply-To"] == read["References"] == f"<{OUT.reply_to}>"


def test_the_domain_can_be_another_and_no_selector_means_no_signature() -> None:
    settings = replace(SETTINGS, dkim_key=pem("rsa"), dkim_domain="Пример.рф")
    assert b" d=xn--e1afmkfd.xn--p1ai;" in made(settings)
    assert record(settings)[0] == "s1._domainkey.xn--e1afmkfd.xn--p1ai"
    bare = replace(settings, dkim_selector="")
    assert b"DKIM-Signature" not in made(bare)
    assert record(bare) == ("", "")


def test_a_key_survives_a_form_that_eats_its_lines() -> None:
    text = pem("rsa")
    eaten = replace(SETTINGS, dkim_key=" ".join(text.split("\n")))
    bare = replace(SETTINGS, dkim_key="".join(text.strip().split("\n")[1:-1]))
    assert record(eaten) == record(bare) == record(replace(SETTINGS, dkim_key=text))
    seed = ed25519.Ed25519PrivateKey.generate().private_bytes_raw()
    assert record(replace(SETTINGS, dkim_key=base64.b64encode(seed).decode()))[1].startswith("v=DKIM1; k=ed25519; p=")


def weak(kind: str) -> str:
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 1024)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    locked = serialization.BestAvailableEncryption(b"pw") if kind == "locked" else serialization.NoEncryption()
    return key.private_bytes(*form, locked).decode()


@pytest.mark.parametrize("key", ["", "нет", "AAAA", weak("ec"), weak("locked")])
def test_bad_keys_are_refused_without_a_word_of_them(key: str) -> None:
    with pytest.raises(BadKey) as caught:
        record(replace(SETTINGS, dkim_key=key))
    assert key == "" or key[30:50] not in str(caught.value) or key[30:50] == ""


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_body_can_be_signed(body: bytes) -> None:
    raw = b"From: a@clinic.example\r\n\r\n" + body
    assert signed(replace(SETTINGS, dkim_key=pem("ed25519")), raw, now()).endswith(raw)
