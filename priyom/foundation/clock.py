"""The one clock. Every moment in the program comes from here, in UTC.

In production the clock is the computer's. In a training installation the sandbox turns it: the offset
stands in a small file beside the data, and every process follows the file. The file is read only after
`follow()` was called, which production never does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path


class Clock:
    """Wall clock plus an offset. `follow(path)` makes the offset come from a file shared by all processes."""

    def __init__(self) -> None:
        self._offset = timedelta(0)
        self._path: Path | None = None
        self._stamp: tuple[int, int] | None = None
        self._frozen: datetime | None = None

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        if self._frozen is not None:
            return self._frozen
        if self._path is not None:
            self._read()
        return datetime.now(UTC) + self._offset

    @property
    def offset(self) -> timedelta:
        """How far this clock is ahead of the computer's."""
        if self._path is not None:
            self._read()
        return self._offset

    def follow(self, path: Path) -> None:
        """Take the offset from `path` (JSON: {"offset_seconds": float}) from now on; a missing file means 0."""
        self._path = path
        self._stamp = None

    def turn(self, offset: timedelta) -> None:
        """Set the offset, for every process that follows the same file."""
        self._offset = offset
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        draft.write_text(json.dumps({"offset_seconds": offset.total_seconds()}))
        draft.replace(self._path)

    def freeze(self, at: datetime | None) -> None:
        """Stand still at `at` (tests); `None` lets the clock run again."""
        if at is not None and at.tzinfo is None:
            raise ValueError("a moment needs its zone")
        self._frozen = at

    @contextmanager
    def standing(self, at: datetime) -> Iterator[None]:
        """In here it is that moment, for this process (a past that is made up); afterwards as before."""
        before = self._frozen
        self.freeze(at)
        try:
            yield
        finally:
            self._frozen = before

    def reset(self) -> None:
        """Be the computer's clock again: no offset, no file, running (tests)."""
        self._offset, self._path, self._stamp, self._frozen = timedelta(0), None, None, None

    def _read(self) -> None:
        assert self._path is not None
        try:
            stat = os.stat(self._path)
        except FileNotFoundError:
            self._stamp, self._offset = None, timedelta(0)
            return
        stamp = (stat.st_mtime_ns, stat.st_ino)
        if stamp != self._stamp:
            self._offset = timedelta(seconds=json.loads(self._path.read_text())["offset_seconds"])
            self._stamp = stamp


clock = Clock()


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return clock.now()
