"""The environment, read once and typed. No other module of the program looks at it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class BadEnvironment(ValueError):
    """A variable cannot be used; the message names it and says what it should be."""


@dataclass(frozen=True, slots=True)
class Env:
    """What the installation was told. Ports are TCP; `data` holds the database, keys and files."""

    data: Path
    host: str
    port: int
    sandbox_port: int
    sandbox_smtp_port: int
    database_url: str
    demo: bool
    sandbox: bool
    encryption_key: str
    public_url: str
    debug: bool
    secret_key: str
    allowed_hosts: tuple[str, ...]

    @property
    def sandbox_url(self) -> str:
        """Where the emulators are, seen from this machine."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def clock_file(self) -> Path:
        """The file that turns the clock in a training installation."""
        return self.data / "clock.json"


def read(environ: Mapping[str, str]) -> Env:
    """Typed settings. Raises BadEnvironment."""
    port = _number(environ, "PRIYOM_PORT", 8000)
    sandbox_port = _number(environ, "PRIYOM_SANDBOX_PORT", 8001)
    host = environ.get("PRIYOM_HOST", "127.0.0.1")
    return Env(
        data=Path(environ.get("PRIYOM_DATA", "./var")).resolve(),
        host=host,
        port=port,
        sandbox_port=sandbox_port,
        sandbox_smtp_port=_number(environ, "PRIYOM_SANDBOX_SMTP_PORT", 0),
        database_url=environ.get("DATABASE_URL", ""),
        demo=_flag(environ, "PRIYOM_DEMO", True),
        sandbox=_flag(environ, "PRIYOM_SANDBOX", True),
        encryption_key=environ.get("PRIYOM_ENCRYPTION_KEY", ""),
        public_url=environ.get("PRIYOM_PUBLIC_URL", f"http://127.0.0.1:{port}").rstrip("/"),
        debug=_flag(environ, "PRIYOM_DEBUG", False),
        secret_key=environ.get("PRIYOM_SECRET_KEY", ""),
        allowed_hosts=tuple(h for h in environ.get("PRIYOM_ALLOWED_HOSTS", "").split(",") if h),
    )


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "")
    if not text:
        return default
    if not text.isdigit() or not 0 <= int(text) <= 65535:
        raise BadEnvironment(f"{name}={text}: нужен номер порта от 0 до 65535")
    return int(text)


def _flag(environ: Mapping[str, str], name: str, default: bool) -> bool:
    text = environ.get(name, "").lower()
    if text not in ("", "0", "1", "true", "false", "yes", "no"):
        raise BadEnvironment(f"{name}={text}: нужно 1 или 0")
    return default if not text else text in ("1", "true", "yes")


env = read(os.environ)
