"""The mother of the victims: a process with the whole program imported and nothing opened. A victim is a fork of it,
so it is there in milliseconds. One JSON line in, one out: {"how": killed | ended | stuck | broke, "said": ...}."""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

import django

from journeys import counting

PATIENCE = 120.0
"""Seconds a victim may live."""


def serve(folder: Path) -> None:
    """Fork one victim for every line of the input."""
    from journeys.chaos.victim import live, preload  # noqa: PLC0415 - needs Django to be set up

    preload()
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    gc.collect()
    gc.freeze()
    _tell(out, {"how": "ready", "said": None})
    for line in sys.stdin:
        _tell(out, _fork(live, json.loads(line), folder / "said.json"))


def _fork(live: Any, job: dict[str, Any], said: Path) -> dict[str, Any]:
    said.unlink(missing_ok=True)
    pid = os.fork()
    if not pid:
        code = 1
        try:
            said.write_text(json.dumps(live(job)))
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    status = _wait(pid)
    if status is None:
        return {"how": "stuck", "said": None}
    if os.WIFSIGNALED(status):
        return {"how": "killed" if os.WTERMSIG(status) == signal.SIGKILL else "broke", "said": None}
    fine = os.WEXITSTATUS(status) == 0
    return {"how": "ended" if fine else "broke", "said": json.loads(said.read_text()) if fine else None}


def _wait(pid: int) -> int | None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _tell(out: Any, what: dict[str, Any]) -> None:
    out.write(json.dumps(what) + "\n")
    out.flush()


if __name__ == "__main__":
    counting.register()
    django.setup()
    serve(Path(sys.argv[1]))
