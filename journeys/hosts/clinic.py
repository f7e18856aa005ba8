"""A clinic network's Priyom on six machines: db1 (the primary), db2 (its standby), worker1, worker2, web, gateway."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from shutil import rmtree
from typing import Any

from config.postgres_place import Place, find
from journeys.hosts.cluster import PASSWORDS, Node
from journeys.hosts.network import Network
from priyom.foundation.encryption import load_key

ROOT = Path(__file__).resolve().parent.parent.parent
WEB_PORT = 8000
CHANNELS = ("counted_ask", "counted_once", "counted_unknown")
SECONDS = 120.0


class Clinic:
    """The machines, and what runs on them. `db` is the server that takes writes now."""

    def __init__(self, network: Network, place: Place, folder: Path) -> None:
        self.network, self.folder = network, folder
        self.db1, self.db2 = Node(network, "db1", place), Node(network, "db2", place)
        self.db = self.db1
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self._started: list[subprocess.Popen[str]] = []
        self.accounts: dict[str, int] = {}
        self._secrets: dict[str, str] = {}
        ends = f"{network.addresses['db1']}:5432,{network.addresses['db2']}:5432"
        self.env = {
            **os.environ,
            "DATABASE_URL": f"postgresql://priyom:{PASSWORDS['priyom']}@{ends}/priyom?target_session_attrs=read-write",
            "PRIYOM_ENCRYPTION_KEY": load_key(None, folder / "keys" / "secrets").decode(),
            "PRIYOM_SECRET_KEY": load_key(None, folder / "keys" / "session").decode(),
            "PRIYOM_PUBLIC_URL": f"http://{network.addresses['web']}:{WEB_PORT}",
            "PRIYOM_SANDBOX": "0",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": str(ROOT),
        }

    def open(self) -> None:
        """The primary, its standby (asynchronous still), the tables, the gateway."""
        self.db1.make()
        self.run("web", "-m", "django", "migrate", "--verbosity", "0")
        self.db2.follow(self.db1)
        gateway = self.start("gateway", "-m", "journeys.counting_gateway", "--delay", "0.02", "--host", "0.0.0.0")
        assert gateway.stdout is not None
        self.base_url = f"http://{self.network.addresses['gateway']}:{int(gateway.stdout.readline())}"

    def _env(self, host: str) -> dict[str, str]:
        return {**self.env, "PRIYOM_DATA": str(self.folder / host)}

    def run(self, host: str, *arguments: str) -> str:
        """Run Python on that machine to the end; its output."""
        with self.network.at(host):
            done = subprocess.run(
                [sys.executable, *arguments], env=self._env(host), cwd=ROOT, capture_output=True, text=True, check=False
            )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, host: str, *arguments: str) -> subprocess.Popen[str]:
        """Start Python on that machine; its log is the machine's."""
        with self.network.at(host), (self.folder / f"{host}.log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                env=self._env(host), cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        self.processes[host] = process
        self._started.append(process)
        return process

    def work(self) -> None:
        """Both workers."""
        for host in ("worker1", "worker2"):
            self.start(host, "-m", "journeys.run_worker")

    def serve(self) -> None:
        """The web process."""
        self.start("web", "-m", "journeys.run_web", str(WEB_PORT), "0.0.0.0")
        self.until(lambda: self.hook(0, channel="nobody") == 404, "the web process")

    def fill(self, count: int, pace: float = 0.0) -> None:
        """An account of each counting channel with `count` due messages, or so many more for those that are there."""
        made = json.loads(self.run("web", "-m", "journeys.hosts.fill", self.base_url, str(count), str(pace), *CHANNELS))
        self.accounts = {channel: account_id for channel, (account_id, _) in made.items()}
        self._secrets = {channel: secret for channel, (_, secret) in made.items()}

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database that takes writes now, past every cut."""
        return self.db.sql(query, *values, user="priyom")

    def settled(self) -> int:
        """How many deliveries have come to an end."""
        found: int = self.rows("SELECT count(*) FROM delivery_delivery WHERE state = 'settled'")[0][0]
        return found

    def over(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return not self.rows("SELECT 1 FROM delivery_delivery WHERE state IN ('waiting', 'sending') LIMIT 1")

    def holders(self) -> list[str]:
        """The machines whose workers hold accounts now, one for each account."""
        found = self.rows(
            "SELECT host(client_addr) FROM pg_stat_activity JOIN pg_locks USING (pid) "
            "WHERE locktype = 'advisory' AND objsubid = 2 AND objid <> 0 AND granted AND client_addr IS NOT NULL"
        )
        names = {address: name for name, address in self.network.addresses.items()}
        return [names[address] for (address,) in found]

    def counts(self) -> dict[str, Any]:
        """What the gateway has counted; asked at the gateway itself."""
        with (
            self.network.at("gateway"),
            urllib.request.urlopen(f"{self.base_url}/counts", timeout=10) as answer,
        ):
            found: dict[str, Any] = json.load(answer)
        return found

    def hook(self, update: int, *, channel: str = "counted_ask", timeout: float = 30.0) -> int:
        """The gateway calls the clinic; the status it is answered with, 0 for no answer."""
        body = json.dumps({"update": update, "phone": f"+7701{update % 50:07d}", "text": "да"}).encode()
        url = f"{self.env['PRIYOM_PUBLIC_URL']}/hooks/{channel}/{channel.replace('_', '-')}"
        request = urllib.request.Request(url, body, {"X-Secret": self._secrets.get(channel, "")})
        try:
            with self.network.at("gateway"), urllib.request.urlopen(request, timeout=timeout) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except (OSError, HTTPException):
            return 0

    def until(self, true: Callable[[], bool], what: str, seconds: float = SECONDS) -> float:
        """Wait for it; how many seconds it took. Fails when it has not come true in time, or the database is away."""
        begun = time.monotonic()
        while not true():
            waited = time.monotonic() - begun
            assert waited < seconds, f"waited {seconds:.0f} s for {what}\n{self.logs()}"
            time.sleep(0.05)
        return time.monotonic() - begun

    def found(self) -> Result:
        """What became of every message, told by the two who know: the database and the gateway."""
        counted = self.counts()
        result = Result(Counter(counted["delivered"]), Counter(counted["came"]))
        for channel, account_id in self.accounts.items():
            result.signals[channel] = dict(
                self.rows("SELECT id, signal FROM delivery_delivery WHERE account_id = %s", account_id)
            )
        return result

    def after_failover(self) -> None:
        """What a person does after a failover to an asynchronous standby."""
        script = (ROOT / "deploy" / "after-failover.sql").read_text()
        self.db.run_script(script)

    def logs(self) -> str:
        """What the programs on the machines have said."""
        paths = [*sorted(self.folder.glob("*.log")), self.db1.log, self.db2.log]
        return "\n".join(f"== {path}\n{path.read_text()[-4000:]}" for path in paths if path.exists())

    def close(self) -> None:
        """End everything."""
        for process in self._started:
            process.kill()
        for process in self._started:
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        for node in (self.db2, self.db1):
            node.stop()


@dataclass(slots=True)
class Result:
    """Messages by key (`d` and the delivery's number) as the gateway counted them; signals by channel and number."""

    delivered: Counter[str]
    came: Counter[str]
    signals: dict[str, dict[int, str]] = field(default_factory=dict)

    def twice(self) -> set[str]:
        """Messages a patient would have got twice."""
        return {key for key, number in self.delivered.items() if number > 1}

    def lost(self) -> dict[str, set[int]]:
        """By channel, messages no patient got, and which the clinic is not told of as uncertain."""
        return {
            channel: {
                number
                for number, signal in signals.items()
                if not self.delivered[f"d{number}"] and (signal != "uncertain" or channel != "counted_unknown")
            }
            for channel, signals in self.signals.items()
        }

    def told(self, channel: str) -> Counter[str]:
        """How many deliveries of the channel ended with each signal."""
        return Counter(self.signals[channel].values())

    def check(self) -> None:
        """None lost, none twice; only where neither key nor question helps may one be uncertain."""
        assert self.twice() == set(), "a message was delivered twice"
        assert {channel: numbers for channel, numbers in self.lost().items() if numbers} == {}, "a message was lost"
        for channel in ("counted_ask", "counted_once"):
            assert set(self.told(channel)) == {"accepted"}, (channel, self.told(channel))
        assert set(self.told("counted_unknown")) <= {"accepted", "uncertain"}, self.told("counted_unknown")


@contextmanager
def clinic() -> Iterator[Clinic]:
    """The machines for one story, database and gateway running; when it fails their logs are printed."""
    folder = Path(tempfile.mkdtemp(prefix="priyom-hosts-"))
    folder.chmod(0o711)
    network, made = None, None
    try:
        network = Network(["db1", "db2", "worker1", "worker2", "web", "gateway"])
        made = Clinic(network, find(folder), folder)
        made.open()
        yield made
    except BaseException:
        if made is not None:
            sys.stderr.write(made.logs())
        raise
    finally:
        if made is not None:
            made.close()
        if network is not None:
            network.close()
        rmtree(folder, ignore_errors=True)
