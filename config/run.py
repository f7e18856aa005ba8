"""`priyom run`, which is what `make run` starts: the whole program on one machine, from the database to the phones.

It speaks to the person at the terminal, so its words are Russian. Ctrl-C ends everything it started.
"""

from __future__ import annotations

import asyncio
import errno
import http.client
import importlib.util
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from config import postgres
from config.env import env
from config.supervisor import Child, Part, launch

READY_LIMIT = 90.0  # seconds
TRIES = 3  # deaths before the first answer that make a start a failed one
PORT_PATIENCE = 12.0  # seconds; processes of a run that was killed need a moment to leave their ports
PORT_SILENCE = 1.0  # seconds of it that pass without a word
ROOT = Path(__file__).resolve().parent.parent


class Unstartable(Exception):
    """The program cannot start; the message says why and what to do."""


def main() -> int:
    """Run until told to end. 0: ended as told; 1: it could not start."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        return asyncio.run(_main())
    except (Unstartable, postgres.Refused) as error:
        _say(f"Не запускается. {error}")
        return 1


def _say(text: str) -> None:
    try:
        print(text, flush=True)
    except OSError:  # the terminal has gone; the work of ending goes on
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115


async def _main() -> int:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await _free_ports(told)
    if told.is_set():
        return 0
    server = None
    if not env.database_url:
        _say("Запускаю базу данных...")
        server = await asyncio.to_thread(postgres.ensure, env.data)
    try:
        await _serve(told, server)
    finally:
        if server is not None:
            await asyncio.to_thread(postgres.stop, server)
    _say("Остановлено.")
    return 0


async def _serve(told: asyncio.Event, server: postgres.Server | None) -> None:
    environment = dict(os.environ, PYTHONUNBUFFERED="1")
    if server is not None:
        environment["DATABASE_URL"] = server.url
    _say("Готовлю данные...")
    sign_in = await _prepare(told, environment)
    if told.is_set():
        return
    children = [Child(part, env.data / "log", environment, _say) for part in _parts()]
    watch = asyncio.create_task(_watch(server)) if server is not None else None
    try:
        for child in children:
            child.start()
        if await _ready(told, children):
            _say(_welcome(sign_in))
        await told.wait()
        _say("\nОстанавливаю...")
    finally:
        if watch is not None:
            watch.cancel()
        await asyncio.gather(*(child.stop() for child in children))


def _parts() -> list[Part]:
    """Gateways first, so that the worker finds them; what this build lacks is left out."""
    me = [sys.executable, "-m", "config.cli"]
    parts = []
    if env.sandbox and _built("priyom.sandbox.server"):
        parts.append(Part("sandbox", [*me, "sandbox"], ("127.0.0.1", env.sandbox_port, "/clock")))
    if _built("priyom.workers.main"):
        parts.append(Part("worker", [*me, "worker"]))
    parts.append(Part("web", [*me, "web"], (_near(env.host), env.port, "/healthz")))
    return parts


def _built(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _near(host: str) -> str:
    """How this machine itself reaches a listener on `host`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)


async def _free_ports(told: asyncio.Event) -> None:
    """Wait until the ports are free, or told to end. Raises Unstartable."""
    wanted = [(env.host, env.port, "PRIYOM_PORT")]
    if env.sandbox:
        wanted.append(("127.0.0.1", env.sandbox_port, "PRIYOM_SANDBOX_PORT"))
        if env.sandbox_smtp_port:
            wanted.append(("127.0.0.1", env.sandbox_smtp_port, "PRIYOM_SANDBOX_SMTP_PORT"))
    began, said = time.monotonic(), False
    for host, port, variable in wanted:
        while not told.is_set() and (problem := _taken(host, port)) is not None:
            if problem != errno.EADDRINUSE:
                raise Unstartable(
                    f"Адрес {host}:{port} не открывается ({os.strerror(problem)}): {variable}, PRIYOM_HOST."
                )
            waited = time.monotonic() - began
            if waited > PORT_SILENCE and not said:
                said = True
                _say(f"Порт {port} занят, жду, пока освободится...")
            if waited > PORT_PATIENCE:
                raise Unstartable(
                    f"Порт {port} занят (возможно, программа уже запущена). "
                    f"Другой порт задается так: {variable}={port + 10} make run"
                )
            with suppress(TimeoutError):
                await asyncio.wait_for(told.wait(), 0.2)


