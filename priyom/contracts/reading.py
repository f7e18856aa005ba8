"""Careful reading of JSON that strangers send: every step names its place, so that a `Malformed` says what and where.

What comes out can be stored: whole numbers fit 64 bits, texts are valid UTF-8 without NUL, moments are aware UTC.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from priyom.contracts.errors import Malformed

_NUMBER_LIMIT = 2**63


def clean(text: str) -> str:
    """The text without what cannot be stored: NUL is dropped, halves of surrogate pairs become «?»."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class Tree:
    """A JSON object and the path that led to it."""

    value: Mapping[str, Any]
    path: str = ""

    @classmethod
    def of(cls, body: bytes) -> Tree:
        """The whole body. Raises Malformed unless it is a JSON object in UTF-8."""
        try:
            value = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Malformed(f"the body is not JSON: {clean(str(error))[:200]}") from None
        if not isinstance(value, dict):
            raise Malformed("the body is not a JSON object")
        return cls(value)

    def has(self, name: str) -> bool:
        """Whether `name` is there and not null."""
        return self.value.get(name) is not None

    def branch(self, name: str) -> Tree:
        """The object under `name`. Raises Malformed."""
        found = self.value.get(name)
        if not isinstance(found, dict):
            raise self._wrong(name, "an object")
        return Tree(found, self._at(name))

    def maybe(self, name: str) -> Tree | None:
        """The object under `name`, None when absent or null. Raises Malformed when it is something else."""
        return self.branch(name) if self.has(name) else None

    def branches(self, name: str) -> list[Tree]:
        """The objects listed under `name`; none when absent. Raises Malformed."""
        found = self.value.get(name)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise self._wrong(name, "a list of objects")
        return [Tree(item, f"{self._at(name)}.{index}") for index, item in enumerate(found)]

    def words(self, name: str, default: str | None = None) -> str:
        """The text under `name`, cleaned. Raises Malformed; absent or null gives `default`, if one is given."""
        found = self.value.get(name)
        if found is None and default is not None:
            return default
        if not isinstance(found, str):
            raise self._wrong(name, "a text")
        return clean(found)

    def number(self, name: str) -> int:
        """The whole number under `name`. Raises Malformed."""
        found = self.value.get(name)
        if not isinstance(found, int) or isinstance(found, bool) or abs(found) >= _NUMBER_LIMIT:
            raise self._wrong(name, "a whole number")
        return found

    def maybe_number(self, name: str) -> int | None:
        """The whole number under `name`, None when absent or null. Raises Malformed."""
        return self.number(name) if self.has(name) else None

    def moment(self, name: str, *, per_second: int = 1) -> datetime | None:
        """Unix time under `name`, in seconds or (1000 `per_second`) ms; None when absent. Raises Malformed."""
        if not self.has(name):
            return None
        try:
            return datetime.fromtimestamp(self.number(name) / per_second, UTC)
        except (ValueError, OverflowError, OSError):
            raise self._wrong(name, "a moment") from None

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def _wrong(self, name: str, wanted: str) -> Malformed:
        return Malformed(f"{self._at(name)} is not {wanted}")
