"""A PostgreSQL server on a machine of the network, set up as docs/running.md tells a clinic to: passwords over TCP, a
standby that follows, and no start by itself after a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg

from config.postgres_place import Place, binaries
from journeys.hosts.network import Network

PASSWORDS = {"postgres": "head", "priyom": "clinic", "replica": "copy"}
HBA = """\
local all         all                   scram-sha-256
host  priyom      priyom   10.77.0.0/16 scram-sha-256
host  replication replica  10.77.0.0/16 scram-sha-256
"""
CONF = """
listen_addresses = '*'
password_encryption = 'scram-sha-256'
wal_keep_size = '256MB'
max_connections = 100
wal_sender_timeout = '10s'
wal_receiver_timeout = '10s'
timezone = 'UTC'
jit = off
"""
FAST = "fsync = off\nfull_page_writes = off\nshared_buffers = '64MB'\n"  # the machine under the machines stays up
LIMIT = 60.0


class Node:
    """The server of one machine. Its folder belongs to the user PostgreSQL runs as."""

    def __init__(self, network: Network, name: str, place: Place) -> None:
        self._network, self.name = network, name
        self._account, self._programs = place.account, binaries(place)
        self.address = network.addresses[name]
        self.folder = place.folder / name
        self.cluster, self._socket = self.folder / "data", self.folder / "run"
        self.log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        for folder in (self.folder, self._socket):
            self._account.own(folder)

    def make(self) -> None:
        """A new cluster with the program's database, running."""
        secret = self.folder / "password"
        secret.write_text(PASSWORDS["postgres"])
        os.chown(secret, self._account.uid, self._account.gid)
        self._run(
            "initdb", "-D", str(self.cluster), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={secret}",
            "--encoding=UTF8", "--locale=C", "--no-sync",
        )  # fmt: skip
        with (self.cluster / "postgresql.conf").open("a") as conf:
            conf.write(f"{CONF}{FAST}unix_socket_directories = '{self._socket}'\n")
        (self.cluster / "pg_hba.conf").write_text(HBA)
        self.start()
        self.sql(f"CREATE ROLE priyom LOGIN PASSWORD '{PASSWORDS['priyom']}'")
        self.sql(f"CREATE ROLE replica LOGIN REPLICATION PASSWORD '{PASSWORDS['replica']}'")
        self.sql(
            "CREATE DATABASE priyom OWNER priyom TEMPLATE template0 ENCODING 'UTF8' "
            "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
        )

    def follow(self, primary: Node) -> None:
        """Become the standby of `primary`: a fresh copy of it, which follows it from then on."""
        if self.cluster.exists():
            self._run("sh", "-c", f"rm -rf {self.cluster}")
        source = f"host={primary.address} user=replica password={PASSWORDS['replica']} application_name={self.name}"
        self._run(
            "pg_basebackup", "-D", str(self.cluster), "-d", source, "-R", "-X", "stream", "-c", "fast", "--no-sync"
        )
        with (self.cluster / "postgresql.auto.conf").open("a") as conf:
            conf.write(f"unix_socket_directories = '{self._socket}'\nsynchronous_standby_names = ''\n")
        self.start()
        state = "SELECT state FROM pg_stat_replication WHERE application_name = %s"
        _until(lambda: primary.sql(state, self.name) == [("streaming",)], f"{self.name} follows")

    def demand(self, standby: Node | None) -> None:
        """From now on a commit is done when `standby` has it too (None: when this server has it)."""
        name = "" if standby is None else standby.name
        self.sql(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        self.sql("SELECT pg_reload_conf()")
        if standby is not None:
            state = "SELECT sync_state FROM pg_stat_replication WHERE application_name = %s"
            _until(lambda: self.sql(state, name) == [("sync",)], f"{name} to be synchronous")

    def start(self) -> None:
        """Start the server as it is: a primary, or a standby where the file `standby.signal` says so."""
        deadline = time.monotonic() + LIMIT
        while True:
            command = [str(self._programs / "postgres"), "-D", str(self.cluster)]
            with self._network.at(self.name), self.log.open("ab") as log:
                process = subprocess.Popen(command, stdout=log, stderr=log, **self._account.options())
            self._process = process
            while process.poll() is None and time.monotonic() < deadline:
                with suppress(psycopg.OperationalError):
                    self.sql("SELECT 1")
                    return
                time.sleep(0.05)
            # After `kill -9` its own processes need a moment to let the memory go.
            assert time.monotonic() < deadline, f"PostgreSQL did not start: {self.log.read_text()[-2000:]}"
            time.sleep(0.2)

    def kill(self) -> None:
        """`kill -9` of the server."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """An orderly end, for the last one who leaves."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
            self._process = None

    def promote(self) -> None:
        """The standby becomes the primary."""
        self._run("pg_ctl", "promote", "-w", "-D", str(self.cluster))

    def sql(self, query: str, *values: object, user: str = "postgres") -> list[tuple[Any, ...]]:
        """Ask this server, over its socket: no cut stands between. Raises psycopg.Error."""
        database = "priyom" if user == "priyom" else "postgres"
        with psycopg.connect(
            host=str(self._socket), user=user, password=PASSWORDS[user], dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def run_script(self, script: str) -> None:
        """A file of statements, as `psql -f` takes it, by the program's own user."""
        options = self._account.options()
        options["env"] |= {"PGPASSWORD": PASSWORDS["priyom"]}
        options.pop("stdin")
        command = [str(self._programs / "psql"), "-X", "-h", str(self._socket), "-U", "priyom", "-v", "ON_ERROR_STOP=1"]
        done = subprocess.run(
            [*command, "-f", "-", "priyom"], input=script, capture_output=True, text=True, check=False, **options
        )
        assert done.returncode == 0, done.stderr

    def _run(self, program: str, *arguments: str) -> None:
        path = Path(program) if program == "sh" else self._programs / program
        with self._network.at(self.name):
            done = subprocess.run(
                [str(path), *arguments], capture_output=True, text=True, check=False, **self._account.options()
            )
        assert done.returncode == 0, f"{program}: {done.stderr}"


def _until(true: Any, what: str) -> None:
    deadline = time.monotonic() + LIMIT
    while not true():
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(0.05)
