"""Phones in one spelling, secrets at rest, the two ways an exchange can fail."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from priyom.foundation.encryption import WrongKey, decrypt, encrypt, load_key
from priyom.foundation.http import Http, HttpError, NoAnswer, NotSent
from priyom.foundation.phone import BadPhone, normalize, show


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("8 (701) 123-45-67", "KZ", "+77011234567"),
        ("+7 912 000-00-01", "RU", "+79120000001"),
        ("77011234567", "RU", "+77011234567"),
        ("912 000 00 01", "RU", "+79120000001"),
        ("+49 30 901820", "KZ", "+4930901820"),
    ],
)
def test_one_spelling(text: str, country: str, expected: str) -> None:
    assert normalize(text, country) == expected
    assert normalize(show(expected), country) == expected


@pytest.mark.parametrize("text", ["", "нет", "12", "+7 701 12", "0" * 30])
def test_what_is_no_number_says_so(text: str) -> None:
    with pytest.raises(BadPhone):
        normalize(text)


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_a_plain_refusal(text: str) -> None:
    try:
        found = normalize(text)
    except BadPhone:
        return
    assert found.startswith("+")
    assert found[1:].isdigit()


@given(st.text(max_size=200))
def test_secrets_come_back(text: str) -> None:
    key = b"x7T5vF0d2mVQmE9oQyS3oV8m3uXkqk0w0o3Jc1bS1hE="
    assert decrypt(key, encrypt(key, text)) == text


def test_the_key_file_is_private_and_made_once(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "secrets.key"
    first = load_key(None, path)
    assert load_key(None, path) == first
    assert path.stat().st_mode & 0o077 == 0
    assert load_key("given", path) == b"given"
    with pytest.raises(WrongKey):
        decrypt(load_key(None, tmp_path / "other.key"), encrypt(first, "тайна"))


def test_nobody_listens_is_not_sent_and_silence_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))

        async def both() -> list[type[HttpError]]:
            kinds: list[type[HttpError]] = []
            async with Http() as http:
                for one in (closed, silent):
                    try:
                        await http.request("POST", f"http://127.0.0.1:{one.getsockname()[1]}/", json={}, timeout=0.3)
                    except HttpError as error:
                        kinds.append(type(error))
            return kinds

        assert asyncio.run(both()) == [NotSent, NoAnswer]
