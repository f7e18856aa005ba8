"""The embedded database for real: shared, adopted after a crash, never at the price of an opened folder."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config import postgres
from config.postgres_place import Account, Refused, closed, find

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root's case")
STRANGER = Account("stranger", 54321, 54321, switch=False)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for data that others may pass, as `var` of a clone in /opt is."""
    path = Path(tempfile.mkdtemp(prefix="priyom-pg-"))
    path.chmod(0o755)
    yield path
    postgres.destroy(path)
    shutil.rmtree(path)


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


def pid_of(server: postgres.Server) -> int:
    return int((server.place.cluster / "postmaster.pid").read_text().split()[0])


def modes(path: Path) -> dict[Path, int]:
    return {parent: stat.S_IMODE(parent.stat().st_mode) for parent in path.parents}


@pytest.mark.journey
def test_it_is_utf8_durable_and_on_a_private_socket_alone(folder: Path) -> None:
    server = postgres.ensure(folder)
    try:
        assert server.started_by_us
        assert (folder / "database.url").read_text().strip() == server.url == postgres.running(folder)
        assert ask(server.url, "show server_encoding") == "UTF8"
        assert ask(server.url, "show fsync") == "on"
        assert ask(server.url, "show listen_addresses") == ""
        assert ask(server.url, "select lower('ПРИЁМ')") == "приём"
        assert ask(server.url, "select extname from pg_extension where extname = 'btree_gist'") == "btree_gist"
        for private in (server.place.cluster, server.place.folder / "run"):
            assert stat.S_IMODE(private.stat().st_mode) == 0o700
            assert private.stat().st_uid == server.place.account.uid != 0
    finally:
        postgres.stop(server)
    assert postgres.running(folder) is None


@pytest.mark.journey
def test_the_last_user_stops_it(folder: Path) -> None:
    first = postgres.ensure(folder, fast=True)
    second = postgres.ensure(folder, fast=True)
    assert (first.started_by_us, second.started_by_us) == (True, False)
    assert first.url == second.url
    postgres.stop(second)
    assert postgres.alive(first)
    postgres.stop(first)
    assert postgres.running(folder) is None


@pytest.mark.journey
def test_it_comes_back_after_kill_with_its_data(folder: Path) -> None:
    server = postgres.ensure(folder)
    with psycopg.connect(server.url) as connection:
        connection.execute("create table kept as select 42 as answer")
    os.kill(pid_of(server), signal.SIGKILL)
    while postgres.alive(server):
        pass
    postgres.revive(server)
    try:
        assert ask(server.url, "select answer from kept") == 42
    finally:
        postgres.stop(server)


@pytest.mark.journey
def test_a_pid_file_of_a_dead_server_is_nothing(folder: Path) -> None:
    server = postgres.ensure(folder, fast=True)
    lines = (server.place.cluster / "postmaster.pid").read_text().splitlines()
    postgres.stop(server)
    # The number now belongs to a process of another program.
    (server.place.cluster / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    assert postgres.running(folder) is None
    server = postgres.ensure(folder, fast=True)
    assert server.started_by_us
    postgres.stop(server)


@pytest.mark.journey
def test_a_long_path_gets_a_short_private_socket(folder: Path) -> None:
    data = folder / ("long-" * 20)
    server = postgres.ensure(data, fast=True)
    try:
        socket = Path(server.url.split("host=")[1])
        assert socket.parent == Path("/tmp")
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
        os.kill(pid_of(server), signal.SIGKILL)
        while postgres.alive(server):
            pass
        postgres.revive(server)
        assert ask(server.url, "select 1") == 1
    finally:
        postgres.stop(server)
        postgres.destroy(data)
    assert not socket.exists()


@as_root
@pytest.mark.journey
def test_root_opens_no_closed_folder(folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o700)
    data = folder / "closed" / "var"
    before = modes(data)
    server = postgres.ensure(data, fast=True)
    try:
        assert (data / "pg").is_symlink()
        assert server.place.folder.parent == Path("/var/lib/priyom")
        assert ask(server.url, "select 1") == 1
        assert modes(data) == before
    finally:
        postgres.stop(server)
        postgres.destroy(data)
    assert not server.place.folder.exists()


@as_root
@pytest.mark.journey
def test_root_refuses_in_plain_words_when_there_is_no_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "closed").mkdir(mode=0o700)
    monkeypatch.setattr("config.postgres_place.SYSTEM_FOLDER", folder / "closed" / "system")
    with pytest.raises(Refused, match=r"PRIYOM_DATA .* DATABASE_URL"):
        find(folder / "closed" / "var")


def test_closed_names_the_first_wall() -> None:
    top = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        top.chmod(0o755)
        (top / "a" / "b").mkdir(parents=True)
        assert closed(top / "a" / "b" / "c", STRANGER) is None
        (top / "a").chmod(0o700)
        assert closed(top / "a" / "b" / "c", STRANGER) == top / "a"
        mine = Account("me", os.geteuid(), os.getegid(), switch=False)
        assert closed(top / "a" / "b" / "c", mine) is None
        (top / "a").chmod(0o070)
        assert closed(top / "a" / "b", mine) == top / "a"
    finally:
        (top / "a").chmod(0o700)
        shutil.rmtree(top)
