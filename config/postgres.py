"""The embedded PostgreSQL: started when needed, shared by every command, stopped by the last one that uses it.

The server listens on a Unix socket in a private folder and on nothing else; who may enter is decided by the operating
system's user (`peer`), so there is no password to keep. Every user of the server holds a shared file lock as long as it
lives; the one that can take the lock for itself on its way out is the last and stops the server. A killed process loses
its lock by itself, so the next start adopts the server it left behind.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg

from config.postgres_place import OTHER_DATABASE, Account, Place, Refused, binaries, find

__all__ = ["Refused", "Server", "alive", "destroy", "ensure", "revive", "running", "stop"]

NAME = "priyom"
SOCKET = ".s.PGSQL.5432"
SOCKET_LIMIT = 100  # bytes; the system allows 107 for the whole path
START_LIMIT = 60.0  # seconds, crash recovery included
STOP_LIMIT = 20.0

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "max_connections": "100",
    "synchronous_commit": "on",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",  # the program's statements are short; compiling them costs more than running them
    "cluster_name": NAME,
}
FAST = {"shared_buffers": "64MB", "fsync": "off", "full_page_writes": "off"}


@dataclass(slots=True)
class Server:
    """A running server. `started_by_us`: it was not running before. Give it back with `stop`."""

    url: str
    started_by_us: bool
    data: Path
    place: Place
    fast: bool
    users: int
    """The descriptor of the lock that says «in use»."""
    process: subprocess.Popen[bytes] | None = field(default=None)


@dataclass(frozen=True, slots=True)
class _Postmaster:
    pid: int
    socket: Path


def ensure(data: Path, *, fast: bool = False) -> Server:
    """Start the database of the installation in `data`, or join the one that runs; `<data>/database.url` names it.

    `fast` gives up durability and is for tests alone. Raises Refused.
    """
    data = data.resolve()
    place = find(data)
    with _mutex(place):
        found = _postmaster(place)
        process = None
        if found is None:
            process = _start(place, data, fast)
            found = _postmaster(place)
        if found is None:
            raise Refused(f"PostgreSQL остановился сразу после запуска; журнал: {data / 'log' / 'postgres.log'}")
        url = _url(found.socket, NAME)
        _answers(found.socket, process, time.monotonic() + START_LIMIT)
        _create(found.socket, process)
        _write(data / "database.url", url + "\n")
        users = _open_lock(place, "users.lock")
        fcntl.flock(users, fcntl.LOCK_SH)
    return Server(url, process is not None, data, place, fast, users, process)


def stop(server: Server) -> None:
    """Leave the server, and end it when nobody else uses it."""
    with _mutex(server.place):
        fcntl.flock(server.users, fcntl.LOCK_UN)
        try:
            fcntl.flock(server.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        else:
            _end(server.place, server.process)
        finally:
            os.close(server.users)


def alive(server: Server) -> bool:
    """Whether the server's main process lives."""
    if server.process is not None:
        server.process.poll()
    return _postmaster(server.place) is not None


def revive(server: Server) -> None:
    """Start the server again, at the same address, after it died. Raises Refused."""
    with _mutex(server.place):
        if _postmaster(server.place) is None:
            if server.process is not None:
                server.process.wait()
            server.process = _start(server.place, server.data, server.fast)


def running(data: Path) -> str | None:
    """The URL of the installation's database when it runs; starts nothing and makes nothing."""
    if not (data / "pg" / "data").exists():
        return None
    found = _postmaster(find(data.resolve()))
    return None if found is None else _url(found.socket, NAME)


def destroy(data: Path) -> None:
    """Stop the server of `data` whoever uses it, and remove its files: for temporary databases."""
    if not (data / "pg").exists():
        return
    place = find(data.resolve())
    _end(place, None)
    shutil.rmtree(place.folder)
    if (data / "pg").is_symlink():
        (data / "pg").unlink()


