"""Real processes for tests that kill them: a database of their own, workers, a web process, the counting gateway.
Everything listens on loopback, on free ports, and is ended by its process id."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import psycopg

from config import postgres
from journeys import ready

ROOT = Path(__file__).resolve().parent.parent


class Killable:
    """Processes and the database they share."""

    def __init__(self, data: Path, *, sandbox: bool) -> None:
        self.data = data
        self.server = postgres.ensure(data, fast=True)
        self.processes: list[subprocess.Popen[str]] = []
        self.env = {
            **os.environ,
            "PRIYOM_DATA": str(data),
            "PRIYOM_SANDBOX": "1" if sandbox else "0",
            "DATABASE_URL": self.server.url,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": str(ROOT),
        }
        self.python("-m", "django", "migrate", "--verbosity", "0")

    def python(self, *arguments: str) -> str:
        """Run to the end; its output."""
        command = [sys.executable, *arguments]
        done = subprocess.run(command, env=self.env, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(
        self, *arguments: str, stdin: int | None = None, env: dict[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start a Python process; its log goes to the data folder, its output can be read (and with `stdin` PIPE its
        input written)."""
        with (self.data / f"process-{len(self.processes)}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments], env={**self.env, **(env or {})}, cwd=ROOT, stdin=stdin,
                stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def worker(self, url: str | None = None) -> subprocess.Popen[str]:
        """A worker process with the counting channels; `url`: another way to the database."""
        return self.start("-m", "journeys.run_worker", env={} if url is None else {"DATABASE_URL": url})

    def cuttable(self) -> Cuttable:
        """A way to the database that can be cut."""
        process = self.start("-m", "journeys.cut_off", str(self.socket), stdin=subprocess.PIPE)
        return Cuttable(process)

    @property
    def socket(self) -> Path:
        """The database's socket."""
        return Path(self.rows("SHOW unix_socket_directories")[0][0].strip('"')) / postgres.SOCKET

    def gateway(self, delay: float) -> str:
        """The counting gateway; its address."""
        process = self.start("-m", "journeys.counting_gateway", "--delay", str(delay))
        assert process.stdout is not None
        return f"http://127.0.0.1:{int(process.stdout.readline())}"

    def fill(self, base_url: str, channel: str, count: int, pace: float | None = None) -> int:
        """An account of that channel and `count` due messages; the account's id."""
        return int(self.python("-m", "journeys.fill", base_url, channel, str(count), str(pace or 0)))

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database, waiting while it is away."""
        deadline = time.monotonic() + 30
        while True:
            try:
                with psycopg.connect(self.server.url, autocommit=True, connect_timeout=5) as connection:
                    cursor = connection.execute(query.encode(), values)
                    return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def kill_database(self, away: float = 0.0) -> None:
        """`kill -9` of the server's main process, and a start anew after `away` seconds."""
        pid = int((self.server.place.cluster / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        if self.server.process is not None:
            self.server.process.wait()
        os.close(self.server.users)
        time.sleep(away)
        self.server = postgres.ensure(self.data, fast=True)
        assert self.server.url == self.env["DATABASE_URL"]

    def logs(self) -> str:
        """What the processes have logged."""
        return "\n".join(path.read_text() for path in sorted(self.data.glob("process-*.log")))

    def end(self, since: int = 0) -> None:
        """Kill the processes started after the first `since`."""
        for process in self.processes[since:]:
            process.kill()
        for process in self.processes[since:]:
            process.wait()

    def close(self) -> None:
        """End everything."""
        self.end()
        for process in self.processes:
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
        postgres.stop(self.server)
        postgres.destroy(self.data)


@cache
def _ready() -> Path:
    """A data folder with the tables made and nothing in them."""
    folder = Path(tempfile.mkdtemp(prefix="priyom-journey-"))
    folder.chmod(0o711)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(postgres.destroy, folder)
    postgres.stop(Killable(folder, sandbox=False).server)
    return folder


@contextmanager
def killable(*, sandbox: bool = False) -> Iterator[Killable]:
    """Processes for one test; when it fails their logs are printed."""
    with tempfile.TemporaryDirectory(prefix="priyom-journey-") as folder:
        data = Path(folder)
        data.chmod(0o711)
        ready.copy(_ready(), data, "pg", "keys")
        made = Killable(data, sandbox=sandbox)
        try:
            yield made
        except BaseException:
            sys.stderr.write(made.logs())
            raise
        finally:
            made.close()


class Cuttable:
    """A way to the database (`url`) that swallows everything while it is cut."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdout is not None
        self.url = f"postgresql://priyom@127.0.0.1:{int(process.stdout.readline())}/priyom"

    def cut(self) -> None:
        """Nothing passes any more."""
        self._order("cut")

    def mend(self) -> None:
        """It does again."""
        self._order("mend")

    def _order(self, word: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == word + "\n"


def kill(process: subprocess.Popen[str]) -> None:
    """`kill -9`."""
    process.kill()
    process.wait()


def until(true: Callable[[], bool], seconds: float = 120.0) -> None:
    """Wait for it; fails when it has not come true in time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)


def counts(base_url: str) -> dict[str, Any]:
    """What the counting gateway has counted."""
    with urllib.request.urlopen(f"{base_url}/counts", timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def mode(base_url: str, word: str) -> None:
    """Switch the counting gateway: ok or down."""
    urllib.request.urlopen(f"{base_url}/mode/{word}", timeout=10).close()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
    return port


def turn(home: Killable, to: timedelta, *, tell: bool = True) -> None:
    """Set the clock of a `sandbox` so far from the computer's. `tell`: say so to everybody, as the sandbox does."""
    (home.data / "clock.json").write_text(json.dumps({"offset_seconds": to.total_seconds()}))
    if tell:
        home.rows("SELECT pg_notify('priyom', 'clock')")


def hook_status(port: int, update: int, secret: str) -> int:
    """Call the clinic as the counting gateway would: the status of the answer; 0 when there was none."""
    body = json.dumps({"update": update, "phone": f"+7701{update % 50:07d}", "text": "да"}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/hooks/counted_ask/counted-ask", body, {"X-Secret": secret}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            status: int = answer.status
            return status
    except HTTPError as error:
        error.close()
        return error.code
    except (OSError, HTTPException):
        return 0


def post_hook(port: int, update: int, secret: str) -> bool:
    """The same: whether it was taken."""
    return hook_status(port, update, secret) == 200
