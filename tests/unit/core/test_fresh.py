"""Answers shared by everybody who asks: one request under way, a moment's memory, failures for all."""

import asyncio

import pytest

from embedded_server.core.fresh import COST_FACTOR, Fresh


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Source:
    """What is asked: answers its own count once it is let."""

    def __init__(self, clock: Clock, cost_s: float = 0.0) -> None:
        self.asked = 0
        self.go = asyncio.Event()
        self.go.set()
        self._clock = clock
        self._cost_s = cost_s

    async def __call__(self) -> int:
        self.asked += 1
        number = self.asked
        await self.go.wait()
        self._clock.now += self._cost_s
        return number


async def test_whoever_asks_meanwhile_gets_the_same_answer() -> None:
    clock = Clock()
    fresh, source = Fresh(clock=clock), Source(clock)
    source.go.clear()
    asking = [asyncio.ensure_future(fresh.get("k", source)) for _ in range(20)]  # noqa: TID251 - the tasks are looked at
    await asyncio.sleep(0)
    source.go.set()
    assert await asyncio.gather(*asking) == [1] * 20
    assert await fresh.get("other", source) == 2


async def test_an_answer_is_good_for_a_moment_and_longer_where_it_was_dear() -> None:
    clock = Clock()
    fresh, cheap, dear = Fresh(keep_s=1, clock=clock), Source(clock), Source(clock, cost_s=2)
    assert await fresh.get("cheap", cheap) == 1
    clock.now += 0.9
    assert await fresh.get("cheap", cheap) == 1
    clock.now += 0.2
    assert await fresh.get("cheap", cheap) == 2
    assert await fresh.get("dear", dear) == 1
    clock.now += 2 * COST_FACTOR - 0.1
    assert await fresh.get("dear", dear) == 1
    clock.now += 0.2
    assert await fresh.get("dear", dear) == 2


async def test_old_answers_take_no_room() -> None:
    clock = Clock()
    fresh, source = Fresh(keep_s=1, clock=clock), Source(clock)
    for number in range(100):
        await fresh.get(number, source)
        clock.now += 0.5
    assert len(fresh._answers) <= 3


async def test_what_was_asked_before_a_change_serves_nobody_after_it() -> None:
    clock = Clock()
    fresh, source = Fresh(clock=clock), Source(clock)
    source.go.clear()
    before = asyncio.ensure_future(fresh.get("k", source))  # noqa: TID251 - the task is looked at
    await asyncio.sleep(0)
    fresh.forget()
    after = asyncio.ensure_future(fresh.get("k", source))  # noqa: TID251 - the same
    await asyncio.sleep(0)
    source.go.set()
    assert (await before, await after) == (1, 2)


async def test_a_failure_reaches_all_and_is_remembered_for_a_while() -> None:
    clock = Clock()
    fresh = Fresh(keep_s=1, clock=clock)
    asked = 0

    async def fail() -> None:
        nonlocal asked
        asked += 1
        raise ValueError("no")

    found = await asyncio.gather(*(fresh.get("k", fail) for _ in range(3)), return_exceptions=True)
    assert [str(one) for one in found] == ["no"] * 3
    with pytest.raises(ValueError, match="no"):
        await fresh.get("k", fail)
    assert asked == 1
    clock.now += 4
    with pytest.raises(ValueError, match="no"):
        await fresh.get("k", fail)
    assert asked == 2


async def test_an_asker_who_gives_up_does_not_end_it_for_the_others() -> None:
    clock = Clock()
    fresh, source = Fresh(clock=clock), Source(clock)
    source.go.clear()
    first, second = (asyncio.ensure_future(fresh.get("k", source)) for _ in range(2))  # noqa: TID251 - the tasks are looked at
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    source.go.set()
    assert await second == 1
    assert first.cancelled()
