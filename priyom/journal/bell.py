"""What has changed since somebody last looked: the bell that the open pages follow.

Triggers write into `journal_news`, in the transaction of the change, a line of words that say what it was about
(`chat:12`, `patient:7`, `tasks`), and ring the channel `priyom_news` without any content. PostgreSQL drops equal
notifications of a transaction, so a thousand facts at once ring once; and a ring that is missed loses nothing, because
whoever listens reads the lines.

**None is lost and none waits for another.** Numbers and times become visible out of order: a slow transaction commits
after a quicker one that began later, so «everything after the last one I saw» would skip it. Therefore the place of a
reader is not a number but a snapshot: which transactions had ended when it looked. A line bears the number of its
transaction, and is news exactly if that one had not ended in the snapshot: it began later (`xid >= xmax`), or was under
way (`xid` among the running ones). Both are looked up by an index, however long some transaction runs.

Lines are kept for half an hour, and a place older than a quarter of one is answered with «everything»; what is thrown
away was visible to every place that is still taken (see `Forgetting`).
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from priyom.foundation.sql import Statements

sql = Statements(Path(__file__).parent / "sql")

CHANNEL = "priyom_news"
VALID = 900
"""Seconds. A place older than this is too old."""
KEPT = 1800.0
"""Seconds for which lines are kept at least: more than `VALID`, whatever two clocks make of a quarter of an hour."""
MARKS = 60
"""So many moments are remembered of that time, at most."""
MOST = 20_000
"""Lines at one look. Where there are more, everything has changed."""
WRITTEN = re.compile(r"(\d{1,20})-(\d{1,12})-(\d{1,19}):(\d{1,19}):((?:\d{1,19}(?:,\d{1,19})*)?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """How far somebody was told: a snapshot of the database, and when (seconds of its clock) and where it was taken.

    It is written `epoch-seconds-xmin:xmax:running,...` and may travel through a browser: nothing in it is secret, and
    one that was made up only misleads who made it.
    """

    epoch: int
    seconds: int
    snapshot: str

    @classmethod
    def of(cls, text: str) -> Place | None:
        """The place somebody names; None when it is none."""
        found = WRITTEN.fullmatch(text)
        return cls(int(found[1]), int(found[2]), f"{found[3]}:{found[4]}:{found[5]}") if found else None

    def __str__(self) -> str:
        return f"{self.epoch}-{self.seconds}-{self.snapshot}"

    @property
    def xmax(self) -> int:
        """The first transaction that had not begun."""
        return int(self.snapshot.split(":")[1])

    @property
    def running(self) -> str:
        """The transactions that were under way, with commas."""
        return self.snapshot.split(":")[2]

    def holds(self, at: Place) -> bool:
        """Whether what has changed since can still be told at `at`."""
        return self.epoch == at.epoch and at.seconds - self.seconds <= VALID and self.xmax <= at.xmax


@dataclass(frozen=True, slots=True)
class News:
    """What has changed up to `place`. `words` None: nobody knows, so everything may have."""

    place: Place
    words: AbstractSet[str] | None


def asked(since: Place | None) -> dict[str, Any]:
    """Parameters of `news.sql`; `since` None: only where we are."""
    if since is None:
        return {"xmax": "0", "running": "{}", "most": 0}
    return {"xmax": str(since.xmax), "running": "{" + since.running + "}", "most": MOST + 1}


def told(since: Place | None, row: Sequence[object]) -> News:
    """What the row of `news.sql` says."""
    epoch, seconds, snapshot, lines = row
    assert isinstance(epoch, int)
    assert isinstance(seconds, int)
    assert isinstance(lines, list)
    place = Place(epoch, seconds, str(snapshot))
    if since is None or not since.holds(place) or len(lines) > MOST:
        return News(place, None)
    return News(place, frozenset(word for line in lines for word in line.split()))


def since(place: Place | None) -> News:
    """What has changed since then. Sync; in a transaction, as far as it sees."""
    with connection.cursor() as cursor:
        cursor.execute(sql["news"], asked(place))
        return told(place, cursor.fetchone() or ())


class Forgetting:
    """Throws old lines away. Call `step` every minute or so.

    It remembers what had ended at each call. Lines of transactions that had ended `KEPT` seconds ago were visible in
    every snapshot taken since: no place that still holds needs them. (By their own time they could not be told: a line
    written an hour ago by a transaction that ended just now is news.) Seconds are the computer's: the house's clock may
    be turned, places are not.
    """

    def __init__(self, kept: float = KEPT) -> None:
        self._kept = kept
        self._marks: deque[tuple[float, str]] = deque()

    def step(self) -> int:
        """Forget; how many lines."""
        with connection.cursor() as cursor:
            cursor.execute(sql["news_horizon"])
            (horizon,) = cursor.fetchone()
            moment = time.monotonic()
            if not self._marks or moment - self._marks[-1][0] >= self._kept / MARKS:
                self._marks.append((moment, horizon))
            old = None
            while self._marks and self._marks[0][0] < moment - self._kept:
                old = self._marks.popleft()[1]
            if old is None:
                return 0
            cursor.execute(sql["news_forget"], {"xmin": old})
            return int(cursor.rowcount)
