"""`docs/walk.md` keeps its word: every place it names exists, no step is missing, every reaction is listed."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ROOT / "priyom"
PAGE = (ROOT / "docs" / "walk.md").read_text()
PLACE = re.compile(r"\[([\w/]+\.py):(\w+)\]\(([^)]+)\)")

# What each step must name at least: the door by which the walk goes on. A step may name more.
DOORS = {
    1: {"exchange/events.py:parse"},
    2: {"exchange/receive.py:receive", "appointments/book.py:book"},
    3: {"scenarios/reactions.py:visit_booked", "scenarios/start.py:start"},
    4: {"scenarios/advance.py:advance_once"},
    5: {"notifications/notify.py:notify", "delivery/enqueue.py:enqueue"},
    6: {"delivery/claim.py:claim", "notifications/recheck.py:recheck"},
    7: {"delivery/attempt.py:attempt", "delivery/settle.py:settle"},
    8: {"webhooks/receive.py:hook", "inbox/interpret.py:interpret", "delivery/settle.py:report"},
    9: {"notifications/reactions.py:delivery_settled", "notifications/advance.py:exhaust"},
    10: {"scenarios/reactions.py:notification_exhausted", "inbox/tasks.py:open_call_task"},
    11: {"inbox/receive.py:pressed", "inbox/rules.py:understand"},
    12: {"scenarios/answer.py:answer", "appointments/change.py:confirm"},
    13: {"analytics/standing.py:standings"},
}


@cache
def defined(path: Path) -> frozenset[str]:
    """Functions and classes a module defines at its top."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return frozenset(node.name for node in ast.parse(path.read_text()).body if isinstance(node, kinds))


def places(text: str) -> set[str]:
    return {f"{path}:{name}" for path, name, _ in PLACE.findall(text)}


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    part = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def test_every_place_exists() -> None:
    found = PLACE.findall(PAGE)
    wrong = [
        f"{path}:{name}"
        for path, name, target in found
        if not (HOUSE / path).is_file() or name not in defined(HOUSE / path) or target != f"../priyom/{path}"
    ]
    assert wrong == []
    assert len(found) > 50


def test_no_step_is_missing() -> None:
    steps = {int(row[0]): places(" ".join(row)) for row in rows("Step by step")}
    assert list(steps) == list(range(1, 14))
    assert {number: doors - steps[number] for number, doors in DOORS.items() if doors - steps[number]} == {}


def test_every_fact_named_exists() -> None:
    facts = {name for path in HOUSE.glob("*/facts.py") for name in defined(path)}
    steps = " ".join(cell for row in rows("Step by step") for cell in row)
    named = set(re.findall(r"`((?:Visit|Delivery|Notification|Patient|CallTask)[A-Z]\w+)`", steps))
    assert named
    assert named - facts == set()


def test_every_reaction_is_listed() -> None:
    listed = {(row[0].strip("`"), place) for row in rows("Who reacts to which fact") for place in places(row[2])}
    assert listed == set(reactions())
    assert len(rows("Who reacts to which fact")) == len({fact for fact, _ in listed})


def test_writers_of_facts_are_right() -> None:
    written = {name: path.parent.name for path in HOUSE.glob("*/facts.py") for name in defined(path)}
    told = {row[0].strip("`"): row[1].strip("`") for row in rows("Who reacts to which fact")}
    assert told == {fact: written[fact] for fact in told}


def reactions() -> list[tuple[str, str]]:
    """(fact, `room/reactions.py:function`) of every function under `@reacts_to`."""
    found = []
    for path in sorted(HOUSE.rglob("*.py")):
        if "tests" in path.parts:
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                found += [
                    (mark.args[0].id, f"{path.relative_to(HOUSE).as_posix()}:{node.name}")
                    for mark in node.decorator_list
                    if isinstance(mark, ast.Call)
                    and isinstance(mark.func, ast.Name)
                    and mark.func.id == "reacts_to"
                    and isinstance(mark.args[0], ast.Name)
                ]
    return found
