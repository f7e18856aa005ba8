"""The emulators' post: nothing is lost, nothing overtakes within a chat, whatever the receiver answers."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from priyom.contracts import hook_post
from priyom.contracts.emulator import Hook
from priyom.contracts.hook_post import HookPost, Parcel
from priyom.contracts.suite_world import SuiteWorld


class ScriptedWorld(SuiteWorld):
    """Answers by a script, then with 200."""

    def __init__(self, script: list[int]) -> None:
        super().__init__()
        self.script = script
        self.taken: list[bytes] = []

    async def call(self, hook: Hook) -> int:
        await asyncio.sleep(0)
        status = self.script.pop(0) if self.script else 200
        if status == 200:
            self.taken.append(hook.body)
        return status


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hook_post, "PAUSES", (0.0, 0.0, 0.0))


def parcel(text: str) -> Parcel:
    """A webhook."""
    return Parcel(Hook("http://127.0.0.1/", {}, text.encode()))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), max_size=12),
    st.lists(st.sampled_from([0, 200, 500]), max_size=40),
)
def test_order_holds_and_nothing_is_lost(puts: list[tuple[str, bool]], script: list[int]) -> None:
    async def run() -> None:
        world = ScriptedWorld(script)
        post = HookPost(world, lambda status: status == 200)
        for number, (chat, wait) in enumerate(puts):
            post.put(chat, parcel(f"{chat}{number:02d}"))
            if wait:
                await world.settled()
        await world.settled()
        while post.waiting():
            post.again()
            await world.settled()
        for chat in "ab":
            mine = [body for body in world.taken if body.startswith(chat.encode())]
            assert mine == [f"{c}{n:02d}".encode() for n, (c, _) in enumerate(puts) if c == chat]

    asyncio.run(run())


async def test_three_tries_and_then_it_waits() -> None:
    world = ScriptedWorld([500] * 5)
    outcomes: list[bool] = []
    post = HookPost(world, lambda status: status == 200, lambda hook, taken: outcomes.append(taken))
    post.put("a", parcel("a0"))
    await world.settled()
    assert (outcomes, post.waiting(), post.last_failure) == ([False] * 3, 1, (world.now(), 500))
    post.put("a", parcel("a1"))
    await world.settled()
    assert world.taken == [b"a0", b"a1"]
    assert post.waiting() == 0


async def test_what_is_too_old_is_dropped() -> None:
    world = ScriptedWorld([500] * 3)
    post = HookPost(world, lambda status: status == 200)
    post.put("a", Parcel(parcel("a0").hook, world.now() + timedelta(seconds=150)))
    await world.settled()
    world.turn(timedelta(seconds=151))
    post.again()
    await world.settled()
    assert (world.taken, post.waiting()) == ([], 0)


async def test_what_is_loaded_while_a_call_is_under_way_is_not_lost() -> None:
    """An emulator takes back what waits, and gives it a new address, while the old address is being called."""

    class Slow(ScriptedWorld):
        """Lets the other side act in the middle of a call."""

        async def call(self, hook: Hook) -> int:
            if hook.body == b"a":
                post.load([])
                post.put("1", parcel("b"))
            return await super().call(hook)

    world = Slow([])
    post = HookPost(world, lambda status: status == 200)
    post.put("1", parcel("a"))
    await world.settled()
    assert world.taken == [b"a", b"b"]
    assert post.waiting() == 0


async def test_what_waits_keeps_its_kind_over_a_restart() -> None:
    world = ScriptedWorld([500] * 3)
    post = HookPost(world, lambda status: status == 200)
    post.put("a", Parcel(Hook("http://127.0.0.1/", {"x": "1"}, b"a=1", "application/x-www-form-urlencoded")))
    await world.settled()
    kept = post.dump()
    again = HookPost(world, lambda status: status == 200)
    again.load([*kept])
    assert again.dump() == kept
    again.load([{name: value for name, value in one.items() if name != "type"} for one in kept])
    assert [item["type"] for item in again.dump()] == ["application/json"]