def _start(place: Place, data: Path, fast: bool) -> subprocess.Popen[bytes]:
    programs = binaries(place)
    if not (place.cluster / "PG_VERSION").exists():
        _initialize(place, programs, fast)
    _same_version(place, programs)
    _let_in(place)
    socket = _socket_folder(place)
    # No server runs here (the caller looked): what a killed one left must not be taken for it, as PostgreSQL does
    # when the number of the dead process is still, or again, in use.
    for left in (place.cluster / "postmaster.pid", socket / SOCKET, socket / f"{SOCKET}.lock"):
        left.unlink(missing_ok=True)
    settings = SETTINGS | (FAST if fast else {})
    settings["unix_socket_directories"] = f'"{socket}"'
    settings["hba_file"] = str(place.folder / "pg_hba.conf")
    settings["ident_file"] = str(place.folder / "pg_ident.conf")
    command = [str(programs / "postgres"), "-D", str(place.cluster)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    log = data / "log" / "postgres.log"
    log.parent.mkdir(exist_ok=True)
    deadline = time.monotonic() + START_LIMIT
    while True:
        size = log.stat().st_size if log.exists() else 0
        process = _launch(command, log, place.account)
        if _answers(socket, process, deadline):
            return process
        reason = _reason(log, size)
        # After `kill -9` of the server its own processes need a moment to notice and let the memory go.
        if "shared memory block" not in reason or time.monotonic() > deadline:
            break
        time.sleep(0.3)
    if process.poll() is None:
        process.kill()
        process.wait()
    raise Refused(f"PostgreSQL не запустился: {reason} Журнал: {log}")


def _launch(command: list[str], log: Path, account: Account) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(command, stdout=output, stderr=output, **account.options())


def _answers(socket: Path, process: subprocess.Popen[bytes] | None, deadline: float) -> bool:
    """Wait until the server takes connections; False when it died or the time is up."""
    while (process is None or process.poll() is None) and time.monotonic() < deadline:
        try:
            psycopg.connect(_url(socket, "postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False


def _initialize(place: Place, programs: Path, fast: bool) -> None:
    """Make the cluster aside and give it its name when it is whole: a start cut short leaves no half of one."""
    if place.cluster.exists():
        if any(place.cluster.iterdir()):
            raise Refused(f"В {place.cluster} лежит не база PostgreSQL: уберите эту папку {OTHER_DATABASE}.")
        place.cluster.rmdir()
    draft = place.folder / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    place.account.own(draft)
    command = [
        str(programs / "initdb"), "-D", str(draft), "-U", NAME, "--auth=peer", "--encoding=UTF8",
        "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
    ]  # fmt: skip
    if fast:
        command.append("--no-sync")
    made = subprocess.run(command, capture_output=True, text=True, check=False, **place.account.options())
    if made.returncode != 0:
        reason = (made.stderr or made.stdout).strip().splitlines()[-1:]
        raise Refused(f"Не удалось создать базу в {place.folder}: {' '.join(reason)}")
    draft.rename(place.cluster)


def _same_version(place: Place, programs: Path) -> None:
    answer = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
    ours = answer.stdout.split()[2].split(".")[0]
    theirs = (place.cluster / "PG_VERSION").read_text().strip()
    if ours != theirs:
        raise Refused(
            f"База создана PostgreSQL {theirs}, а установлен {ours}: перенесите её через deploy/backup.sh "
            f"на прежней версии и deploy/restore.sh на новой."
        )


def _let_in(place: Place) -> None:
    """Who may enter: the server's own user, root, and nobody else (they could not pass the socket's folder either)."""
    names = dict.fromkeys(["root", place.account.name])
    _write(place.folder / "pg_hba.conf", f"local all {NAME} peer map={NAME}\n")
    _write(place.folder / "pg_ident.conf", "".join(f'{NAME} "{name}" {NAME}\n' for name in names))


def _socket_folder(place: Place) -> Path:
    folder = place.folder / "run"
    if len(os.fsencode(folder / SOCKET)) > SOCKET_LIMIT:
        folder = _short_folder(place)
    place.account.own(folder)
    return folder


def _short_folder(place: Place) -> Path:
    """A private folder under /tmp. Its name is kept, so that a restarted server is found at the same address."""
    note = place.folder / "socket"
    if note.exists():
        folder = Path(note.read_text())
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        status = folder.lstat()
        if stat.S_IMODE(status.st_mode) == 0o700 and status.st_uid in (os.geteuid(), place.account.uid):
            return folder
    folder = Path(tempfile.mkdtemp(prefix="priyom-", dir="/tmp"))  # 0700 from its first moment
    _write(note, str(folder))
    return folder


def _create(socket: Path, process: subprocess.Popen[bytes] | None) -> None:
    """The database and its extension, when they are not there."""
    try:
        with psycopg.connect(_url(socket, "postgres"), autocommit=True, connect_timeout=10) as connection:
            if connection.execute("select 1 from pg_database where datname = %s", (NAME,)).fetchone() is None:
                connection.execute(f"create database {NAME}")
        with psycopg.connect(_url(socket, NAME), autocommit=True, connect_timeout=10) as connection:
            connection.execute("create extension if not exists btree_gist")
    except psycopg.Error as error:
        if process is not None:
            process.send_signal(signal.SIGQUIT)
            process.wait()
        raise Refused(f"База не отвечает: {str(error).strip()}") from None


def _postmaster(place: Place) -> _Postmaster | None:
    """The running server by its own pid file; a file left by a dead one, or a number taken by another, is nothing."""
    try:
        lines = (place.cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if len(lines) < 5 or not lines[0].isdigit() or not _is_server(int(lines[0]), place.cluster):
        return None
    return _Postmaster(int(lines[0]), Path(lines[4]))


def _is_server(pid: int, cluster: Path) -> bool:
    proc = Path("/proc")
    if (proc / "self").exists():
        try:
            return os.fsencode(cluster) in (proc / str(pid) / "cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _end(place: Place, process: subprocess.Popen[bytes] | None) -> None:
    found = _postmaster(place)
    if found is not None:
        # Fast: sessions are ended. Immediate, when that takes too long: recovery at the next start.
        _signal(place, found, process, signal.SIGINT)
        _signal(place, found, process, signal.SIGQUIT)
    if process is not None:
        process.wait()
    if found is not None and found.socket.parent == Path("/tmp"):
        shutil.rmtree(found.socket, ignore_errors=True)


def _signal(place: Place, found: _Postmaster, process: subprocess.Popen[bytes] | None, order: signal.Signals) -> None:
    """Send the order to the server, if it still runs, and wait until it has gone."""
    if _postmaster(place) != found:
        return
    with suppress(ProcessLookupError):
        os.kill(found.pid, order)
    deadline = time.monotonic() + STOP_LIMIT
    while _postmaster(place) == found and time.monotonic() < deadline:
        if process is not None:
            process.poll()
        time.sleep(0.05)


def _url(socket: Path, name: str) -> str:
    return f"postgresql://{NAME}@/{name}?host={quote(str(socket), safe='/')}"


def _write(path: Path, text: str) -> None:
    """Replace the file in one step: a reader sees the old text or the new."""
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    os.chmod(draft, 0o644)
    os.replace(draft, path)


def _open_lock(place: Place, name: str) -> int:
    handle = os.open(place.folder / name, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if place.account.switch:  # root at work in a user's installation leaves nothing the user cannot open
        owner = place.folder.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)
    return handle


@contextmanager
def _mutex(place: Place) -> Iterator[None]:
    handle = _open_lock(place, "start.lock")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _reason(log: Path, start: int) -> str:
    """The last fatal line the server has written since its log was `start` bytes long."""
    text = log.read_bytes()[start:].decode(errors="replace")
    lines = [line for line in text.splitlines() if "FATAL" in line or "PANIC" in line]
    return lines[-1].strip() if lines else "причина не названа."
