"""The order of what a pump has in hand, under any interleaving of taking, ending, failing and waiting."""

from __future__ import annotations

from collections import defaultdict, deque

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from priyom.delivery.attempt import Claimed
from priyom.delivery.models import Rank
from priyom.delivery.queue import Queue


def item(number: int, address: str = "a", rank: int = Rank.PLANNED) -> Claimed:
    op = {Rank.PRESS: "press", Rank.EDIT: "edit"}.get(Rank(rank), "send")
    return Claimed(number, op, address, {}, False, None, 1, False, rank)


def test_who_waits_for_an_answer_goes_before_what_was_claimed_earlier() -> None:
    queue = Queue()
    queue.put(item(1, "a", Rank.BULK))
    queue.put(item(2, "b"))
    queue.put(item(3, "c", Rank.AWAITED))
    queue.put(item(4, "c", Rank.PRESS))
    taken = [queue.take(0.0) for _ in range(5)]
    assert [one and one.id for one in taken] == [4, 3, 2, 1, None]


def test_of_one_chat_one_at_a_time() -> None:
    queue = Queue()
    first, second, other = item(1), item(2), item(3, "b")
    for one in (first, second, other):
        queue.put(one)
    assert queue.take(0.0) == first
    assert queue.take(0.0) == other
    assert queue.take(0.0) is None
    assert len(queue) == 1
    queue.done(first, 1.0)
    assert queue.take(1.0) == second


def test_behind_one_that_is_tried_again_nothing_of_its_chat_goes() -> None:
    queue = Queue()
    first, second, urgent, other = item(1), item(2), item(3, rank=Rank.AWAITED), item(4, "b")
    for one in (first, second, other):
        queue.put(one)
    assert queue.take(0.0) == first
    queue.done(first, 1.0)
    assert queue.hold("a", first.rank, first.id, 9.0) == [second]
    assert queue.held(second, 5.0) == 4.0
    assert queue.held(urgent, 5.0) == 0.0  # somebody waits for it
    assert queue.held(other, 5.0) == 0.0
    assert queue.held(first, 5.0) == 0.0  # the house's clock was turned: it comes early, and ends the hold
    assert queue.held(second, 5.0) == 0.0


@given(st.lists(st.sampled_from("ab"), min_size=1, max_size=40), st.floats(0.5, 6), st.integers(1, 4))
def test_a_chat_never_gets_more_than_the_vendor_allows(chats: list[str], every: float, burst: int) -> None:
    queue = Queue(every, burst)
    for number, address in enumerate(chats):
        queue.put(item(number, address))
    left: dict[str, list[float]] = defaultdict(list)
    time = 100.0
    while len(queue):
        queue.look(time)
        one = queue.take(time)
        if one is None:
            wait = queue.wait(time)
            assert wait is not None
            time += wait + 1e-9
            continue
        left[one.address].append(time)
        queue.done(one, time)
    for moments in left.values():
        for first in range(len(moments)):  # any `burst + n` messages take at least `n` times as long
            for last in range(first + burst, len(moments)):
                assert moments[last] - moments[first] >= (last - first - burst + 1) * every - 1e-6
    # And the limit is used: a chat alone takes no longer than it must.
    for moments in left.values():
        assert moments[-1] - moments[0] <= max(0, len(moments) - burst) * every + len(moments) * 1e-6


class Life(RuleBasedStateMachine):
    """A pump's queue against a list that is looked through from the front."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = Queue()
        self.number = 0
        self.waiting: list[Claimed] = []
        self.out: deque[Claimed] = deque()

    @rule(address=st.sampled_from("abc"), rank=st.sampled_from(list(Rank)))
    def comes(self, address: str, rank: Rank) -> None:
        self.number += 1
        one = item(self.number, address, rank)
        self.queue.put(one)
        self.waiting.append(one)

    @rule()
    def leaves(self) -> None:
        busy = {one.address for one in self.out if one.op != "press"}
        free = [one for one in self.waiting if one.op == "press" or one.address not in busy]
        wanted = min(free, key=lambda one: (one.rank, one.id), default=None)
        taken = self.queue.take(0.0)
        if taken is None or wanted is None:
            assert taken is wanted
            return
        # Of one rank another chat may be first: that its head waited meanwhile costs it its place, never its order.
        assert taken in free
        assert taken.rank == wanted.rank
        assert all(one.id >= taken.id for one in free if (one.rank, one.address) == (taken.rank, taken.address))
        self.waiting.remove(taken)
        self.out.append(taken)

    @precondition(lambda self: self.out)
    @rule(fails=st.booleans())
    def ends(self, fails: bool) -> None:
        one = self.out.popleft()
        self.queue.done(one, 0.0)
        if fails and one.op != "press":
            behind = self.queue.hold(one.address, one.rank, one.id, 1.0)
            same = [w for w in self.waiting if w.address == one.address and w.op != "press"]
            assert {w.id for w in behind} == {w.id for w in same if w.rank >= one.rank and w.id > one.id}
            self.waiting = [w for w in self.waiting if w not in behind]
            assert self.queue.held(one, 0.0) == 0.0

    @rule()
    def released(self) -> None:
        assert sorted(one.id for one in self.queue.drain()) == sorted(one.id for one in self.waiting)
        self.waiting.clear()

    @invariant()
    def counted(self) -> None:
        assert len(self.queue) == len(self.waiting)


TestLife = Life.TestCase
