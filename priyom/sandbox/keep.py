"""The phones' memory: every emulator's state and its gateway's mode as a JSON file: a restart forgets nothing."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path

from priyom.contracts.emulator import Emulator, Mode

log = logging.getLogger(__name__)

SHORTEST_PAUSE = 0.5
SHARE = 20
"""Between two savings pass at least so many times what the last one took: a full sandbox must not only save itself."""


class Keeper:
    """Saves all emulators some time after `touch`, each into `<folder>/<channel>.json`, whole or not at all."""

    def __init__(self, folder: Path, emulators: Mapping[str, Emulator]) -> None:
        self._folder = folder
        self._emulators = emulators
        self._saved: dict[str, int] = {}
        self._touched = asyncio.Event()
        self._pause = SHORTEST_PAUSE

    def touch(self) -> None:
        """Something changed."""
        self._touched.set()

    def load(self) -> None:
        """Take up what was saved; a file that cannot be read is put aside and said."""
        for key, emulator in self._emulators.items():
            path = self._folder / f"{key}.json"
            try:
                found = json.loads(path.read_text())
                emulator.load(found["state"])
                emulator.mode = Mode(found["mode"])
            except FileNotFoundError:
                continue
            except Exception:
                log.exception("%s cannot be read: the phones of this channel start empty", path)
                path.replace(path.with_suffix(".unreadable"))

    def save(self) -> None:
        """Write every emulator whose state is not on the disk yet."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for key, emulator in self._emulators.items():
            text = json.dumps({"mode": emulator.mode, "state": emulator.dump()}, ensure_ascii=False)
            if self._saved.get(key) == hash(text):
                continue
            draft = self._folder / f".{key}.{os.getpid()}"
            draft.write_text(text)
            draft.replace(self._folder / f"{key}.json")
            self._saved[key] = hash(text)

    async def run(self) -> None:
        """Save after every touch, with pauses; once more at the end."""
        try:
            while True:
                await self._touched.wait()
                await asyncio.sleep(self._pause)
                self._touched.clear()
                began = time.monotonic()
                self.save()
                self._pause = max(SHORTEST_PAUSE, SHARE * (time.monotonic() - began))
        finally:
            self.save()
