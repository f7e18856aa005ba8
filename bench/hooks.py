"""How many webhooks a second are stored durably, and how many reports are understood: against the web server answering
without a database (the limit), and against what goes out. `python -m bench.hooks --outgoing RATE`, the rate as
`bench.engine` measured it on this machine.

The gateway is a process of its own. Every number is of this run; none is worth anything on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import stand
from journeys import counting
from journeys.killable import free_port

PLACE = "/hooks/counted_fast/bench"
TICKS = 100.0
"""Of the kernel's clock, in a second."""


@dataclass(frozen=True, slots=True)
class Web:
    """Web processes under load."""

    ports: list[int]
    pids: list[int]

    def cpu(self) -> float:
        """Seconds of processor time of all of them."""
        stats = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in self.pids]
        return sum(int(stat[11]) + int(stat[12]) for stat in stats) / TICKS

    def memory(self) -> float:
        """Resident MB of the largest."""
        return max(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 2**20 for pid in self.pids)


@contextmanager
def web(which: str, count: int) -> Iterator[Web]:
    """`count` web processes, ready."""
    ports = [free_port() for _ in range(count)]
    made = [subprocess.Popen([sys.executable, "-m", "bench.hooks_web", which, str(port)]) for port in ports]
    try:
        for port in ports:
            _wait(port)
        yield Web(ports, [process.pid for process in made])
    finally:
        for process in made:
            process.kill()
            process.wait()


def _wait(port: int) -> None:
    for _ in range(600):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the web process does not listen")


def load(web: Web, secret: str, count: int, **plan: object) -> dict[str, Any]:
    """Run the gateway."""
    whole = {"ports": web.ports, "path": PLACE, "secret": secret, "count": count, **plan}
    done = subprocess.run(
        [sys.executable, "-m", "bench.hooks_load", json.dumps(whole)], stdout=subprocess.PIPE, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    found["rate"] = found["statuses"].get("200", 0) / found["seconds"]
    return found


class Numbers:
    """Every call of a run has a number of its own."""

    def __init__(self) -> None:
        self._next = 10**8

    def take(self, count: int) -> int:
        """The first of `count` numbers."""
        self._next += count
        return self._next - count


def as_fast_as_possible(secret: str, count: int, rounds: int, numbers: Numbers) -> None:
    """The limit and the house take turns, so that a machine whose speed drifts is fair to both."""
    print(
        f"{'':34}{'per s':>8}{'of bare':>9}{'p50 ms':>8}{'p99 ms':>8}{'web CPU s per 1000':>20}{'MB before, after':>18}"
    )
    for processes in (1, 2):
        for _ in range(rounds):
            rates = {}
            for which in ("bare", "house"):
                with web(which, processes) as house:
                    load(house, secret, 200, first=numbers.take(200))
                    before, cpu = house.memory(), house.cpu()
                    found = load(house, secret, count, first=numbers.take(count))
                    rates[which] = found["rate"]
                    _line(
                        f"{processes} web, {'200 and no database' if which == 'bare' else 'stored durably'}", found,
                        found["rate"] / rates["bare"], (house.cpu() - cpu) / count * 1000, before, house.memory(),
                    )  # fmt: skip
                    if which == "house":
                        _stored(count)


def _line(name: str, found: dict[str, Any], ratio: float, cpu: float, before: float, after: float) -> None:
    latency = f"{found['p50']:8.1f}{found['p99']:8.1f}"
    print(f"{name:34}{found['rate']:8.0f}{ratio:9.2f}{latency}{cpu:20.2f}{before:10.0f}, {after:6.0f}")


def _stored(count: int) -> None:
    from priyom.delivery.models import RawUpdate  # noqa: PLC0415 - models load only after Django's setup

    kept = RawUpdate.objects.count()
    assert kept >= count, "what was answered with 200 must be stored"
    RawUpdate.objects.all().delete()


def held(
    account_id: int, messages: int, name: str, outgoing: float, seconds: float, processes: int, numbers: Numbers
) -> None:
    """Three times that rate, for as long, while a worker interprets what comes; each call names a known message, and
    the first call of each tells news."""
    rate, secret = outgoing * 3, _secret(account_id)
    _name(account_id, 0, messages)
    count = int(rate * seconds)
    worker = subprocess.Popen([sys.executable, "-m", "journeys.run_worker"], stderr=subprocess.DEVNULL)
    try:
        with web("house", processes) as house:
            load(house, secret, 200, first=numbers.take(200), named=messages)
            before = house.memory()
            found = load(house, secret, count, rate=rate, first=numbers.take(count), connections=128, named=messages)
            left = _waiting()
            begun = time.perf_counter()
            while _waiting() and time.perf_counter() - begun < 120:
                time.sleep(0.2)
            print(
                f"{name}: {outgoing:.0f}/s out, {rate:.0f}/s in for {seconds:.0f} s, {processes} web: "
                f"{'held' if found['rate'] > rate * 0.98 else 'NOT held'}, {found['rate']:.0f}/s answered with 200 "
                f"({found['statuses']}), p50 {found['p50']:.1f} ms, p99 {found['p99']:.1f} ms, longest "
                f"{found['most']:.0f} ms; web memory {before:.0f} -> {house.memory():.0f} MB; at the end {left} waited "
                f"to be understood, {time.perf_counter() - begun:.1f} s later {_waiting()}"
            )
    finally:
        worker.terminate()
        worker.wait()
    _stored(1)


def _waiting() -> int:
    from priyom.delivery.models import RawUpdate  # noqa: PLC0415 - models load only after Django's setup

    return RawUpdate.objects.filter(state="new").count()


def interpreting(account_id: int, secret: str, count: int, numbers: Numbers) -> None:
    """How fast one thread understands reports that lie there."""
    from priyom.inbox.interpret import interpret_once  # noqa: PLC0415 - needs Django to be set up

    with web("house", 1) as house:
        first = numbers.take(count)
        _name(account_id, first, count)
        load(house, secret, count, first=first)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begun, cpu = time.perf_counter(), time.process_time()
    while interpret_once():
        pass
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    assert _delivered(account_id) == count
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"reports understood: {count / seconds:.0f}/s by one thread, {cpu / count * 1000:.2f} CPU s per 1000,"
        f" memory at most {before:.0f} -> {after:.0f} MB"
    )
    _stored(count)


