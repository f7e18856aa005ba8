"""The tag's script and the page: who may frame it, how heavy it is, what language it speaks, how it looks."""

from __future__ import annotations

import re
from dataclasses import asdict, fields

import pytest
from django.test import Client
from django.test.utils import override_settings
from hypothesis import given
from hypothesis import strategies as st

from priyom.delivery.models import Account
from priyom.portal.site_chat.page import CSS, LOADER, PANEL, PANEL_MARK
from priyom.portal.site_chat.rules import gets_code, network, origins
from priyom.portal.site_chat.words import TABLE, Lines
from priyom.portal.tests.test_look import colours, contrast


def test_only_the_clinics_site_may_frame_the_page_and_nothing_comes_from_elsewhere(site: Account) -> None:
    answer = Client().get("/chat/site/?lang=kk")
    policy = answer["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://www.clinic.example https://clinic.example" in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "X-Frame-Options" not in answer
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "no-store")
    assert not answer.cookies
    html = answer.content.decode()
    assert re.findall(r'(?:src|href)="([^"]*)"', html) == [f"/chat/panel-{PANEL_MARK}.js"]
    assert '<html lang="kk">' in html
    assert TABLE["kk"].message in html


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://clinic.example/", ["https://clinic.example", "https://www.clinic.example"]),
        ("https://www.clinic.example/a?b#c", ["https://www.clinic.example", "https://clinic.example"]),
        ("https://clinic.example:8443", ["https://clinic.example:8443", "https://www.clinic.example:8443"]),
        ("http://127.0.0.1:8402/site", ["http://127.0.0.1:8402"]),
        ("http://[::1]:80/", ["http://[::1]:80"]),
        ("http://localhost/", ["http://localhost"]),
        ("javascript:alert(1)", []),
        ("https://a b/;script-src *", []),
        ("https://clinic.example:port/", []),
        ("", []),
    ],
)
def test_origins(url: str, allowed: list[str]) -> None:
    assert list(origins(url)) == allowed


@given(st.text())
def test_no_site_breaks_out_of_the_policy(text: str) -> None:
    assert all(re.fullmatch(r"https?://[A-Za-z0-9._\[\]:-]+", item) for item in _origins(f"https://{text}"))


def _origins(url: str) -> list[str]:
    try:
        return list(origins(url))
    except ValueError:
        pytest.fail(f"{url!r} is an error")


@pytest.mark.parametrize(
    ("address", "place"),
    [("203.0.113.7", "203.0.113.7"), ("::ffff:203.0.113.7", "203.0.113.7"), ("2001:db8::1", "2001:0db8:0000:0000"),
     ("", ""), ("unix", "")],
)  # fmt: skip
def test_network(address: str, place: str) -> None:
    assert network(address) == place


def test_who_gets_a_code() -> None:
    assert gets_code("+79161234567")
    assert gets_code("+77011234567")
    assert not any(gets_code(phone) for phone in ("+74951234567", "+7701123456", "+380501234567", "79161234567"))


def test_it_is_light(site: Account) -> None:
    loader = Client().get("/chat/site/chat.js")
    assert len(loader.content) < 6 * 1024
    assert "max-age=300" in loader["Cache-Control"]
    page, panel = Client().get("/chat/site/"), Client().get(f"/chat/panel-{PANEL_MARK}.js")
    assert "immutable" in panel["Cache-Control"]
    assert len(page.content) + len(panel.content) < 60 * 1024


def test_the_clinics_name_cannot_break_the_scripts(site: Account) -> None:
    Account.objects.filter(pk=site.pk).update(settings={**site.settings, "title": "</script><b>\"'{clinic}"})
    assert b"</script>" not in Client().get("/chat/site/chat.js").content
    assert b"<b>" not in Client().get("/chat/site/").content


def test_it_is_not_there_for_others_accounts_or_other_programs(site: Account) -> None:
    pages = ["/chat/site/", "/chat/site/chat.js"]
    assert [Client().get(page).status_code for page in pages] == [200, 200]
    assert Client().get("/chat/smsc/").status_code == 404
    assert Client().get("/chat/nobody/").status_code == 404
    assert Client().get("/chat/panel-0000000000000000.js").status_code == 404
    Account.objects.filter(pk=site.pk).update(settings={**site.settings, "relay_url": "https://relay.example/"})
    assert [Client().get(page).status_code for page in pages] == [404, 404]
    assert Client().post("/chat/site/visitor").status_code == 404
    Account.objects.filter(pk=site.pk).update(settings=site.settings, enabled=False)
    assert [Client().get(page).status_code for page in pages] == [404, 404]


def test_the_demo_site_exists_only_in_training(site: Account) -> None:
    assert Client().get("/chat/site/demo").status_code == 404
    with override_settings(SANDBOX=True):
        assert b'src="/chat/site/chat.js"' in Client().get("/chat/site/demo").content


@pytest.mark.parametrize("scheme", [0, 1])
def test_contrast(scheme: int) -> None:
    found = colours(re.findall(r":root\{(.*?)\}", CSS)[scheme])
    pairs = [("text", "ground"), ("text", "mine"), ("text", "theirs"), ("text", "note"), ("soft", "ground"),
             ("soft", "mine"), ("soft", "theirs"), ("accent", "ground"), ("accent", "theirs"), ("accent", "mine"),
             ("on", "accent"), ("grave", "theirs")]  # fmt: skip
    ratios = {pair: round(contrast(found[pair[0]], found[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("name", [item.name for item in fields(Lines)])
def test_every_line_has_the_same_places_in_every_language(name: str) -> None:
    lines = [asdict(words)[name] for words in TABLE.values()]
    assert all(lines)
    assert len({frozenset(re.findall(r"\{\w+\}", line)) for line in lines}) == 1


def test_every_line_is_used_and_every_line_used_exists() -> None:
    names = {item.name for item in fields(Lines)}
    asked = set(re.findall(r"\bsay\.(\w+)", PANEL))
    assert asked - names == set()
    assert set(re.findall(r"lines\.(\w+)\b", LOADER)) - {"ru"} <= names | {"open", "unread"}
