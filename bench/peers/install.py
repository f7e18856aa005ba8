"""The peers' own environments, made when they are not there: a virtual environment for the Python ones, npm packages
for BullMQ, Debian's redis-server. The program and its tests need none of it."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HERE = Path(__file__).parent
PLACE = ROOT / ".venv" / "bench-peers"
PYTHON = PLACE / "bin" / "python"
NPM = PLACE / "npm"
PINS = [HERE / name for name in ("requirements.txt", "package.json", "package-lock.json")]


class Missing(Exception):
    """What a contestant needs cannot be had here, in words."""


def everything(*, redis: bool, node: bool) -> None:
    """Install what is missing. Raises Missing."""
    if redis and shutil.which("redis-server") is None:
        _debian("redis-server")
    if node and (shutil.which("node") is None or shutil.which("npm") is None):
        raise Missing("Node.js and npm are needed for BullMQ: apt-get install nodejs npm")
    stamp = PLACE / "stamp"
    pins = hashlib.sha256(b"".join(path.read_bytes() for path in PINS)).hexdigest()
    if stamp.exists() and stamp.read_text() == pins:
        return
    print("Installing the peers (once, some minutes)...", flush=True)
    if not PYTHON.exists():
        _run([sys.executable, "-m", "venv", str(PLACE)])
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "-qq"]
    _run([*pip, "--require-hashes", "-r", str(HERE / "requirements.txt")])
    if shutil.which("npm") is not None:
        NPM.mkdir(exist_ok=True)
        for path in PINS[1:]:
            shutil.copy(path, NPM)
        _run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=NPM)
    stamp.write_text(pins)


def versions() -> dict[str, str]:
    """What is measured, by name."""
    listed = subprocess.run(
        [str(PYTHON), "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True, check=True
    )
    wanted = ("celery", "kombu", "procrastinate", "pgqueuer", "dbos", "asyncpg", "aiohttp", "uvloop")
    found = dict(line.split("==") for line in listed.stdout.split() if line.split("==")[0] in wanted)
    for name in ("bullmq", "ioredis"):
        said = NPM / "node_modules" / name / "package.json"
        if said.exists():
            found[name] = said.read_text().split('"version": "')[1].split('"')[0]
    for program, flag in (("redis-server", "--version"), ("node", "--version")):
        if shutil.which(program):
            answer = subprocess.run([program, flag], capture_output=True, text=True, check=True).stdout
            found[program] = next((w[2:] for w in answer.split() if w.startswith("v=")), answer.strip())
    found["python"] = sys.version.split()[0]
    return found


def _debian(package: str) -> None:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Missing(f"{package} is needed: apt-get install {package}")
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    subprocess.run(["apt-get", "update", "-qq"], check=True, **quiet)  # type: ignore[call-overload]
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    subprocess.run(command, check=True, env=env, **quiet)  # type: ignore[call-overload]


def _run(command: list[str], cwd: Path | None = None) -> None:
    if subprocess.run(command, cwd=cwd, check=False).returncode != 0:
        raise Missing(f"could not be installed: {' '.join(command[:4])} ...")
