"""`make chaos`: strikes at every line, prints a table, ends with 1 when anything was lost or sent twice without a word.

`python -m journeys.chaos [--seed N] [--most N] [--sample N] [CHANNEL...]`
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from journeys.chaos.back import Back, Story
from journeys.chaos.home import Home, home
from journeys.chaos.out import Result, rehearse, strike_all, strikes
from journeys.chaos.points import files, points
from journeys.chaos.table import faults, stories_told, table, told

BACK = ("vk",)
"""The way back needs a channel with buttons and a provider key: then nothing at all may differ."""


def main() -> int:
    """Strike everywhere. 0: nothing was lost."""
    asked = _asked()
    _say(f"seed {asked.seed}")
    began = time.monotonic()
    with home(asked.seed) as made:
        results = [_strike(made, channel, asked) for channel in asked.channels or made.channels]
        stories = [_back(made, channel, asked) for channel in BACK if channel in (asked.channels or BACK)]
    _say(table(results))
    _say(stories_told(stories))
    wrong = sum(map(faults, results)) + sum(len(story.wrong) + len(story.broke) for story in stories)
    kills = sum(result.kills for result in results) + sum(story.kills for story in stories)
    _say(f"{kills} kills in {time.monotonic() - began:.0f} s, seed {asked.seed}: {wrong} faults")
    return 1 if wrong else 0


def _strike(made: Home, channel: str, asked: argparse.Namespace) -> Result:
    passed = rehearse(made, channel)
    planned = strikes(made, channel, passed, asked.most)
    if asked.sample:
        planned = made.dice.sample(planned, min(asked.sample, len(planned)))
    result = strike_all(made, channel, planned)
    lines = points(files(channel))
    seen = {point for scene in passed.values() for point in scene}
    _say(f"{told(result)}\n  {len(seen)} of {len(lines)} lines of the way are passed")
    return result


def _back(made: Home, channel: str, asked: argparse.Namespace) -> Story:
    back = Back(made, channel)
    planned = back.strikes(back.rehearse())
    if asked.sample:
        chosen = set(made.dice.sample(range(len(planned)), min(asked.sample, len(planned))))
        planned = [strike for place, strike in enumerate(planned) if place in chosen]
    return back.strike_all(planned)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--most", type=int, default=2, help="kills at a line that is passed often")
    parser.add_argument("--sample", type=int, default=0, help="so many kills a channel, chosen by chance; 0: all")
    parser.add_argument("channels", nargs="*")
    return parser.parse_args()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
