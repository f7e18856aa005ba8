"""The way back, and what follows: visits are booked and reminded of, patients press a button, the vendor's webhook is
stored, interpreted and acted on. Each victim takes up what the one before it left; in the end every visit must have
exactly the story of a visit nobody was struck over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from journeys.chaos.home import Home
from journeys.chaos.out import Strike
from journeys.chaos.points import HOOK, INTERPRETING, PLANNING, REACTING, RECONCILING, Point

BOOKED, STORED, PRESSED, UNHEARD = "visits booked", "webhooks coming", "presses stored", "visits nobody heard of"
MOMENTS = {
    BOOKED: (PLANNING, REACTING), STORED: (HOOK,), PRESSED: (INTERPRETING, REACTING, PLANNING), UNHEARD: (RECONCILING,)
}  # fmt: skip
BATCH = 3
LABEL = "Приду"
REPEATS = 2
"""So many webhooks that were answered are brought again all the same, as vendors do."""

STORY = """
SELECT v.id, v.state,
    (SELECT jsonb_object_agg(type, n) FROM (SELECT type, count(*) AS n FROM journal_fact f WHERE f.visit_id = v.id
        GROUP BY type) facts),
    (SELECT jsonb_object_agg(kind, n) FROM (SELECT kind, count(*) AS n FROM notifications_notification o
        WHERE o.visit_id = v.id GROUP BY kind) told),
    (SELECT count(*) FROM scenarios_run r WHERE r.visit_id = v.id),
    (SELECT count(*) FROM inbox_incoming i JOIN delivery_delivery d ON d.id = i.delivery_id WHERE d.visit_id = v.id),
    (SELECT count(*) FROM delivery_doubt t JOIN delivery_delivery d ON d.id = t.delivery_id WHERE d.visit_id = v.id),
    (SELECT min(d.address) FROM delivery_delivery d WHERE d.visit_id = v.id AND d.op = 'send')
