"""Who takes part, and what of it is started how. What each of them is set to, and why, stands in its own file."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace

from bench.peers.install import HERE, PYTHON

THEIR_PYTHON = str(PYTHON)
CELERY = [
    str(PYTHON.parent / "celery"), "-A", "bench.peers.with_celery", "worker", "--pool", "threads",
    "--concurrency", "100", "--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "ERROR",
]  # fmt: skip
RUN = [THEIR_PYTHON, "-m", "bench.peers.run_peer"]
REPORTS = [THEIR_PYTHON, "-m", "bench.peers.reports"]


@dataclass(frozen=True, slots=True)
class Contestant:
    """`channel` is set for the engine alone. Commands: to make its tables, to enqueue, the worker, the web process (its
    port is added)."""

    key: str
    settings: str
    worker: list[str]
    enqueue: list[str] = field(default_factory=list)
    prepare: list[str] = field(default_factory=list)
    web: list[str] = field(default_factory=lambda: REPORTS)
    channel: str = ""
    redis: bool = False
    node: bool = False
    env: dict[str, str] = field(default_factory=dict)


def _ours(key: str, channel: str, settings: str) -> Contestant:
    return Contestant(
        key, settings, [sys.executable, "-m", "journeys.run_worker"],
        prepare=[sys.executable, "-m", "django", "migrate", "--verbosity", "0"],
        web=[sys.executable, "-m", "journeys.run_web"], channel=channel,
    )  # fmt: skip


def _celery(key: str, late: str, settings: str) -> Contestant:
    enqueue = [*RUN, "celery", "enqueue"]
    return Contestant(key, settings, CELERY, enqueue, redis=True, env={"BENCH_ACKS_LATE": late})


def _python(name: str, settings: str) -> Contestant:
    run = [*RUN, name]
    return Contestant(name, settings, [*run, "work"], [*run, "enqueue"], [*run, "prepare"])


BULLMQ = ["node", str(HERE / "with_bullmq.cjs")]
PLAIN = (
    _ours("priyom", "counted_unknown", "gateway cannot be asked, no key"),
    _ours("priyom asks", "counted_ask", "gateway can be asked after a message"),
    _celery("celery", "0", "100 threads, acknowledged before the task runs (default)"),
    _celery("celery acks late", "1", "100 threads, acks_late, task_reject_on_worker_lost"),
    Contestant(
        "bullmq", "concurrency 100, lock 5 s, stalled every 2 s", [*BULLMQ, "work"], [*BULLMQ, "enqueue"],
        redis=True, node=True,
    ),
    _python("procrastinate", "concurrency 100, uvloop, heartbeat 1 s, stalled after 4 s"),
    _python("pgqueuer", "100 tasks, batches of 50, uvloop, heartbeat 5 s"),
    _python("dbos", "worker_concurrency 100, uvloop, queue polled every 0.2 s"),
)  # fmt: skip


def careful(contestant: Contestant, care: str) -> Contestant:
    """The same queue with more care in the user's code (`job.py`: mark, ask)."""
    env = {**contestant.env, "BENCH_CARE": care}
    return replace(contestant, key=f"{contestant.key} + {care}", env=env)


def chosen(only: str, cares: str) -> list[Contestant]:
    """Those whose key begins with one of the words of `only`, each queue in each of `cares`. Raises ValueError."""
    words = [word.strip() for word in only.split(",") if word.strip()]
    if unknown := [word for word in words if not any(c.key.startswith(word) for c in PLAIN)]:
        raise ValueError(f"nobody is called {', '.join(unknown)}; there are {'; '.join(c.key for c in PLAIN)}")
    found = [c for c in PLAIN if not words or any(c.key.startswith(word) for word in words)]
    return [
        c if c.channel or care == "check" else careful(c, care)
        for c in found
        for care in (["check"] if c.channel else cares.split(","))
    ]
