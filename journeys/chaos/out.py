"""The way out: messages are sent, the sender dies at a line, the next one finds what it left. One channel at a time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from journeys.chaos.books import Balance, Line, balance
from journeys.chaos.gateways import ARRIVED, TAKEN, TOLD
from journeys.chaos.home import Home
from journeys.chaos.points import CHANNEL, SETTLED, Point

MANY = 4
"""Messages of one kill."""
IN_A_ROW = 5
"""So many senders die one after another; then one lives: a message whose every try kills its sender is given up."""
TRAPS = (ARRIVED, TAKEN, TOLD)
NO_HTTP = ("smpp",)
"""Its gateway speaks no HTTP: the message on the phone is the one moment its emulator tells."""
TROUBLE = ("lost", "throttle", "down")
"""What a bad hour is made of: taken without an answer, «too many», refused."""
FRESH, LEFT, BAD_HOUR = "fresh", "left", "bad hour"


@dataclass(frozen=True, slots=True)
class Strike:
    """One kill to be made. `point` None: at the gateway, in that `moment`. `scene`: what the victim finds."""

    channel: str
    moment: str
    point: Point | None
    nth: int
    scene: str = FRESH

    def __str__(self) -> str:
        where = str(self.point) if self.point else "at the gateway"
        return f"{self.channel}, {self.moment}: {where}, time {self.nth}, {self.scene}"


@dataclass(slots=True)
class Result:
    """What came of one channel's strikes. `missed`: the line was not passed this time; `broke`: the victim ended in an
    unforeseen way."""

    channel: str
    struck: dict[int, Strike] = field(default_factory=dict)
    missed: list[Strike] = field(default_factory=list)
    broke: list[Strike] = field(default_factory=list)
    cells: dict[str, Counter[str]] = field(default_factory=dict)
    wrong: list[tuple[Strike | None, Line]] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """How many struck home."""
        return len(self.struck) - len(self.missed) - len(self.broke)


def scenes(channel: str) -> tuple[str, ...]:
    """What can be staged over that channel."""
    return (FRESH, LEFT) if channel in NO_HTTP else (FRESH, LEFT, BAD_HOUR)


def rehearse(home: Home, channel: str, *, quick: bool = False) -> dict[str, Counter[Point]]:
    """The points a sender passes, and how often, by scene; a point stands in the first scene that passes it. `quick`:
    without the bad hour."""
    home.only(channel)
    home.send(channel, 1)  # nothing is the first time any more
    found: dict[str, Counter[Point]] = {}
    for scene in scenes(channel)[: 2 if quick else None]:
        _stage(home, channel, scene)
        _, done = home.send(channel, MANY, count=True)
        if done["how"] != "ended":
            raise RuntimeError(f"{channel}: a sender that nobody struck {done['how']} ({scene})\n{home.logs()[-4000:]}")
        passed = Counter({Point(*row[:4]): row[4] for row in done["said"]})
        found[scene] = Counter(
            {point: n for point, n in passed.items() if all(point not in other for other in found.values())}
        )
    return found


def _stage(home: Home, channel: str, scene: str) -> None:
    if scene == LEFT:
        home.send(channel, MANY, trap={"moment": TAKEN, "nth": 2})
    if scene == BAD_HOUR:
        home.tell("/behave", {"channel": channel, "modes": TROUBLE})


def strikes(home: Home, channel: str, passed: dict[str, Counter[Point]], most: int = 1) -> list[Strike]:
    """Every point that was passed, those passed often up to `most` times, each time at a moment of chance; and the
    gateway's moments."""
    found = []
    for scene, counted in passed.items():
        for point, times in sorted(counted.items()):
            if scene == BAD_HOUR and "counted" not in channel and point.moment != CHANNEL:
                continue  # what is the same for every channel is struck on the quick ones
            for nth in home.dice.sample(range(1, times + 1), min(times, most)):
                found.append(Strike(channel, point.moment, point, nth, scene))
    moments = (TAKEN,) if channel in NO_HTTP else TRAPS
    return found + [Strike(channel, moment, None, nth) for moment in moments for nth in range(1, MANY + 1)]


def strike_all(home: Home, channel: str, planned: list[Strike]) -> Result:
    """Make these kills one after another; each victim finds what the one before it left. Then balance the books."""
    home.only(channel)
    since, result, ordered = home.number, Result(channel), dict[int, int]()
    for place, strike in enumerate(planned):
        if place % IN_A_ROW == 0:
            _undisturbed(home, channel, result)
        _stage(home, channel, strike.scene)
        trap: dict[str, object] | None = None if strike.point else {"moment": strike.moment, "nth": strike.nth}
        number, done = home.send(channel, MANY, target=strike.point, nth=strike.nth, trap=trap)
        result.struck[number] = strike
        if done["how"] == "ended":
            result.missed.append(strike)
        elif done["how"] != "killed":
            result.broke.append(strike)
    for number in range(since + 1, home.number + 1):
        ordered[number] = MANY
    home.tell("/behave", {"channel": channel, "modes": []})
    _undisturbed(home, channel, result)
    return _written(result, balance(home, channel, ordered, since))


def _undisturbed(home: Home, channel: str, result: Result) -> None:
    how = home.rest(channel)
    if how != "ended":  # what it could not finish stands in the books as lost
        result.broke.append(Strike(channel, SETTLED, None, 0, f"a worker that nobody struck {how}"))


def _written(result: Result, books: Balance) -> Result:
    numbers = set(books.verdicts) - set(result.struck)
    for number, strike in result.struck.items():
        cell = result.cells.setdefault(strike.moment, Counter())
        cell["kills"] += strike not in result.missed and strike not in result.broke
        cell.update(books.verdicts[number])
    for number in numbers:  # what was staged, and the last worker's
        result.cells.setdefault(TAKEN, Counter()).update(books.verdicts[number])
    result.wrong = [(result.struck.get(line.number), line) for line in books.wrong]
    return result