FROM appointments_visit v WHERE v.id = ANY (%s) ORDER BY v.id
"""
WAITING = {
    BOOKED: "SELECT EXISTS (SELECT FROM journal_pending) AND %s IS NOT NULL",
    PRESSED: "SELECT EXISTS (SELECT FROM delivery_rawupdate WHERE state = 'new') AND %s IS NOT NULL",
    UNHEARD: """SELECT EXISTS (SELECT FROM appointments_visit v WHERE v.id = ANY (%s) AND NOT EXISTS (
        SELECT FROM scenarios_run r WHERE r.visit_id = v.id))""",
}
"""Whether something is left for the next victim."""


@dataclass(slots=True)
class Story:
    """What came of one way back. `wrong`: visits whose story is another than the undisturbed one."""

    channel: str
    cells: dict[str, Counter[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    missed: list[Strike] = field(default_factory=list)
    broke: list[Strike] = field(default_factory=list)
    kills: int = 0


class Back:
    """One channel's way back. It needs a provider key: then nothing at all may differ."""

    def __init__(self, home: Home, channel: str) -> None:
        self._home, self._channel = home, channel
        self._pressed: set[int] = set()
        self._visits: dict[str, list[int]] = {BOOKED: [], UNHEARD: []}
        self._unanswered: list[Any] = []
        self._answered: list[Any] = []
        self._people = 0
        self.story = Story(channel)
        self._told: dict[str, Any] = {}

    def rehearse(self) -> dict[str, Counter[Point]]:
        """The points passed in each scene, and the undisturbed stories."""
        home = self._home
        home.only(self._channel)
        self._live("scenarios")
        self._prepare(BOOKED)
        found = {BOOKED: self._count("worker", BOOKED)}
        booked = list(self._visits[BOOKED])
        self._press(booked)
        hook = self._unanswered[:1]
        found[STORED] = self._count("web", STORED, hooks=hook)
        self._bring_rest()
        found[PRESSED] = self._count("worker", PRESSED)
        self._told["pressed"] = self._stories(booked)[booked[0]]
        self._prepare(UNHEARD)
        found[UNHEARD] = self._count("reconcile", UNHEARD)
        self._finish()
        self._told[UNHEARD] = self._stories(self._visits[UNHEARD])[self._visits[UNHEARD][0]]
        return found

    def strikes(self, passed: dict[str, Counter[Point]]) -> list[Strike]:
        """Every point of the way back once, at a passing of chance."""
        dice = self._home.dice
        return [
            Strike(self._channel, point.moment, point, dice.randint(1, min(times, BATCH)), scene)
            for scene, counted in passed.items()
            for point, times in sorted(counted.items())
        ]

    def strike_all(self, planned: Sequence[Strike]) -> Story:
        """Make these kills, scene by scene; then let everything come to rest and compare."""
        for scene in MOMENTS:
            self._home.only(self._channel)
            for strike in [strike for strike in planned if strike.scene == scene]:
                self._strike(strike)
            self._bring_rest()
            if scene == UNHEARD:
                self._live("reconcile")  # as every minute: the struck one may have died before its first repair
            self._finish()
        self._compare()
        return self.story

    def _strike(self, strike: Strike) -> None:
        home, scene = self._home, strike.scene
        hooks: list[Any] = []
        if scene == STORED:
            self._press_next()
            hooks = self._unanswered[-1:]
        elif not self._waiting(scene):
            self._prepare(scene)
        done = self._live(
            {BOOKED: "worker", PRESSED: "worker", STORED: "web", UNHEARD: "reconcile"}[scene],
            target=strike.point and (strike.point.file, strike.point.function, strike.point.first, strike.point.line),
            nth=strike.nth if scene != STORED else 1, hooks=hooks,
        )  # fmt: skip
        if hooks and home.ask("/brought")["statuses"] == [200]:
            self._answered += [self._unanswered.pop()]
        cell = self.story.cells.setdefault(strike.moment, Counter())
        cell["kills"] += done["how"] == "killed"
        self.story.kills += done["how"] == "killed"
        if done["how"] == "ended":
            self.story.missed.append(strike)
        elif done["how"] != "killed":
            self.story.broke.append(strike)

    # -- what a victim finds --

    def _waiting(self, scene: str) -> bool:
        return bool(self._home.row(WAITING[scene], self._visits[UNHEARD])[0])

    def _prepare(self, scene: str) -> None:
        if scene == PRESSED:
            for _ in range(BATCH):
                self._press_next()
            self._bring_rest()
            return
        addresses = [f"9{self._people + place:06d}" for place in range(BATCH)]
        self._people += len(addresses)
        self._home.tell("/people", [(self._channel, address) for address in addresses])
        made = self._live("visits", addresses=addresses, number=self._people, unheard=scene == UNHEARD)["said"]
        self._visits[scene] += made
        if scene == UNHEARD:
            age = "UPDATE appointments_visit SET changed_at = changed_at - interval '1 hour' WHERE id = ANY (%s)"
            self._home.rows(age, made)

    def _press(self, visits: Sequence[int]) -> None:
        """These patients press; their webhooks wait to be brought."""
        home = self._home
        for story in self._stories(visits).values():
            home.tell("/hooks", {})
            home.tell("/press", {"channel": self._channel, "address": story["address"], "text": "", "label": LABEL})
            self._unanswered += home.tell("/hooks", {})
        self._pressed.update(visits)

    def _press_next(self) -> None:
        free = [visit for visit in self._visits[BOOKED] if visit not in self._pressed]
        if not free:
            self._prepare(BOOKED)
            self._finish()
            free = [visit for visit in self._visits[BOOKED] if visit not in self._pressed]
        self._press(free[:1])

    def _bring_rest(self) -> None:
        """The vendor repeats what was not answered, and some that was."""
        again = self._unanswered + self._answered[-REPEATS:]
        if not again:
            return
        self._live("web", hooks=again)
        statuses = self._home.ask("/brought")["statuses"]
        if statuses != [200] * len(again):
            raise RuntimeError(f"webhooks were answered with {statuses}")
        self._answered, self._unanswered = self._answered + self._unanswered, []

    def _finish(self) -> None:
        done = self._live("worker")
        if done["how"] != "ended":
            raise RuntimeError(f"the last worker {done['how']}\n{self._home.logs()[-4000:]}")

    def _count(self, what: str, scene: str, **more: object) -> Counter[Point]:
        done = self._live(what, count=True, **more)
        if done["how"] != "ended":
            raise RuntimeError(f"a process that nobody struck {done['how']} ({scene})\n{self._home.logs()[-4000:]}")
        passed = Counter({Point(*row[:4]): row[4] for row in done["said"]})
        return Counter({point: times for point, times in passed.items() if point.moment in MOMENTS[scene]})

    def _live(self, what: str, **more: object) -> dict[str, Any]:
        return self._home.live({"do": what, "channel": self._channel, "gateways": self._home.gateways, **more})

    # -- the books --

    def _stories(self, visits: Sequence[int]) -> dict[int, dict[str, Any]]:
        stands = self._home.ask("/stands")[self._channel]
        found = {}
        for visit, state, facts, told, runs, came, doubts, address in self._home.rows(STORY, list(visits)):
            found[visit] = {
                "state": state, "facts": facts, "notifications": told, "runs": runs, "came": came, "doubts": doubts,
                "address": address, "on the phone": len(stands.get(address, ())),
            }  # fmt: skip
        return found

    def _compare(self) -> None:
        """Whoever pressed, against the one who pressed undisturbed; the unheard against the first of their kind."""
        same = [(self._told["pressed"], sorted(self._pressed)), (self._told[UNHEARD], self._visits[UNHEARD])]
        for wanted, visits in same:
            for visit, story in self._stories(visits).items():
                if {**story, "address": ""} != {**wanted, "address": ""}:
                    self.story.wrong.append(f"visit {visit}: {_unlike(wanted, story)}")
        parked = self._home.rows("SELECT error FROM journal_pending WHERE parked OR error <> ''")
        # Of this account: elsewhere a report may tell of a message whose id died with its sender.
        account = self._home.accounts[self._channel]
        failed = self._home.rows(
            "SELECT error FROM delivery_rawupdate WHERE state <> 'done' AND account_id = %s", account
        )
        self.story.wrong += [f"not done: {row[0][:300]}" for row in parked + failed]


def _unlike(wanted: dict[str, Any], story: dict[str, Any]) -> str:
    parts = [f"{key} {story[key]} instead of {wanted[key]}" for key in wanted if story[key] != wanted[key]]
    return "; ".join(part for part in parts if not part.startswith("address"))
