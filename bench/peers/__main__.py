"""`python -m bench.peers`: the table. Contestants take turns within each run, so that a machine whose speed drifts is
fair to all of them."""

from __future__ import annotations

import argparse
import signal
import statistics
import sys
import time
from contextlib import suppress
from pathlib import Path

from bench.peers import install, plan
from bench.peers.contestants import Contestant, chosen
from bench.peers.round import Late, Round
from bench.peers.stand import Postgres
from bench.peers.verdict import Verdict, words

FULL = plan.Size(rate=100, span=10.0, burst=1000)
QUICK = plan.Size(rate=50, span=4.0, burst=200)
"""For a look whether everybody runs."""
LEAD, LEAD_PER_1000 = 4.0, 2.0
"""Seconds before the first message is due in which everything is enqueued; the processes are up by then."""
Results = dict[tuple[str, int], list[Verdict]]


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one small run: does everybody run?")
    parser.add_argument("--runs", type=int, help="2; 1 with --quick")
    parser.add_argument("--only", default="", help="the beginnings of names, with commas between")
    parser.add_argument("--kills", help="0,1,10; 2 with --quick")
    parser.add_argument("--care", default="check", help="check, mark, ask (see bench/peers/job.py), commas between")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--redis-fsync", default="everysec", choices=["everysec", "always"])
    parser.add_argument("--logs", type=Path, help="keep every process's log in this folder")
    return parser.parse_args()


def play(
    given: argparse.Namespace, contestants: list[Contestant], size: plan.Size, kills: list[int], results: Results
) -> None:
    """All rounds, into `results`."""
    postgres = Postgres()
    try:
        print(f"postgresql {postgres.version} (fsync on, synchronous_commit on), redis appendfsync {given.redis_fsync}")
        for run in range(given.runs or (1 if given.quick else 2)):
            for number in kills:
                made = plan.make(size, given.seed + run, number)
                for contestant in contestants:
                    begun = time.monotonic()
                    verdict = _round(postgres, contestant, made, given)
                    if verdict is None:
                        continue
                    results.setdefault((contestant.key, number), []).append(verdict)
                    took = time.monotonic() - begun
                    print(
                        f"- run {run + 1}, {number} kills, {contestant.key}: {words(verdict)} ({took:.0f} s)",
                        flush=True,
                    )
    finally:
        postgres.close()


def _round(postgres: Postgres, contestant: Contestant, made: plan.Plan, given: argparse.Namespace) -> Verdict | None:
    """One round, again with a longer lead when that was too short."""
    for longer in (1, 2, 4):
        lead = longer * (LEAD + LEAD_PER_1000 * made.size.total / 1000)
        try:
            return Round(postgres, contestant, made, lead, given.redis_fsync, given.logs).run()
        except Late as error:
            print(f"- {error}", flush=True)
    return None


def table(results: Results, contestants: list[Contestant], kills: list[int], total: int) -> str:
    """Speed, lateness and processor time are medians over the runs; the counts are of all runs together."""
    lines = [
        "| contestant | kills | runs | sends/s | 95 % late by | lost | twice | stale | listed | unheard | CPU s/1000 |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for number in kills:
        for contestant in contestants:
            found = results.get((contestant.key, number), [])
            if found:
                lines.append(_line(contestant.key, number, found))
    lines.append("")
    lines.append(f"Counts are the sum over the runs, of {total:,} messages each; the rest are medians.")
    return "\n".join(lines)


def _line(key: str, kills: int, found: list[Verdict]) -> str:
    def median(name: str) -> float:
        return statistics.median(getattr(verdict, name) for verdict in found)

    late = f"{median('late'):.2f} s" if median("late") < float("inf") else "never"
    counts = [sum(getattr(v, name) for v in found) for name in ("lost", "twice", "stale", "listed", "unheard")]
    cells = [key, kills, len(found), f"{median('speed'):.0f}", late, *counts, f"{median('cpu'):.2f}"]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def main() -> int:
    """Run and print."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything that was started is ended
    given = arguments()
    size = QUICK if given.quick else FULL
    kills = [int(word) for word in (given.kills or ("2" if given.quick else "0,1,10")).split(",")]
    try:
        contestants = chosen(given.only, given.care)
        install.everything(redis=any(c.redis for c in contestants), node=any(c.node for c in contestants))
    except (ValueError, install.Missing) as error:
        print(error, file=sys.stderr)
        return 2
    versions = ", ".join(f"{name} {version}" for name, version in install.versions().items())
    print(f"{size.paced} messages at {size.rate}/s, then {size.burst} due at once; {versions}")
    for contestant in contestants:
        print(f"- {contestant.key}: {contestant.settings}")
    results: Results = {}
    with suppress(KeyboardInterrupt):  # what has been measured until then is still worth a table
        play(given, contestants, size, kills, results)
    print()
    print(table(results, contestants, kills, size.total))
    return 0


if __name__ == "__main__":
    sys.exit(main())
