"""Watches the lines a process passes; at the chosen one, passed for the n-th time, the process kills itself."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from journeys.chaos.points import ONLY, Point, name


class Tracer:
    """Counts what is passed (`hits`), and strikes at `target` when it is passed for the `nth` time."""

    def __init__(self, files: Iterable[Path], target: Point | None = None, nth: int = 1) -> None:
        self.hits: Counter[Point] = Counter()
        self._files = {str(path): name(path) for path in files}
        self._target, self._left = target, nth
        self._known: dict[CodeType, str] = {}
        if target is not None:
            self._files = {path: short for path, short in self._files.items() if short == target.file}

    def start(self) -> None:
        """Watch this thread and every one started from now on."""
        threading.settrace(self._call)
        sys.settrace(self._call)

    def stop(self) -> None:
        """Watch no more."""
        sys.settrace(None)
        threading.settrace(None)

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        file = self._known.get(code)
        if file is None:
            file = self._known[code] = self._place(code)
        if not file:
            return None
        return self._count if self._target is None else self._strike

    def _place(self, code: CodeType) -> str:
        file = self._files.get(code.co_filename, "")
        if not file or code.co_qualname not in ONLY.get(file, (code.co_qualname,)):
            return ""
        target = self._target
        if target is not None and (code.co_qualname, code.co_firstlineno) != (target.function, target.first):
            return ""
        return file

    def _count(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            code = frame.f_code
            self.hits[Point(self._known[code], code.co_qualname, code.co_firstlineno, frame.f_lineno)] += 1
        return self._count

    def _strike(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line" and self._target is not None and frame.f_lineno == self._target.line:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return self._strike
