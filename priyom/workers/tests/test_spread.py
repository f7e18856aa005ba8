"""How accounts spread, with any number of workers that come and go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from priyom.workers.spread import PATIENCE, SETTLED, Spread, share


def _live(workers: dict[int, Spread], held: dict[int, set[int]], accounts: int, time: float) -> float:
    """Looks of all, in turn, until nothing has changed for longer than anybody's patience."""
    quiet, begun = 0.0, time
    while quiet <= max(PATIENCE, SETTLED) + 2.0:
        assert time - begun < 1000.0, "accounts are handed to and fro"
        changed = False
        for number, spread in workers.items():
            free = set(range(accounts)).difference(*held.values())
            spread.look(len(workers), free, time)
            if (extra := spread.too_many(held[number], accounts, time)) is not None:
                held[number].discard(extra)
                changed = True
            for account in free:
                if spread.may_take(account, len(held[number]), accounts, time):
                    held[number].add(account)
                    changed = True
        time += 2.0
        quiet = 0.0 if changed else quiet + 2.0
    return time


@given(st.integers(0, 12), st.lists(st.booleans(), min_size=1, max_size=4))
def test_it_settles_with_every_account_held_once_and_nobody_over_the_share(accounts: int, comes: list[bool]) -> None:
    workers, held, time = {0: Spread()}, {0: set[int]()}, 0.0
    time = _live(workers, held, accounts, time)
    for number, one_more in enumerate(comes, start=1):
        if one_more:
            workers[number], held[number] = Spread(), set()
        elif len(workers) > 1:
            gone = min(workers)
            del workers[gone], held[gone]
        time = _live(workers, held, accounts, time)
        assert sorted(account for mine in held.values() for account in mine) == list(range(accounts))
        assert max(map(len, held.values())) <= share(accounts, len(workers))


def test_a_free_account_is_left_to_others_for_a_while_only() -> None:
    spread = Spread()
    spread.look(2, {7}, 0.0)
    assert spread.may_take(7, 0, 2, 0.0)
    assert not spread.may_take(7, 1, 2, PATIENCE - 0.1)
    assert spread.may_take(7, 1, 2, PATIENCE)
    spread.look(2, set(), 100.0)  # somebody has it
    spread.look(2, {7}, 101.0)
    assert not spread.may_take(7, 1, 2, 102.0)


def test_nothing_is_given_back_to_one_that_has_only_just_come() -> None:
    spread = Spread()
    spread.look(1, (), 0.0)
    assert spread.too_many({1, 2}, 2, 100.0) is None
    spread.look(2, (), 100.0)
    assert spread.too_many({1, 2}, 2, 100.0 + SETTLED - 0.1) is None
    assert spread.too_many({1, 2}, 2, 100.0 + SETTLED) == 2