def _taken(host: str, port: int) -> int | None:
    """The error number of listening there, None when it is free."""
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return None
    except OSError as error:
        return error.errno or errno.EADDRNOTAVAIL


async def _prepare(told: asyncio.Event, environment: Mapping[str, str]) -> list[list[str]]:
    """Migrate and load the demo in a process of its own; returns who may sign in: (login, password, who)."""
    process = await launch([sys.executable, "-m", "config.prepare"], environment)
    work = asyncio.create_task(process.communicate())
    end = asyncio.create_task(told.wait())
    await asyncio.wait({work, end}, return_when=asyncio.FIRST_COMPLETED)
    end.cancel()
    if not work.done():
        process.terminate()
    output, errors = await work
    if told.is_set():
        return []
    if process.returncode != 0:
        log = env.data / "log" / "prepare.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(output + errors)
        last = errors.decode(errors="replace").strip().splitlines()[-1:]
        raise Unstartable(f"Подготовка данных не удалась: {' '.join(last)} (весь вывод: {log})")
    made: list[list[str]] = json.loads(output.splitlines()[-1])["sign_in"]
    return made


async def _ready(told: asyncio.Event, children: list[Child]) -> bool:
    """Wait until every part answers; False when told to end first. Raises Unstartable."""
    deadline = time.monotonic() + READY_LIMIT
    waiting = [child for child in children if child.part.address is not None]
    while waiting and not told.is_set():
        for child in children:
            if child.deaths >= TRIES:
                raise Unstartable(f"{child.part.name} останавливается сразу после запуска. Журнал: {child.log}")
        answers = [await asyncio.to_thread(_answers, child.part) for child in waiting]
        waiting = [child for child, answered in zip(waiting, answers, strict=True) if not answered]
        if waiting and time.monotonic() > deadline:
            raise Unstartable(f"{waiting[0].part.name} не отвечает. Журнал: {waiting[0].log}")
        if waiting:
            await asyncio.sleep(0.1)
    return not told.is_set()


def _answers(part: Part) -> bool:
    assert part.address is not None
    host, port, path = part.address
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


async def _watch(server: postgres.Server) -> None:
    """Bring the database back when it dies; the processes connect again by themselves."""
    while True:
        await asyncio.sleep(1)
        if postgres.alive(server):
            continue
        _say("база данных остановилась, запускаю снова")
        try:
            await asyncio.to_thread(postgres.revive, server)
        except postgres.Refused as error:
            _say(str(error))
            await asyncio.sleep(10)


def _welcome(sign_in: list[list[str]]) -> str:
    base = f"http://{_near(env.host)}:{env.port}"
    lines = ["", "  Приём работает.", "", f"  Сегодня    {base}/"]
    if env.sandbox:
        lines.append(f"  Телефоны   http://127.0.0.1:{env.sandbox_port}/")
    lines += [f"  API        {base}/api/v1/docs", ""]
    for number, (login, password, who) in enumerate(sign_in):
        lines.append(f"  {'Вход' if number == 0 else '':<10} {login:<12} пароль {password:<14} {who}")
    if not sign_in:
        command = Path(sys.executable).with_name("priyom")
        shown = command.relative_to(ROOT) if command.is_relative_to(ROOT) else command
        lines.append(f"  Вход       сначала заведите учетную запись: {shown} staff create ЛОГИН --role admin")
    lines += ["", f"  Данные     {env.data}", f"  Журналы    {env.data / 'log'}", "", "  Ctrl-C завершает все.", ""]
    return "\n".join(lines)
