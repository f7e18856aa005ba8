"""Where one can be killed: every line of every function on a message's way, with the name a person would give the
moment. The lines are read off the compiled sources, so a new line is a new point without anybody adding it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType

import psycopg.waiting

ROOT = Path(__file__).resolve().parent.parent.parent
ROOM = ROOT / "priyom"
STATEMENTS = Path(psycopg.waiting.__file__)
"""Here a statement has been sent and its answer not yet read: its COMMIT may or may not have happened."""

TAKING, LEFT, CLAIMING, CLAIMED = "taking an account", "taking up what was left", "at the claim", "after the claim"
BEFORE, LEAVING, ANSWERED = "before sending", "request leaving", "answer came"
CHANNEL, UNSETTLED, SETTLING, SETTLED = "in the channel", "before settling", "settling", "after settling"
ENDING, STATEMENT, TENDING = "ending", "statement sent", "tending"
HOOK, INTERPRETING, REACTING = "webhook being stored", "being interpreted", "in a reaction"
PLANNING, RECONCILING, OTHER = "planning the route", "reconciling", "elsewhere in delivery"

FILES = {
    "delivery/accounts.py": TAKING, "workers/deliver.py": TAKING, "delivery/claim.py": CLAIMING,
    "delivery/pump.py": CLAIMING, "delivery/crew.py": BEFORE,
    "delivery/queue.py": BEFORE, "delivery/pace.py": BEFORE, "delivery/warm.py": CLAIMED, "delivery/attempt.py": BEFORE,
    "delivery/consequence.py": UNSETTLED, "delivery/health.py": UNSETTLED, "delivery/settler.py": SETTLING,
    "delivery/settle.py": SETTLING, "delivery/database.py": STATEMENT, "delivery/tend.py": TENDING,
    "delivery/enqueue.py": PLANNING, "delivery/incoming.py": HOOK, "delivery/listening.py": HOOK,
    "webhooks/receive.py": HOOK, "inbox/interpret.py": INTERPRETING, "inbox/receive.py": INTERPRETING,
    "inbox/chat.py": INTERPRETING, "journal/react.py": REACTING, "journal/record.py": REACTING,
    "notifications/reactions.py": REACTING, "scenarios/reactions.py": REACTING, "scenarios/answer.py": REACTING,
    "appointments/change.py": REACTING, "inbox/reactions.py": REACTING, "inbox/tasks.py": REACTING,
    "notifications/standing.py": REACTING, "scenarios/start.py": PLANNING, "scenarios/advance.py": PLANNING,
    "notifications/notify.py": PLANNING, "notifications/advance.py": PLANNING, "notifications/recheck.py": CLAIMED,
    "workers/reconcile.py": RECONCILING,
}  # fmt: skip
"""Files of the way, below `priyom/`, each with the moment most of its lines belong to. Every other file of `delivery`
and `webhooks` that does something belongs to the way too."""

NOT_THE_WAY = ("__init__.py", "apps.py", "models.py", "facts.py")

FUNCTIONS = {
    "Pump._recover": LEFT, "left": LEFT, "recovered": LEFT, "unknown": LEFT, "Pump.run": TAKING,
    "Pump._round": CLAIMING, "Pump._room": CLAIMING, "with_files": CLAIMED, "Pump._look_again": CLAIMED,
    "Crew.take_up": CLAIMED, "Crew._start": CLAIMED, "Crew._mind": UNSETTLED, "Pump._settle": UNSETTLED,
    "Settler.put": UNSETTLED,
    "Pump._done": SETTLED, "Crew._worked": SETTLED, "Pump._sleep_till_due": SETTLED, "nearest": SETTLED,
    "Pump.stop": ENDING, "Crew.stop": ENDING, "Deliver.stop": ENDING, "Settler.flush": ENDING, "Deliver._end": ENDING,
    "Deliver._stop_pumps": ENDING, "claim_raw": INTERPRETING, "interpret_next": INTERPRETING,
    "interpret_together": INTERPRETING, "_understood": INTERPRETING,
    "request_of": INTERPRETING, "_put_off": INTERPRETING, "next_due": INTERPRETING,
}  # fmt: skip
"""Functions whose moment is another than their file's."""

AFTER = {
    ("delivery/pump.py", "Pump._claim"): ("claimed = await claim(", CLAIMING, CLAIMED),
    ("delivery/crew.py", "Crew._send"): ("outcome = await attempt(", BEFORE, UNSETTLED),
    ("delivery/attempt.py", "attempt"): ("receipt = await _perform(", BEFORE, UNSETTLED),
    ("delivery/settler.py", "Settler._write"): ("await self._write_these(outcomes)", SETTLING, SETTLED),
    ("foundation/http.py", "Http.request"): ("response = await call.build().send()", LEAVING, ANSWERED),
}
"""Functions in the middle of which the moment changes: (the line that changes it, until then, afterwards)."""


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """One line of one function. `file` is below the repository, `function` its qualified name, `first` its first line
    (two functions may bear one name)."""

    file: str
    function: str
    first: int
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.function}"

    @property
    def moment(self) -> str:
        """What is being done there."""
        below = self.file.removeprefix("priyom/")
        if self.file == STATEMENTS.name:
            return STATEMENT
        if below.startswith("channels/") or self.file.startswith("journeys/"):
            return CHANNEL
        turn = AFTER.get((below, self.function))
        if turn is not None:
            return turn[1] if self.line <= _line_of(ROOT / self.file, turn[0]) else turn[2]
        return FUNCTIONS.get(self.function) or FILES.get(below, HOOK if below.startswith("webhooks/") else OTHER)


@cache
def _line_of(path: Path, text: str) -> int:
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if text in line:
            return number
    raise LookupError(f"{path} has no line «{text}»: points.AFTER is out of date")


def files(channel: str) -> list[Path]:
    """The files of the way over that channel."""
    found = [ROOM / name for name in FILES]
    for room in ("delivery", "webhooks"):
        found += [path for path in sorted((ROOM / room).glob("*.py")) if path.name not in NOT_THE_WAY]
    folder = ROOM / "channels" / channel
    own = folder if folder.exists() else ROOT / "journeys" / "channels" / channel
    found += [path for path in sorted(own.glob("*.py")) if path.name not in ("__init__.py", "emulator.py")]
    found += [ROOT / "journeys" / "counting.py"] if own != folder else []
    found += [ROOM / "foundation" / "http.py", STATEMENTS]
    return list(dict.fromkeys(found))


ONLY = {"priyom/foundation/http.py": ("Http.request",), STATEMENTS.name: ("wait_async",)}
"""Of these files only these functions count."""


def name(path: str | Path) -> str:
    """The file as a point names it."""
    found = Path(path)
    ours = found.is_relative_to(ROOT) and found != STATEMENTS  # a library's, wherever it is installed
    return str(found.relative_to(ROOT)) if ours else found.name


def points(paths: list[Path]) -> list[Point]:
    """Every line of every function in these files, nested ones included."""
    return [
        Point(name(path), code.co_qualname, code.co_firstlineno, line)
        for path in paths
        for code in functions(path)
        for line in sorted({line for _, _, line in code.co_lines() if line} - {code.co_firstlineno})
    ]


def functions(path: Path) -> Iterator[CodeType]:
    """The compiled functions of a file; what runs when it is imported is none."""
    wanted = ONLY.get(name(path))
    for code in _nested(compile(path.read_text(), str(path), "exec")):
        if code.co_flags & 2 and (wanted is None or code.co_qualname in wanted):  # 2: has locals of its own
            yield code


def _nested(code: CodeType) -> Iterator[CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner
            yield from _nested(inner)
