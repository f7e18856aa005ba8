"""The database goes away in the middle of a stream of webhooks: what was answered with 200 is there, once; everything
else was told 503, and the gateways' repeats fill the gaps."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from contextlib import suppress

import pytest

from journeys.killable import Killable, free_port, killable, until

pytestmark = pytest.mark.journey

HOOKS = 2000
AWAY = 4.0
"""Seconds without a database: longer than the door waits for it."""


class Stream:
    """Gateways that call until each of their updates was taken."""

    def __init__(self, port: int, secret: str) -> None:
        self._address, self._secret = f"http://127.0.0.1:{port}/hooks/counted_ask/counted-ask", secret
        self._left, self._lock = iter(range(HOOKS)), threading.Lock()
        self.taken: list[int] = []
        self.answers = Counter[int]()
        self._threads = [threading.Thread(target=self._call) for _ in range(16)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until all is taken."""
        for thread in self._threads:
            thread.join()

    def _call(self) -> None:
        while (update := self._next()) is not None:
            while (status := self._post(update)) != 200:
                with self._lock:
                    self.answers[status] += 1
                time.sleep(0.1)
            with self._lock:
                self.answers[200] += 1
                self.taken.append(update)

    def _next(self) -> int | None:
        with self._lock:
            return next(self._left, None)

    def _post(self, update: int) -> int:
        body = json.dumps({"update": update, "phone": f"+7701{update % 50:07d}", "text": "да"}).encode()
        request = urllib.request.Request(self._address, body, {"X-Secret": self._secret})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code if error.headers["Retry-After"] else -error.code


def _listens(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10).close()
    except OSError:
        return False
    return True


def _hang(home: Killable, seconds: float) -> None:
    """Every process of the database stands still."""
    backends = [pid for (pid,) in home.rows("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")]
    main = int((home.server.place.cluster / "postmaster.pid").read_text().splitlines()[0])
    for what in (signal.SIGSTOP, signal.SIGCONT):
        for pid in (main, *backends):
            with suppress(ProcessLookupError):
                os.kill(pid, what)
        time.sleep(seconds if what is signal.SIGSTOP else 0)


def test_the_database_dies_and_hangs_for_seconds() -> None:
    with killable() as home:
        account_id = home.fill("http://127.0.0.1:1", "counted_ask", 0)
        secret = home.python("-m", "journeys.hook_secret", str(account_id)).strip()
        port = free_port()
        home.start("-m", "journeys.run_web", str(port))
        until(lambda: _listens(port))
        stream = Stream(port, secret)
        stream.start()
        try:
            for share, strike in ((0.2, home.kill_database), (0.6, lambda seconds: _hang(home, seconds))):
                until(lambda share=share: len(stream.taken) > HOOKS * share)  # type: ignore[misc]
                before, refused = len(stream.taken), stream.answers[503]
                strike(AWAY)
                there = {int(key) for (key,) in home.rows("SELECT update_key FROM delivery_rawupdate")}
                assert set(stream.taken[:before]) <= there, "what was answered with 200 must have outlived it"
                assert before < HOOKS, "it must strike in the middle"
                until(lambda refused=refused: stream.answers[503] > refused)  # type: ignore[misc]
        finally:
            stream.join()
        assert set(stream.answers) == {200, 503}, stream.answers
        assert stream.answers[200] == HOOKS
        rows = home.rows("SELECT update_key, count(*) FROM delivery_rawupdate GROUP BY 1")
        assert {int(key): number for key, number in rows} == dict.fromkeys(range(HOOKS), 1)
