"""A line to a vendor that is not there: it answers what a test tells it to, and keeps what was asked. For the tables of
refusals that an emulator would have to be talked into one by one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from priyom.foundation.http import Answer, Http


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it left: `sent` is the form, or else what goes as JSON."""

    method: str
    url: str
    sent: Any
    headers: Mapping[str, str]

    @property
    def page(self) -> str:
        """The address behind its host."""
        return "/" + self.url.split("://", 1)[-1].partition("/")[2]


class Wire(Http):
    """Answers in turn: bytes as they are, an exception by raising it, an `Answer` whole, anything else as JSON."""

    def __init__(self, *answers: object, status: int = 200) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self._answers, self._status = list(answers), status

    async def request(self, method: str, url: str, **rest: Any) -> Answer:
        """Keep the request, give the next answer."""
        sent = rest.get("form") if rest.get("form") is not None else rest.get("json")
        self.asked.append(Asked(method, url, sent, rest.get("headers") or {}))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Answer):
            return answer
        return Answer(self._status, {}, answer if isinstance(answer, bytes) else json.dumps(answer).encode())
