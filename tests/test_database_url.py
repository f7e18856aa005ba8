"""What `DATABASE_URL` becomes: every form of address that PostgreSQL's own programs understand."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from config.backend import base as backend
from config.database import DEFAULTS, NOTICED, PREPARED, entry
from config.env import BadEnvironment


def _options(url: str) -> dict[str, str]:
    options: Any = entry(url)["OPTIONS"]
    return dict(options)


def test_one_server() -> None:
    made = entry("postgresql://priyom:p%40ss@db.clinic:5433/clinic")
    assert (made["HOST"], made["PORT"]) == ("db.clinic", "5433")
    assert (made["USER"], made["PASSWORD"], made["NAME"]) == ("priyom", "p@ss", "clinic")
    assert made["OPTIONS"] == DEFAULTS | PREPARED
    assert made["TEST"] == {"NAME": "test_clinic"}


def test_a_primary_and_its_standby_are_asked_for_the_one_that_takes_writes() -> None:
    made = entry("postgresql://u:p@10.0.0.1,10.0.0.2:5433/db")
    assert (made["HOST"], made["PORT"]) == ("10.0.0.1,10.0.0.2", ",5433")
    assert _options("postgresql://u:p@a:1,b:2/db")["target_session_attrs"] == "read-write"
    assert _options("postgresql:///db?host=a,b")["target_session_attrs"] == "read-write"
    assert _options("postgresql://u@a,b/db?target_session_attrs=primary")["target_session_attrs"] == "primary"
    assert "target_session_attrs" not in _options("postgresql://u:p@a/db")


def test_a_socket_and_an_address_with_colons() -> None:
    assert entry("postgresql://priyom@/priyom?host=/srv/a%20b/run")["HOST"] == "/srv/a b/run"
    made = entry("postgresql://u@[::1]:5433,[2001:db8::2]/db")
    assert (made["HOST"], made["PORT"]) == ("::1,2001:db8::2", "5433,")


def test_what_the_address_sets_wins() -> None:
    assert _options("postgresql://u@a/db?connect_timeout=2&sslmode=verify-full") == DEFAULTS | PREPARED | {
        "connect_timeout": "2",
        "sslmode": "verify-full",
    }


@pytest.mark.parametrize("url", ["mysql://u:secret@a/db", "postgresql://u:secret@a/db?no_such=1", "postgresql://[::1"])
def test_what_cannot_be_read_is_told_without_the_password(url: str) -> None:
    with pytest.raises(BadEnvironment, match="DATABASE_URL") as told:
        entry(url)
    assert "secret" not in str(told.value)


WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=0x4FF, exclude_categories=["Cs", "Cc"]), min_size=1)


@given(user=WORDS, password=WORDS, name=WORDS, ports=st.lists(st.integers(1, 65535), min_size=1, max_size=4))
def test_any_words_come_through(user: str, password: str, name: str, ports: list[int]) -> None:
    hosts = ",".join(f"h{number}:{port}" for number, port in enumerate(ports))
    url = f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@{hosts}/{quote(name, safe='')}"
    made = entry(url)
    assert (made["USER"], made["PASSWORD"], made["NAME"]) == (user, password, name)
    assert made["PORT"] == ",".join(map(str, ports))
    assert made["HOST"] == ",".join(f"h{number}" for number in range(len(ports)))


def test_both_sides_notice_a_dead_network() -> None:
    """The server takes our limits over TCP (a socket has none, and takes the words all the same)."""
    info = conninfo_to_dict("", **{k: v for k, v in connection.settings_dict["OPTIONS"].items() if isinstance(v, str)})
    assert int(info["tcp_user_timeout"] or 0) == NOTICED * 1000
    settings = connection.settings_dict
    with psycopg.connect(
        dbname="postgres", user=settings["USER"], host=settings["HOST"], options=DEFAULTS["options"]
    ) as made:
        assert made.execute("SHOW tcp_user_timeout").fetchone() is not None


@given(ports=st.lists(st.integers(1, 65535), min_size=2, max_size=4, unique=True), last=st.integers(0, 5))
def test_who_took_writes_last_is_asked_first_and_nobody_is_left_out(ports: list[int], last: int) -> None:
    pairs = [(f"h{number}", str(port)) for number, port in enumerate(ports)]
    first = pairs[last] if last < len(pairs) else ("gone", "1")
    made = backend.ordered(",".join(h for h, _ in pairs), ",".join(p for _, p in pairs), first)
    found = list(zip(made["host"].split(","), made["port"].split(","), strict=True))
    assert sorted(found) == sorted(pairs)
    assert found[0] == (first if first in pairs else pairs[0])
    assert backend.ordered("a,b", "7", ("b", "7")) == {"host": "b,a", "port": "7,7"}


def test_after_one_connection_django_asks_the_host_that_had_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "_last", None)
    settings = connection.settings_dict
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        hosts, ports = f"127.0.0.1,{settings['HOST']}", f"{taken.getsockname()[1]},{settings['PORT'] or 5432}"
        made = backend.DatabaseWrapper({**settings, "HOST": hosts, "PORT": ports}, "several")
        assert made.get_connection_params()["host"] == hosts
        made.get_new_connection({**made.get_connection_params(), "dbname": "postgres"}).close()
        assert made.get_connection_params()["host"] == f"{settings['HOST']},127.0.0.1"


def test_one_host_is_as_ever() -> None:
    assert backend.ordered("", "", ("a", "1")) == {}
    assert backend.ordered("a", "", ("b", "1")) == {"host": "a"}
