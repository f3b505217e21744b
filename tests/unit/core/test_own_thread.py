"""Work on a thread of its own is waited for, tells the loop, and hands its failure over."""

import asyncio
import threading

import pytest

from embedded_server.core.own_thread import OwnThread


async def test_the_end_comes_after_everything_that_was_told() -> None:
    thread, told = OwnThread("work"), list[int]()

    def work() -> None:
        assert threading.current_thread().name == "work"
        for number in range(3):
            thread.tell(told.append, number)

    await thread.run(work)
    assert told == [0, 1, 2]


async def test_a_failure_is_raised_where_it_is_waited_for() -> None:
    def work() -> None:
        raise KeyError("why")

    with pytest.raises(KeyError, match="why"):
        await OwnThread("work").run(work)


async def test_who_waits_no_longer_leaves_the_work_to_its_end() -> None:
    go_on, ended = threading.Event(), threading.Event()

    def work() -> None:
        go_on.wait(10)
        ended.set()

    waiting = asyncio.get_running_loop().create_task(OwnThread("work").run(work))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go_on.set()
    assert await asyncio.to_thread(ended.wait, 10)
