"""The command line and what stands behind it, without starting anything."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import polib  # type: ignore[import-untyped]
import pytest

from config import cli
from config.env import BadEnvironment, read
from config.supervisor import LOG_LIMIT, Sieve, open_log
from config.translations import compile_all

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = ["run", "web", "worker", "sandbox", "migrate", "import", "api-key", "staff", "status"]


def priyom(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "config.cli", *arguments],
        cwd=ROOT, env=dict(os.environ) | environment, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert [command for command in COMMANDS if f"\n    {command} " not in text] == []


@pytest.mark.parametrize(
    "arguments",
    [[], ["fly"], ["web", "--port", "x"], ["web", "--workers", "0"], ["import", "visits", "a.csv"], ["api-key"]],
)
def test_wrong_use_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "usage: priyom" in capsys.readouterr().err


def test_a_missing_file_is_one_sentence() -> None:
    ended = priyom("import", "visits", "nothing.csv", "--mapping", "map.toml")
    assert ended.returncode == 1
    assert ended.stderr == "priyom: there is no file nothing.csv\n"


def test_a_bad_environment_is_one_sentence() -> None:
    ended = priyom("status", PRIYOM_PORT="many")
    assert ended.returncode == 1
    assert ended.stderr.startswith("priyom: PRIYOM_PORT=many")
    assert ended.stderr.count("\n") == 1


LOADED = """
import gc
from config import cli
with cli.house():
    first = gc.get_freeze_count()
    assert gc.isenabled() and first > 10_000, first
    cli._room("priyom.workers.main")
    assert gc.isenabled() and gc.get_freeze_count() > first
    try:
        cli._room("priyom.no_such_room")
    except cli.Failure:
        assert gc.isenabled()
"""


def test_the_collector_does_not_walk_through_the_program() -> None:
    ended = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    ended = priyom("status", DATABASE_URL=f"postgresql://nobody@/none?host={tmp_path}")
    assert ended.returncode == 1
    assert ended.stderr.startswith("priyom: connection")
    assert ended.stderr.count("\n") == 1


def test_status_starts_nothing(tmp_path: Path) -> None:
    ended = priyom("status", DATABASE_URL="", PRIYOM_DATA=str(tmp_path))
    assert ended.returncode == 1
    assert "not running" in ended.stdout
    assert list(tmp_path.iterdir()) == []


def test_the_sandbox_does_not_exist_in_production() -> None:
    ended = priyom("sandbox", PRIYOM_SANDBOX="0")
    assert ended.returncode == 1
    assert "PRIYOM_SANDBOX=0" in ended.stderr


def test_the_password_comes_from_a_pipe_and_may_not_be_empty() -> None:
    ended = priyom("staff", "create", "aigul", "--role", "admin")
    assert ended.returncode == 1
    assert ended.stderr == "priyom: a password is needed\n"


def test_environment_has_defaults_and_refuses_nonsense() -> None:
    env = read({})
    assert (env.host, env.port, env.sandbox_port, env.sandbox, env.demo) == ("127.0.0.1", 8000, 8001, True, True)
    assert read({"PRIYOM_SANDBOX": "0"}).sandbox is False
    for bad in ({"PRIYOM_PORT": "70000"}, {"PRIYOM_SANDBOX": "maybe"}):
        with pytest.raises(BadEnvironment, match=next(iter(bad))):
            read(bad)


def test_translations_are_compiled_once(tmp_path: Path) -> None:
    folder = tmp_path / "kk" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    texts = polib.POFile()
    texts.metadata = {"Content-Type": "text/plain; charset=utf-8"}
    texts.append(polib.POEntry(msgid="Приду", msgstr="Келемін"))
    texts.save(str(folder / "django.po"))
    assert compile_all(tmp_path) == [folder / "django.mo"]
    assert polib.mofile(str(folder / "django.mo"))[0].msgstr == "Келемін"
    os.utime(folder / "django.po", (1, 1))
    assert compile_all(tmp_path) == []


def test_the_console_shows_errors_with_their_name_and_nothing_else() -> None:
    log = """2026-01-01 10:00:00,000 INFO priyom: sent 100
2026-01-01 10:00:01,000 ERROR priyom: it broke
Traceback (most recent call last):
  File "a.py", line 1, in f
ValueError: no
2026-01-01 10:00:02,000 INFO priyom: sent 200
quiet"""
    sieve = Sieve()
    assert [line.split()[-1] for line in log.splitlines() if sieve.passes(line)] == ["broke", "no"]


def test_a_long_log_is_set_aside(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * (LOG_LIMIT + 1))
    with open_log(log) as file:
        file.write(b"new")
    assert log.read_bytes() == b"new"
    assert (tmp_path / "web.log.1").stat().st_size == LOG_LIMIT + 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_comes_again_leaves_the_ending_whole(number: signal.Signals) -> None:
    steps: list[str] = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.sleep(10)
            steps.append("not told")
        finally:
            os.kill(os.getpid(), number)
            await asyncio.sleep(0.05)
            steps.append("ended")

    asyncio.run(cli._until_told(work))
    assert steps == ["ended"]
