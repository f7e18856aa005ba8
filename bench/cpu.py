"""Processor time of processes, from /proc: user and system, with that of the children they have waited for."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def of_session(leader: int) -> float:
    """Seconds of every living process of the session that `leader` leads."""
    return sum(seconds for session, _, seconds in _all().values() if session == leader)


def of_tree(root: int) -> float:
    """Seconds of `root` and all its descendants; PostgreSQL's server processes are sessions of their own."""
    found = _all()
    inside = {root}
    while more := {pid for pid, (_, parent, _) in found.items() if parent in inside} - inside:
        inside |= more
    return sum(found[pid][2] for pid in inside if pid in found)


def _all() -> dict[int, tuple[int, int, float]]:
    """pid -> session, parent, seconds."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(entry.name)] = (int(fields[3]), int(fields[1]), sum(map(int, fields[11:15])) / TICKS)
    return found
