"""Hand-written SQL kept in files: `Statements(folder)` gives the text of `folder/<name>.sql`."""

from __future__ import annotations

from functools import cache
from pathlib import Path


class Statements:
    """The statements of one room. A name without a file is an error at first use, and a test prepares them all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, name: str) -> str:
        return _text(self.folder / f"{name}.sql")

    def names(self) -> list[str]:
        """Every statement of the folder, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.sql"))


@cache
def _text(path: Path) -> str:
    return path.read_text()