def _name(account_id: int, first: int, count: int) -> None:
    """Let the account's messages stand at the gateway under the ids its reports will name."""
    from django.db import connection  # noqa: PLC0415 - needs Django to be set up

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE delivery_delivery d SET state = 'settled', signal = 'accepted', tries = 1, sent_at = now(),"
            " claimed_at = now(), signal_at = now(), provider_id = 'r' || (%s + n - 1) FROM"
            " (SELECT id, row_number() OVER (ORDER BY id) AS n FROM delivery_delivery WHERE account_id = %s) AS at"
            " WHERE d.id = at.id AND at.n <= %s",
            [first, account_id, count],
        )
        cursor.execute("ANALYZE delivery_delivery")


def _secret(account_id: int) -> str:
    from priyom.delivery import accounts  # noqa: PLC0415 - models load only after Django's setup
    from priyom.delivery.models import Account  # noqa: PLC0415

    return accounts.wire(Account.objects.get(pk=account_id)).hook_secret


def _delivered(account_id: int) -> int:
    from priyom.delivery.models import Delivery  # noqa: PLC0415 - models load only after Django's setup

    return Delivery.objects.filter(account_id=account_id, signal="delivered").count()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--outgoing", type=float, help="what bench.engine printed on this machine, messages per second")
    given = parser.parse_args(arguments)
    counting.register()
    numbers = Numbers()
    with stand.database():
        from priyom.contracts import registry  # noqa: PLC0415

        account_id = stand.fill("http://127.0.0.1:1", given.count, key="bench")
        stand.disable(account_id)
        secret = _secret(account_id)
        as_fast_as_possible(secret, given.count, given.rounds, numbers)
        interpreting(account_id, secret, given.count, numbers)
        vendors = sum(card.pace for card in registry.cards() if "counted" not in card.key)
        for processes in (1, 2):
            held(
                account_id,
                given.count,
                "as fast as all vendors together allow",
                vendors,
                given.seconds,
                processes,
                numbers,
            )
        if given.outgoing:
            held(account_id, given.count, "as fast as the engine sends", given.outgoing, given.seconds, 2, numbers)


if __name__ == "__main__":
    main()
