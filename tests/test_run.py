"""`priyom run` with real processes: it starts, answers, survives the death of its parts, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config import postgres

pytestmark = pytest.mark.journey

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 120.0  # seconds until something that must happen counts as not happening; a busy machine needs most of one


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.05)


class Installation:
    """Data of its own, ports of its own, and whatever is started on them."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.output = data / "console.txt"
        self.runs: list[subprocess.Popen[bytes]] = []
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if name != "DATABASE_URL" and not name.startswith("PRIYOM_")
        }
        self.environment |= {
            "PRIYOM_DATA": str(data),
            "PRIYOM_PORT": str(free_port()),
            "PRIYOM_SANDBOX_PORT": str(free_port()),
        }

    def run(self) -> subprocess.Popen[bytes]:
        """Start `priyom run`; what it says goes to `output`."""
        with self.output.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "config.cli", "run"],
                cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        self.runs.append(process)
        return process

    def said(self) -> str:
        return self.output.read_text()

    def wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        until(lambda: "Приём работает" in self.said() or process.poll() is not None)
        assert process.poll() is None, self.said()

    def processes(self) -> dict[int, str]:
        """Living processes that were started with this installation's data: pid -> command line."""
        mark = f"PRIYOM_DATA={self.data}".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                ours = mark in (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if command and (ours or str(self.data) in command):
                found[int(folder.name)] = command
        return found

    def pid_of(self, words: str) -> int:
        return next(pid for pid, command in self.processes().items() if words in command)


@pytest.fixture
def installation() -> Iterator[Installation]:
    data = Path(tempfile.mkdtemp(prefix="priyom-run-"))
    data.chmod(0o755)
    made = Installation(data)
    yield made
    for process in made.runs:
        process.kill()
        process.wait()
    until(lambda: not [c for c in made.processes().values() if "config" in c])
    postgres.destroy(data)
    shutil.rmtree(data)


def test_it_starts_twice_and_ends_without_a_trace(installation: Installation) -> None:
    for _ in range(2):
        process = installation.run()
        installation.wait_ready(process)
        assert f"http://127.0.0.1:{installation.environment['PRIYOM_PORT']}/" in installation.said()
        process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT) == 0
        assert "Traceback" not in installation.said()
        assert installation.processes() == {}


def test_a_second_start_says_that_the_port_is_taken(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", int(installation.environment["PRIYOM_PORT"]))):
        process = installation.run()
        assert process.wait(LIMIT) == 1
    assert "жду, пока освободится" in installation.said()
    assert "PRIYOM_PORT=" in installation.said()
    assert "Traceback" not in installation.said()
    assert not (installation.data / "pg").exists()


def test_what_dies_is_started_again(installation: Installation) -> None:
    process = installation.run()
    installation.wait_ready(process)
    web = installation.pid_of("config.cli web")
    os.kill(web, signal.SIGKILL)
    until(lambda: any("config.cli web" in c for p, c in installation.processes().items() if p != web))
    assert "web: процесс остановился" in installation.said()
    database = int((installation.data / "pg" / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(database, signal.SIGKILL)
    until(lambda: "база данных остановилась" in installation.said())
    until(lambda: postgres.running(installation.data) is not None)
    process.send_signal(signal.SIGTERM)
    assert process.wait(LIMIT) == 0
    assert installation.processes() == {}


def test_a_killed_run_leaves_nothing_that_hinders_the_next(installation: Installation) -> None:
    killed = installation.run()
    installation.wait_ready(killed)
    killed.kill()
    killed.wait()
    process = installation.run()
    installation.wait_ready(process)
    process.send_signal(signal.SIGINT)
    assert process.wait(LIMIT) == 0
    assert installation.processes() == {}, "the database the killed run left behind was adopted, and ended"


def test_production_has_no_sandbox_and_tells_how_to_make_an_account(installation: Installation) -> None:
    installation.environment["PRIYOM_SANDBOX"] = "0"
    process = installation.run()
    installation.wait_ready(process)
    assert "staff create" in installation.said()
    assert "Телефоны" not in installation.said()
    assert not any("sandbox" in command for command in installation.processes().values())
    process.send_signal(signal.SIGINT)
    assert process.wait(LIMIT) == 0
