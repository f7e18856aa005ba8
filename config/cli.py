"""The command `priyom`: every way the program is started by a person, a supervisor or a timer.

Rooms are imported only by the command that needs them, and only after the database is known: settings are read once,
at their import. Errors a person can mend are one sentence on stderr; exit codes are 0 (done), 1 (not done), 2 (wrong
use), 130 (interrupted).
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import getpass
import importlib
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from priyom import __version__


class Failure(Exception):
    """The command could not do its work; the message is for the person who gave it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    return guarded(lambda: arguments.command(arguments))


def guarded(command: Callable[[], int]) -> int:
    """The exit code of `command`; what it raises becomes one sentence on stderr (a trace with PRIYOM_DEBUG=1)."""
    try:
        return command()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if os.environ.get("PRIYOM_DEBUG", "") in ("1", "true", "yes"):
            raise
        return _complain(error)


def _complain(error: Exception) -> int:
    text = " ".join(str(error).split())
    expected = ("Failure", "Refused", "BadEnvironment", "OperationalError", "ValueError", "FileNotFoundError")
    if not any(kind.__name__ in expected for kind in type(error).__mro__):
        text = f"{type(error).__name__}: {text} (PRIYOM_DEBUG=1 shows where)"
    print(f"priyom: {text or type(error).__name__}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="priyom",
        description="Talks with a clinic's patients so that no visit stays silent.",
        epilog="The environment (PRIYOM_PORT, PRIYOM_DATA, DATABASE_URL, ...) is described in docs/running.md.",
    )
    parser.add_argument("--version", action="version", version=f"priyom {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _processes(commands)
    _tasks(commands)
    return parser


def _processes(commands: Any) -> None:
    run = commands.add_parser("run", help="start everything: database, web, worker, sandbox; Ctrl-C ends it")
    run.set_defaults(command=_run)
    web = commands.add_parser("web", help="serve the staff pages, the API and the webhooks")
    web.add_argument("--host", help="address to listen on (default: PRIYOM_HOST, else 127.0.0.1)")
    web.add_argument("--port", type=_port, help="TCP port (default: PRIYOM_PORT, else 8000)")
    web.add_argument("--workers", type=_positive, default=1, metavar="N", help="number of processes (default: 1)")
    web.set_defaults(command=_web)
    worker = commands.add_parser("worker", help="deliver messages, react to facts, run jobs; start as many as you need")
    worker.set_defaults(command=_worker)
    sandbox = commands.add_parser(
        "sandbox", help="serve the emulated gateways and the patients' phones (training only)"
    )
    sandbox.set_defaults(command=_sandbox)


def _tasks(commands: Any) -> None:
    migrate = commands.add_parser("migrate", help="bring the database to this version of the program")
    migrate.set_defaults(command=_migrate)
    status = commands.add_parser("status", help="show the database, migrations, processes and counts")
    status.set_defaults(command=_status)
    shell = commands.add_parser(
        "with-database",
        help="run a program with DATABASE_URL set and PostgreSQL's own tools in its PATH",
        description="Starts the database for as long as the program runs, if it is not running.",
    )
    shell.add_argument(
        "program", metavar="PROGRAM", nargs=argparse.REMAINDER, help="for example: psql, deploy/backup.sh"
    )
    shell.set_defaults(command=_with_database)
    imports = commands.add_parser("import", help="load a file").add_subparsers(metavar="WHAT", required=True)
    visits = imports.add_parser("visits", help="load visits and patients from a CSV or XLSX file")
    visits.add_argument("file", type=Path, metavar="FILE", help="CSV or XLSX with one visit a row")
    visits.add_argument("--mapping", type=Path, required=True, metavar="MAP", help="file that names the columns")
    visits.set_defaults(command=_import_visits)
    keys = commands.add_parser("api-key", help="keys of programs that use the API")
    create = keys.add_subparsers(metavar="ACTION", required=True).add_parser("create", help="make a key and print it")
    create.add_argument("name", metavar="NAME", help="whose key it is, for example the medical system's name")
    create.set_defaults(command=_api_key)
    staff = commands.add_parser("staff", help="accounts of the clinic's staff")
    account = staff.add_subparsers(metavar="ACTION", required=True).add_parser(
        "create", help="make an account", description="The password is asked for, or read from standard input."
    )
    account.add_argument("login", metavar="LOGIN")
    account.add_argument("--role", required=True, help="registrar, doctor, owner or admin")
    account.set_defaults(command=_staff)


def _port(text: str) -> int:
    if not text.isdigit() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port (0 to 65535)")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number above 0")
    return int(text)


