"""Strangers' telephones for the tests: baresip as a person who takes the call, SIPp as an operator by a scenario."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from priyom.contracts.peer import program

MODULES = ("stdio.so", "g711.so", "aufile.so")
APPS = ("account.so", "menu.so", "ctrl_tcp.so")


def free_port() -> int:
    """A UDP port that nobody has now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class BareSip:
    """A running baresip. `events` are what it tells of its calls."""

    def __init__(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.port = port
        self.events: list[dict[str, Any]] = []
        self._reader, self._writer = reader, writer
        self._reading = asyncio.get_running_loop().create_task(self._read())

    async def command(self, name: str, params: str = "") -> None:
        """Something its person does."""
        body = json.dumps({"command": name, "params": params}).encode()
        self._writer.write(b"%d:%s," % (len(body), body))
        await self._writer.drain()

    def seen(self, kind: str) -> bool:
        """Whether it has told of an event of this type."""
        return any(event.get("type") == kind for event in self.events)

    async def close(self) -> None:
        """Let go of its control port."""
        self._reading.cancel()
        with suppress(asyncio.CancelledError):
            await self._reading
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _read(self) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = int((await self._reader.readuntil(b":"))[:-1])
                whole = json.loads((await self._reader.readexactly(length + 1))[:-1])
                self.events.append(whole)


STARTS = 5


@asynccontextmanager
async def baresip(folder: Path, user: str, answer: str = "auto") -> AsyncIterator[BareSip]:
    """A baresip whose person takes calls (`auto`) or lets them ring (`manual`)."""
    path, process, phone = program("baresip"), None, None
    silence(folder / "silence.wav")
    try:
        for _ in range(STARTS):
            port, control = free_port(), free_port()
            _configure(folder, user, answer, port, control)
            process = await asyncio.create_subprocess_exec(
                path, "-4", "-f", str(folder), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL, env={**os.environ, "HOME": str(folder)},
            )  # fmt: skip
            line = await _connected(control, process)
            if line is not None:
                phone = BareSip(port, *line)
                break
            await _end(process)  # somebody else took a port between our look and its start
        assert phone is not None, "baresip does not start"
        yield phone
    finally:
        if phone is not None:
            await phone.close()
        if process is not None:
            await _end(process)


def _configure(folder: Path, user: str, answer: str, port: int, control: int) -> None:
    lines = [
        "poll_method epoll", f"sip_listen 127.0.0.1:{port}", "net_interface 127.0.0.1",
        "module_path /usr/lib/baresip/modules", *(f"module {name}" for name in MODULES),
        "module_tmp account.so", "module_app account.so", *(f"module_app {name}" for name in APPS[1:]),
        f"ctrl_tcp_listen 127.0.0.1:{control}", f"audio_source aufile,{folder}/silence.wav",
        "audio_player aufile,/dev/null", "audio_alert aufile,/dev/null", "ausrc_srate 8000",
        "auplay_srate 8000", "rtp_ports 20000-40000",
    ]  # fmt: skip
    (folder / "config").write_text("\n".join(lines) + "\n")
    account = f"<sip:{user}@127.0.0.1:{port}>;regint=0;answermode={answer};dtmfmode=rtpevent;audio_codecs=pcma\n"
    (folder / "accounts").write_text(account)
    (folder / "contacts").write_text("")


async def _connected(
    port: int, process: asyncio.subprocess.Process
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    """Its line of control; None when it has ended, or does not listen within ten seconds."""
    for _ in range(100):
        if process.returncode is not None:
            return None
        with suppress(OSError):
            return await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.1)
    return None


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), 5)
    except TimeoutError:
        process.kill()
        await process.wait()


def silence(path: Path) -> None:
    """Ten seconds of nothing, for a microphone."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 80_000)


@asynccontextmanager
async def sipp(folder: Path, scenario: str) -> AsyncIterator[tuple[int, asyncio.subprocess.Process]]:
    """SIPp as the called side of one call (and of one OPTIONS), by this scenario; its port and process."""
    path, port = program("sipp"), free_port()
    (folder / "scenario.xml").write_text(scenario)
    process = await asyncio.create_subprocess_exec(
        path, "-sf", str(folder / "scenario.xml"), "-i", "127.0.0.1", "-p", str(port), "-m", "2", "-nostdin",
        "-timeout", "60", "-mi", "127.0.0.1", "-mp", str(free_port() // 2 * 2), cwd=folder,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield port, process
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
