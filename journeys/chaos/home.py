"""Everything a run needs: the database, the vendors, the mother of the victims, and words to speak with them."""

from __future__ import annotations

import json
import random
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from journeys.chaos.gateways import SECRET
from journeys.chaos.points import Point
from journeys.killable import Killable, killable

WORKER_LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7713"
ADDRESSES = {"telegram": "81{:04d}", "max_messenger": "82{:04d}", "vk": "83{:04d}"}
PHONE = "+770100{:05d}"
PEOPLE = 60
"""So many people have a phone; each gets a message in turn, for vendors count messages per chat."""


class Home:
    """One run's world."""

    def __init__(self, killed: Killable, seed: int) -> None:
        self.seed, self.dice = seed, random.Random(seed)
        self._killed = killed
        (killed.data / "clock.json").write_text(json.dumps({"offset_seconds": _till_morning()}))
        vendors = killed.start("-m", "journeys.chaos.gateways", str(killed.data / "clock.json"))
        self._mother = self._start_mother()
        self.accounts: dict[str, int] = {}
        self.after_crash: dict[str, str] = {}
        self._line = psycopg.connect(killed.server.url, autocommit=True)
        self._turn, self.number = 0, 0
        assert vendors.stdout is not None
        said = json.loads(vendors.stdout.readline())
        self.gateways = f"http://127.0.0.1:{said['port']}"
        self._settings: dict[str, dict[str, str]] = said["accounts"]
        self._hear()
        self._make_accounts()

    def _start_mother(self) -> subprocess.Popen[str]:
        killed = self._killed
        command = ["-m", "journeys.chaos.zygote", str(killed.data)]
        return killed.start(*command, stdin=subprocess.PIPE)

    def _make_accounts(self) -> None:
        people = [[c, self._address(c, n)] for c in self._settings for n in range(PEOPLE) if "counted" not in c]
        self.tell("/people", people)
        for channel, settings in self._settings.items():
            done = self.live({"do": "account", "channel": channel, "settings": settings, "secret": SECRET})
            assert done["how"] == "ended", self._killed.logs()
            self.accounts[channel], self.after_crash[channel] = done["said"]

    def _address(self, channel: str, number: int) -> str:
        return ADDRESSES.get(channel, PHONE).format(number % PEOPLE)

    # -- words --

    def live(self, job: dict[str, Any]) -> dict[str, Any]:
        """Let a victim live, and hear how it ended; the server has noticed its death by then."""
        assert self._mother.stdin is not None
        self._mother.stdin.write(json.dumps(job) + "\n")
        self._mother.stdin.flush()
        done = self._hear()
        while self.row(WORKER_LOCKS)[0]:
            time.sleep(0.002)
        return done

    def _hear(self) -> dict[str, Any]:
        assert self._mother.stdout is not None
        found: dict[str, Any] = json.loads(self._mother.stdout.readline())
        return found

    def tell(self, path: str, what: object) -> Any:
        """POST to the vendors."""
        with urllib.request.urlopen(self.gateways + path, json.dumps(what).encode(), timeout=10) as answer:
            return json.load(answer)

    def arrived(self) -> dict[str, dict[str, int]]:
        """channel -> text -> how often it stands on phones."""
        found: dict[str, dict[str, int]] = self.ask("/arrived")
        return found

    def ask(self, path: str) -> Any:
        """GET of the vendors."""
        with urllib.request.urlopen(self.gateways + path, timeout=60) as answer:
            return json.load(answer)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database."""
        cursor = self._line.execute(query.encode(), values)
        return cursor.fetchall() if cursor.description else []

    def row(self, query: str, *values: object) -> tuple[Any, ...]:
        """The one row."""
        return self.rows(query, *values)[0]

    def logs(self) -> str:
        """What the processes said."""
        return self._killed.logs()

    # -- work --

    @property
    def channels(self) -> tuple[str, ...]:
        """All there are, the counting ones first."""
        return tuple(sorted(self.accounts, key=lambda channel: "counted" not in channel))

    def only(self, channel: str) -> None:
        """This account alone is pumped from now on."""
        self.rows("UPDATE delivery_account SET enabled = channel = %s", channel)

    def send(
        self,
        channel: str,
        many: int,
        *,
        target: Point | None = None,
        nth: int = 1,
        trap: dict[str, object] | None = None,
        **more: object,
    ) -> tuple[int, dict[str, Any]]:
        """A worker with so many new messages; (the number they bear, how the worker ended)."""
        self.number += 1
        number = self.number
        orders = []
        for place in range(many):
            self._turn += 1
            orders.append((self._address(channel, self._turn), f"chaos {number} {place}"))
        job = {
            "do": "send", "channel": channel, "account": self.accounts[channel], "number": number, "orders": orders,
            "gateways": self.gateways, "trap": trap, "nth": nth, **more,
            "target": target and (target.file, target.function, target.first, target.line),
        }  # fmt: skip
        return number, self.live(job)

    def rest(self, channel: str) -> str:
        """A worker that nobody strikes does what is left; how it ended."""
        return str(self.live({"do": "send", "channel": channel, "gateways": self.gateways, "number": 0})["how"])

    def close(self) -> None:
        """Let the mother go."""
        self._line.close()
        assert self._mother.stdin is not None
        self._mother.stdin.close()
        self._mother.wait(10)


def _till_morning() -> float:
    """Seconds until 10:00 of tomorrow in Almaty: nobody is asleep."""
    now = datetime.now(UTC)
    return ((now + timedelta(days=1)).replace(hour=5, minute=0) - now).total_seconds()


@contextmanager
def home(seed: int) -> Iterator[Home]:
    """A world for one run; when it breaks, what its processes said is printed."""
    with killable(sandbox=True) as killed:
        made = Home(killed, seed)
        try:
            yield made
        finally:
            made.close()
