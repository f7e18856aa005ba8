"""Child processes that are kept alive: started, logged to files, started again when they die, ended together."""

from __future__ import annotations

import asyncio
import ctypes
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

GRACE = 12.0  # seconds between «please end» and «end»; a worker gives what is under way five, then writes it down
SETTLED = 60.0  # seconds after which a process counts as healthy again
LONGEST_PAUSE = 30.0
LOG_LIMIT = 10 * 1024 * 1024  # bytes; a longer log is set aside at the next start

_SERIOUS = re.compile(r"\b(WARNING|ERROR|CRITICAL)\b")
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the program. `address` (host, port, path) answers over HTTP once it works; None: it has none."""

    name: str
    command: Sequence[str]
    address: tuple[str, int, str] | None = None


class Sieve:
    """Lets through warnings and errors, and of a trace its last line, which names the error; the log has it whole."""

    def __init__(self) -> None:
        self._inside = False

    def passes(self, line: str) -> bool:
        """Whether this line of a log is for the console."""
        if line.startswith("Traceback "):
            self._inside = True
            return False
        if self._inside and (not line or line.startswith((" ", "\t"))):
            return False
        ended, self._inside = self._inside, False
        return ended or bool(_SERIOUS.search(line))


class Child:
    """A part that is kept running from `start` to `stop`. `say` gets lines for the console."""

    def __init__(self, part: Part, logs: Path, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.part = part
        self.deaths = 0
        """How often it has ended by itself."""
        self.log = logs / f"{part.name}.log"
        self._environment = environment
        self._say = say
        self._stopping = asyncio.Event()
        self._process: Process | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to keep the process running."""
        self._task = asyncio.create_task(self._keep(), name=self.part.name)

    async def stop(self) -> None:
        """End the process and its own children: asked first, made after GRACE seconds."""
        self._stopping.set()
        if self._task is None:
            return
        self._kill(signal.SIGTERM)
        done, _ = await asyncio.wait({self._task}, timeout=GRACE)
        if not done:
            self._kill(signal.SIGKILL)
            await self._task

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while not self._stopping.is_set():
            began = loop.time()
            code = await self._live()
            if self._stopping.is_set():
                return
            self.deaths += 1
            failures = 1 if loop.time() - began > SETTLED else failures + 1
            pause = min(LONGEST_PAUSE, 0.25 * 2**failures)
            self._say(f"{self.part.name}: процесс остановился (код {code}), снова запущу через {pause:g} с")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _live(self) -> int:
        """One life of the process; returns its exit code."""
        with open_log(self.log) as log:
            self._process = process = await launch(self.part.command, self._environment, stderr=STDOUT)
            pump = asyncio.create_task(self._pump(process, log))
            if self._stopping.is_set():
                self._kill(signal.SIGTERM)
            code = await process.wait()
            self._kill(signal.SIGKILL)  # what it has left behind in its group
            await asyncio.wait({pump}, timeout=1)
            pump.cancel()
        return code

    async def _pump(self, process: Process, log: BinaryIO) -> None:
        assert process.stdout is not None
        sieve, rest = Sieve(), b""
        while chunk := await process.stdout.read(65536):
            log.write(chunk)
            log.flush()
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                text = line.decode(errors="replace")
                if sieve.passes(text) and not self._stopping.is_set():
                    self._say(f"{self.part.name}: {text}")

    def _kill(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)


async def launch(command: Sequence[str], environment: Mapping[str, str], *, stderr: int = PIPE) -> Process:
    """A process in a group of its own (the terminal's Ctrl-C passes it by) that ends with this one."""
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=stderr,
        env=dict(environment),
        start_new_session=True,
        preexec_fn=_bound_to(os.getpid()),
    )


def open_log(path: Path) -> BinaryIO:
    """The log to append to; one that has grown too long is set aside as `<name>.1` first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")


def _bound_to(parent: int) -> Callable[[], None] | None:
    """Makes Linux tell the child to end when its parent dies, even by `kill -9`."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return bind
