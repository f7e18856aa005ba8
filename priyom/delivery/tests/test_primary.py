"""Several hosts in one address: the silent, the refusing and the one that takes writes, in any order."""

from __future__ import annotations

import asyncio
import itertools
import socket

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from priyom.delivery import primary
from priyom.delivery.database import conninfo


@pytest.fixture
def silent() -> socket.socket:
    """Takes connections and says nothing."""
    return socket.create_server(("127.0.0.1", 0))


def test_one_address_for_each_host() -> None:
    assert primary.each("host=a dbname=d") == ["host=a dbname=d"]
    assert [conninfo_to_dict(way) for way in primary.each("host=a,b port=1,2")] == [
        {"host": "a", "port": "1"},
        {"host": "b", "port": "2"},
    ]
    assert [conninfo_to_dict(way).get("port") for way in primary.each("host=a,b port=7")] == ["7", "7"]
    assert [conninfo_to_dict(way).get("port") for way in primary.each("host=a,b port=,2")] == ["5432", "2"]


@pytest.mark.parametrize("order", list(itertools.permutations(["silent", "closed", "here"])))
async def test_the_one_that_takes_writes_is_found_behind_the_others(
    order: tuple[str, ...], silent: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(primary, "_last", {})
    here = conninfo_to_dict(conninfo())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        ways = {
            "silent": ("127.0.0.1", str(silent.getsockname()[1])),
            "closed": ("127.0.0.1", str(taken.getsockname()[1])),
            "here": (str(here["host"]), str(here.get("port") or 5432)),
        }
        hosts, ports = zip(*(ways[name] for name in order), strict=True)
        info = psycopg.conninfo.make_conninfo(conninfo(), host=",".join(hosts), port=",".join(ports))
        for _ in range(2):
            async with asyncio.timeout(10):  # one host after the other would take connect_timeout for the silent one
                async with await primary.connect(info) as made:
                    cursor = await made.execute("SELECT 1")
                    assert await cursor.fetchone() == (1,)
        assert conninfo_to_dict(primary._last[info])["port"] == ways["here"][1]
    silent.close()


async def test_when_nobody_will_have_us_all_reasons_are_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(psycopg.OperationalError, match=rf"(?s){port}.*{port}"):
            await primary.connect(f"host=127.0.0.1,localhost port={port} user=u dbname=d")
