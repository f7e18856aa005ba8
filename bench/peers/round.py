"""One round: one contestant, one plan, from an empty database to the verdict."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.peers import stand
from bench.peers.contestants import Contestant
from bench.peers.install import ROOT
from bench.peers.ours import TEXT, address
from bench.peers.plan import Plan
from bench.peers.verdict import Said, Verdict, judge
from journeys.killable import free_port

MARGIN = 3.0
LONGEST = 180.0
SECRET = "bench-secret"

THEIR_STATES = "SELECT id - 1, state, provider_id, signal FROM message"
THEIR_OPEN = "SELECT count(*) FROM message WHERE state IN ('waiting', 'sending')"
OUR_STATES = """SELECT right(address, 7)::int, CASE WHEN signal = 'uncertain' THEN 'unknown' WHEN state = 'cancelled'
    THEN 'stale' WHEN signal IN ('', 'failed') THEN state || signal ELSE 'sent' END, provider_id, signal
    FROM delivery_delivery"""
OUR_OPEN = """SELECT (SELECT count(*) FROM delivery_delivery WHERE state IN ('waiting', 'sending'))
    + (SELECT count(*) FROM delivery_rawupdate WHERE state = 'new' AND tries < 3)
    + (SELECT count(*) FROM journal_pending WHERE NOT parked)"""
MOVE = "UPDATE visit SET version = version + 1, starts_at = starts_at + interval '7 days' WHERE id = %s"
CANCEL = "UPDATE visit SET state = 'cancelled' WHERE id = %s"
OURS = [sys.executable, "-m", "bench.peers.ours"]
ENDS = {"sent": "sent", "unknown": "listed", "stale": "stale"}


class Late(Exception):
    """Enqueuing was not done before the zero hour: the round says nothing."""


class Round:
    """Make it, `run` it once."""

    def __init__(
        self, postgres: stand.Postgres, contestant: Contestant, plan: Plan, lead: float, fsync: str, keep: Path | None
    ) -> None:
        """`lead`: seconds in which everything must be enqueued; `fsync` is Redis's; logs are kept in `keep`."""
        self._postgres, self._contestant, self._plan = postgres, contestant, plan
        self._fsync, self._keep = fsync, keep
        self._folder = Path(tempfile.mkdtemp(prefix="priyom-bench-round-"))
        self._gateway = f"http://127.0.0.1:{free_port()}"
        self._url = postgres.fresh(contestant)
        self._zero = 0.0
        self._lead = lead
        self._visibility = lead + plan.size.burst_at + MARGIN
        self._processes: list[stand.Process] = []
        self._moved: dict[int, float] = {}
        self._visits = 1
        self._moving = threading.Thread(target=self._move, daemon=True)
        self._mover: stand.Process | None = None
        self._over = False

    def run(self) -> Verdict:
        """The whole round. Raises Late."""
        try:
            return self._run()
        finally:
            self._over = True
            if self._moving.is_alive():
                self._moving.join()
            for process in self._processes:
                process.kill()
            if self._keep is not None:
                shutil.copytree(
                    self._folder, self._keep / f"{self._contestant.key} {self._plan.seed} {len(self._plan.kills)}",
                    dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.sock"),
                )  # fmt: skip
            shutil.rmtree(self._folder)
            self._postgres.drop(self._url)

    def _run(self) -> Verdict:
        contestant, plan = self._contestant, self._plan
        gateway = self._start("gateway", [sys.executable, "-m", "bench.peers.gateway", "--seed", str(plan.seed),
                                          "--port", self._gateway.rsplit(":", 1)[1]], {})  # fmt: skip
        theirs = {}
        if contestant.redis:
            theirs["redis"] = stand.redis(self._folder, self._env(), self._fsync)
            self._processes.append(theirs["redis"])
        port = free_port()
        web = self._start("web", [*contestant.web, str(port)], {"BENCH_SECRET": SECRET})
        worker = self._start("worker", contestant.worker, {})
        theirs |= {"web": web, "worker": worker}
        stand.wait_for(lambda: _listens(port) and self._ask("/log", None) is not None)
        if contestant.channel:  # before the zero hour is set: it needs a while to come up
            self._mover = self._start("mover", [*OURS, "move", str(self._folder)], {})
            stand.wait_for((self._folder / "ready").exists)
        self._zero = time.time() + self._lead
        secret = self._fill()
        path = f"hooks/{contestant.channel}/bench" if contestant.channel else "hook"
        assert self._ask("/hook", {"url": f"http://127.0.0.1:{port}/{path}", "secret": secret})
        self._moving.start()
        if contestant.enqueue:
            subprocess.run(contestant.enqueue, env=self._env(), cwd=ROOT, check=True)
        if time.time() > self._zero:
            raise Late(f"{contestant.key}: enqueued {time.time() - self._zero:.1f} s too late")
        return self._measure(gateway, worker, theirs)

    def _measure(self, gateway: stand.Process, worker: stand.Process, theirs: dict[str, stand.Process]) -> Verdict:
        time.sleep(max(0.0, self._zero - time.time()))
        begun = self._seconds(theirs)
        for at in self._plan.kills:
            time.sleep(max(0.0, self._zero + at - time.time()))
            worker.again()
        self._wait()
        spent = {name: seconds - begun[name] for name, seconds in self._seconds(theirs).items()}
        self._moving.join()
        assert gateway.alive
        log = self._ask("/log", None)
        taken = [(int(to[5:]), provider_id, at) for to, provider_id, at in log["taken"]]
        return judge(self._plan, self._zero, taken, set(log["told"]), self._moved, self._said(), spent)

    def _seconds(self, theirs: dict[str, stand.Process]) -> dict[str, float]:
        return {"postgresql": self._postgres.seconds()} | {name: one.seconds() for name, one in theirs.items()}

    def _env(self, **more: str) -> dict[str, str]:
        more |= {
            "BENCH_GATEWAY": self._gateway,
            "BENCH_REDIS": f"redis+socket://{self._folder}/redis.sock",
            "BENCH_REDIS_SOCKET": f"{self._folder}/redis.sock",
            "BENCH_VISIBILITY": str(self._visibility),
        }
        return stand.environment(self._contestant, self._postgres.data, self._url, **more)

    def _start(self, name: str, command: list[str], more: dict[str, str]) -> stand.Process:
        process = stand.Process(command, self._env(**more), self._folder / f"{name}.log")
        self._processes.append(process)
        return process

    def _fill(self) -> str:
        """All messages as rows with their due times; the secret of the gateway's reports."""
        plan = self._plan
        if self._contestant.channel:
            said = {"channel": self._contestant.channel, "gateway": self._gateway, "due": plan.due, "zero": self._zero}
            command = [*OURS, "fill", str(self._write("fill", said))]
            made = subprocess.run(command, env=self._env(), cwd=ROOT, stdout=subprocess.PIPE, check=True)
            said = json.loads(made.stdout)
            self._visits = said["visits"]
            return str(said["secret"])
        zero = datetime.fromtimestamp(self._zero, UTC)
        with psycopg.connect(self._url) as connection, connection.cursor() as cursor:
            with cursor.copy("COPY visit (id, starts_at) FROM STDIN") as copy:
                for n in range(plan.size.total):
                    copy.write_row((n + 1, zero + timedelta(days=1)))
            with cursor.copy("COPY message (id, visit_id, visit_version, due_at, body) FROM STDIN") as copy:
                for n, due in enumerate(plan.due):
                    body = json.dumps({"key": f"m{n}", "to": address(n), "text": TEXT, "buttons": []})
                    copy.write_row((n + 1, n + 1, 1, zero + timedelta(seconds=due), body))
        return SECRET

    def _move(self) -> None:
        """Visits move and fall at their times; remembers when each change was committed."""
        moves = [(move.at, move.number, move.cancelled) for move in self._plan.moves]
        if self._mover is not None:
            self._write("moves", {"moves": moves, "visits": self._visits, "zero": self._zero})
            done = self._folder / "moved.json"
            stand.wait_for(lambda: done.exists() or self._over, LONGEST)
            if not self._over:
                self._moved.update({int(number): at for number, at in json.loads(done.read_text()).items()})
            return
        with psycopg.connect(self._url, autocommit=True) as connection:
            for at, number, cancelled in moves:
                while not self._over and (left := self._zero + at - time.time()) > 0:
                    time.sleep(min(left, 0.2))
                if self._over:
                    return
                connection.execute(CANCEL if cancelled else MOVE, (number + 1,))
                self._moved[number] = time.time()

    def _write(self, name: str, said: dict[str, Any]) -> Path:
        path = self._folder / f"{name}.json"
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(said))
        draft.rename(path)
        return path

    def _wait(self) -> None:
        """Until nothing is open, or nothing has happened for longer than the slowest queue needs to take up again what
        a dead worker held."""
        quiet = self._visibility + 2 * MARGIN
        deadline, changed, before = time.monotonic() + LONGEST, time.monotonic(), None
        time.sleep(max(0.0, self._zero + self._plan.size.burst_at + 0.5 - time.time()))
        while time.monotonic() < min(deadline, changed + quiet):
            log = self._ask("/log", None)
            left = self._rows(OUR_OPEN if self._contestant.channel else THEIR_OPEN)[0][0]
            if left == 0 and log["pending"] == 0:
                return
            now = (left, len(log["taken"]), log["pending"])
            if now != before:
                changed, before = time.monotonic(), now
            time.sleep(0.25)

    def _said(self) -> dict[int, Said]:
        rows = self._rows(OUR_STATES if self._contestant.channel else THEIR_STATES)
        return {
            number: Said(ENDS.get(state, "open"), provider_id, signal == "delivered")
            for number, state, provider_id, signal in rows
        }

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def _ask(self, path: str, body: Any) -> Any:
        """Of the gateway; None when it does not answer yet."""
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self._gateway + path, data), timeout=10) as answer:
                return json.load(answer) or True
        except OSError:
            return None


def _listens(port: int) -> bool:
    with socket.socket() as made:
        return made.connect_ex(("127.0.0.1", port)) == 0
