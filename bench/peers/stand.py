"""What a round stands on: one durable PostgreSQL with a database of its own for every round, a Redis of its own, the
contestant's processes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from bench import cpu
from bench.peers.contestants import Contestant
from bench.peers.install import NPM, ROOT
from config import postgres

TABLES = """
CREATE TABLE visit (id bigint PRIMARY KEY, version int NOT NULL DEFAULT 1, state text NOT NULL DEFAULT 'booked',
    starts_at timestamptz NOT NULL);
CREATE TABLE message (id bigint PRIMARY KEY, visit_id bigint NOT NULL REFERENCES visit, visit_version int NOT NULL,
    due_at timestamptz NOT NULL, body text NOT NULL, state text NOT NULL DEFAULT 'waiting',
    provider_id text NOT NULL DEFAULT '', signal text NOT NULL DEFAULT '');
CREATE INDEX message_provider ON message (provider_id) WHERE provider_id <> '';
CREATE INDEX message_open ON message (id) WHERE state IN ('waiting', 'sending');
"""
REDIS = """
port 0
unixsocket {folder}/redis.sock
dir {folder}
save ""
appendonly yes
appendfsync {fsync}
maxmemory-policy noeviction
daemonize no
logfile {folder}/redis.log
"""


class Postgres:
    """The one server. Databases are copied from templates that are made once."""

    def __init__(self) -> None:
        self.data = Path(tempfile.mkdtemp(prefix="priyom-bench-"))
        self.data.chmod(0o711)
        self.server = postgres.ensure(self.data)
        self.version = self._run("SHOW server_version")[0][0]
        self._templates: set[str] = set()
        self._number = 0

    def url(self, name: str) -> str:
        """Of one database."""
        return self.server.url.replace("/priyom?", f"/{name}?", 1)

    def fresh(self, contestant: Contestant) -> str:
        """The URL of a new database with the contestant's tables."""
        key = "ours" if contestant.channel else "".join(filter(str.isalpha, contestant.key.split(" ")[0]))
        template = f"template_{key}"
        if template not in self._templates:
            self._run(f"CREATE DATABASE {template} TEMPLATE priyom")
            if contestant.prepare:
                env = environment(contestant, self.data, self.url(template))
                subprocess.run(contestant.prepare, env=env, cwd=ROOT, check=True)
            if not contestant.channel:
                with psycopg.connect(self.url(template)) as connection:
                    connection.execute(TABLES)
            self._templates.add(template)
        self._number += 1
        name = f"round_{self._number}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """A round is over."""
        name = url.split("/")[3].split("?")[0]
        self._run(f"DROP DATABASE {name} WITH (FORCE)")
        self._run("CHECKPOINT")

    def seconds(self) -> float:
        """Of processor time."""
        pid = int((self.server.place.cluster / "postmaster.pid").read_text().splitlines()[0])
        return cpu.of_tree(pid)

    def close(self) -> None:
        """End it, and remove everything."""
        postgres.stop(self.server)
        postgres.destroy(self.data)
        shutil.rmtree(self.data, ignore_errors=True)

    def _run(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


class Process:
    """One process, leader of a session: killed with everything it has started. Counts the time of its former lives."""

    def __init__(self, command: list[str], env: dict[str, str], log: Path) -> None:
        self._command, self._env, self._log = command, env, log
        self._before = 0.0
        self._made = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command, env=self._env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._made.poll() is None

    def seconds(self) -> float:
        """Of processor time, in all its lives."""
        return self._before + cpu.of_session(self._made.pid)

    def kill(self) -> None:
        """`kill -9`."""
        if self.alive:
            self._before += cpu.of_session(self._made.pid)
            os.killpg(self._made.pid, signal.SIGKILL)
        self._made.wait()

    def again(self) -> None:
        """`kill -9`, and started anew at once."""
        self.kill()
        self._made = self._start()


def redis(folder: Path, env: dict[str, str], fsync: str) -> Process:
    """An empty Redis on a socket in `folder`; waits until it answers."""
    (folder / "redis.conf").write_text(REDIS.format(folder=folder, fsync=fsync))
    process = Process(["redis-server", str(folder / "redis.conf")], env, folder / "redis.out")
    wait_for(lambda: (folder / "redis.sock").exists() or not process.alive)
    if not process.alive:
        raise RuntimeError((folder / "redis.log").read_text())
    return process


def environment(contestant: Contestant, data: Path, url: str, **more: str) -> dict[str, str]:
    """Of all its processes."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    ours = {"PRIYOM_DATA": str(data), "PRIYOM_SANDBOX": "0", "PRIYOM_DEMO": "0"}
    ours["DJANGO_SETTINGS_MODULE"] = "config.settings"
    given = {"DATABASE_URL": url, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    given["NODE_PATH"] = str(NPM / "node_modules")
    return kept | given | (ours if contestant.channel else {}) | contestant.env | more


def wait_for(true: Any, seconds: float = 30.0) -> None:
    """Wait until it is true. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)