@contextmanager
def house() -> Iterator[None]:
    """The database (joined, or started for as long as the command needs it) and Django on top of it."""
    from config import postgres
    from config.env import env

    server = None if env.database_url else postgres.ensure(env.data)
    try:
        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        with _uncollected():
            django.setup()
        yield
    finally:
        if server is not None:
            postgres.stop(server)


@contextmanager
def _uncollected() -> Iterator[None]:
    """What is loaded here never becomes garbage: the collector need not walk through it, neither now nor ever."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _room(name: str) -> Any:
    """The module of a room. Raises Failure when this build is without it."""
    try:
        with _uncollected():
            return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not name.startswith(error.name):
            raise
        raise Failure(f"this build has no {name}") from None


def _run(arguments: argparse.Namespace) -> int:
    from config import run

    return run.main()


def _web(arguments: argparse.Namespace) -> NoReturn:
    import uvicorn

    from config.env import env

    with house(), _traced():
        uvicorn.run(
            "config.asgi:application",
            host=arguments.host or env.host,
            port=env.port if arguments.port is None else arguments.port,
            workers=arguments.workers,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,  # live streams never end by themselves
        )
    _leave()


def _worker(arguments: argparse.Namespace) -> NoReturn:
    with house(), _traced():
        asyncio.run(_until_told(_room("priyom.workers.main").run))
    _leave()


def _sandbox(arguments: argparse.Namespace) -> NoReturn:
    from config.env import env

    if not env.sandbox:
        raise Failure("the sandbox is switched off here (PRIYOM_SANDBOX=0)")
    with house(), _traced():
        asyncio.run(_until_told(_room("priyom.sandbox.server").run))
    _leave()


def _leave() -> NoReturn:
    """End a process whose work is done and written down. A thread of it may still wait for a vendor that hangs; the
    interpreter would wait for the thread, and whoever starts the program anew for the interpreter."""
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


async def _until_told(run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run until it returns or the process is told to end; a loop that ends on a signal has done its work.

    It is told once, however often it hears it: whoever repeats a signal wants the end, not a half-done one. (Linux
    repeats it by itself when a parent of several threads dies: once for each thread that was the parent in turn.)
    """
    task = asyncio.ensure_future(run())
    loop = asyncio.get_running_loop()
    told = False

    def tell() -> None:
        nonlocal told
        if not told:
            told = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, tell)
    with suppress(asyncio.CancelledError):
        await task


@contextmanager
def _traced() -> Iterator[None]:
    """A process that runs for days leaves the whole trace of its end in the log."""
    try:
        yield
    except Failure:
        raise
    except Exception:
        logging.getLogger("priyom").exception("the process ends")
        raise


def _migrate(arguments: argparse.Namespace) -> int:
    with house():
        from django.core.management import call_command

        call_command("migrate", interactive=False, verbosity=1)
        importlib.import_module("priyom.scenarios.catalogue").load()
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from config import postgres
    from config.env import env

    if not env.database_url and postgres.running(env.data) is None:
        print(f"database    not running (data in {env.data})")
        return 1
    with house():
        from config import status

        return status.show()


def _with_database(arguments: argparse.Namespace) -> int:
    from config import postgres
    from config.env import env
    from config.postgres_place import tools

    if not arguments.program:
        raise Failure("name the program to run")
    server = None if env.database_url else postgres.ensure(env.data)
    environment = dict(os.environ, PRIYOM_DATA=str(env.data), PATH=f"{tools()}{os.pathsep}{os.environ.get('PATH', '')}")
    if server is not None:
        environment["DATABASE_URL"] = server.url
    try:
        return subprocess.run(arguments.program, env=environment, check=False).returncode
    finally:
        if server is not None:
            postgres.stop(server)


def _import_visits(arguments: argparse.Namespace) -> int:
    for path in (arguments.file, arguments.mapping):
        if not path.is_file():
            raise Failure(f"there is no file {path}")
    with house():
        done = _room("priyom.exchange.command").import_visits(arguments.file, arguments.mapping, _progress)
    return int(done or 0)


def _progress(done: int, total: int | None = None) -> None:
    """A line that rewrites itself on a terminal and keeps silent in a pipe."""
    if sys.stderr.isatty():
        share = f" of {total} ({done * 100 // total}%)" if total else ""
        print(f"\r{done}{share} rows", end="\n" if total and done >= total else "", file=sys.stderr, flush=True)


def _api_key(arguments: argparse.Namespace) -> int:
    with house():
        print(_room("priyom.clinic.api_keys").create(arguments.name))
    return 0


def _staff(arguments: argparse.Namespace) -> int:
    password = _password()
    with house():
        _room("priyom.clinic.staff").create(arguments.login, password, arguments.role)
    return 0


def _password() -> str:
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Once more: "):
            raise Failure("the two passwords differ")
    if not password:
        raise Failure("a password is needed")
    return password


if __name__ == "__main__":
    sys.exit(main())
