"""Moves whose broker or server is killed in the middle: a message may be there twice afterwards, and never not at all."""

import asyncio
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.rabbitmq import MoveRequest
from tests.helpers.broker_processes import EmbeddedBroker
from tests.helpers.capability import C, Side, capability, profile_of
from tests.helpers.server import until

COUNT = 6_000
BODIES = [b'{"n": %d}' % number for number in range(COUNT)]

MOVER = """
import asyncio, json, sys
from pathlib import Path
from embedded_server.contracts.rabbitmq import MoveRequest
from tests.helpers.capability import C, capability, profile_of

async def main(port, folder):
    async with capability(profile_of(port), folder) as side:
        job = await side.holdings.mover.move(C, MoveRequest("/", "source", routing_key="target"))
        running = side.jobs.job(job.id)
        while not running.counts.get("moved"):
            await asyncio.sleep(0)
        print("moving", flush=True)
        await running.ended()
        print("ended", flush=True)

asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(tmp_path / "broker")
    broker.start()
    yield broker
    broker.kill()


def start_mover(port: int, folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", MOVER, str(port), str(folder)], stdout=subprocess.PIPE)


async def filled(side: Side) -> None:
    await side.queue("source")
    await side.queue("target")
    await side.publish("source", *BODIES)


async def everywhere(side: Side) -> tuple[list[bytes], list[bytes]]:
    return await side.bodies("source"), await side.bodies("target")


def lost_and_twice(source: list[bytes], target: list[bytes]) -> tuple[int, int]:
    counted = Counter(source + target)
    return sum(body not in counted for body in BODIES), sum(count - 1 for count in counted.values())


async def test_a_broker_that_is_killed_in_the_middle_loses_nothing(broker: EmbeddedBroker, tmp_path: Path) -> None:
    async with capability(profile_of(broker.port), tmp_path) as side:
        await filled(side)
        started = await side.holdings.mover.move(C, MoveRequest("/", "source", routing_key="target"))
        running = side.jobs.job(started.id)

        async def is_moving() -> bool:
            return running.counts.get("moved", 0) > 500

        await until(is_moving)
        await asyncio.to_thread(broker.kill)

        async def waits() -> bool:
            return running.state is JobState.WAITING

        await until(waits)
        assert running.problem is not None
        await asyncio.to_thread(broker.start)
        await asyncio.wait_for(running.ended(), 30)
        job = running.snapshot()
        assert (job.state, job.problem) == (JobState.DONE, None)
        source, target = await everywhere(side)
        lost, twice = lost_and_twice(source, target)
        assert (lost, len(source)) == (0, job.counts["left"])
        assert twice <= job.counts.get("unconfirmed", 0) + 1_000
        assert len(target) >= job.counts["moved"]


async def test_what_was_skipped_before_the_kill_is_counted_once(broker: EmbeddedBroker, tmp_path: Path) -> None:
    async with capability(profile_of(broker.port), tmp_path) as side:
        await filled(side)
        request = MoveRequest("/", "source", routing_key="target", filter=f"body.n:>={COUNT // 2}")
        started = await side.holdings.mover.move(C, request)
        running = side.jobs.job(started.id)

        async def is_moving() -> bool:
            return bool(running.counts.get("moved"))

        await until(is_moving)
        await asyncio.to_thread(broker.kill)
        await asyncio.to_thread(broker.start)
        await asyncio.wait_for(running.ended(), 30)
        source, target = await everywhere(side)
        assert running.snapshot().counts["skipped"] == COUNT // 2
        assert [body for body in source if json.loads(body)["n"] < COUNT // 2] == BODIES[: COUNT // 2]
        assert set(source + target) == set(BODIES)


async def test_a_stop_while_the_broker_is_away_ends_it(broker: EmbeddedBroker, tmp_path: Path) -> None:
    async with capability(profile_of(broker.port), tmp_path) as side:
        await filled(side)
        started = await side.holdings.mover.move(C, MoveRequest("/", "source", routing_key="target"))
        running = side.jobs.job(started.id)

        async def is_moving() -> bool:
            return bool(running.counts.get("moved"))

        await until(is_moving)
        await asyncio.to_thread(broker.kill)

        async def waits() -> bool:
            return running.state is JobState.WAITING

        await until(waits)
        assert (await asyncio.wait_for(side.jobs.stop(started.id), 4)).state is JobState.STOPPED


async def test_a_broker_that_was_never_there_fails_at_once(tmp_path: Path) -> None:
    async with capability(profile_of(1), tmp_path) as side:
        started = await side.holdings.mover.move(C, MoveRequest("/", "source", routing_key="target"))
        job = await side.over(started)
        assert job.state is JobState.FAILED
        assert job.problem is not None
        assert "127.0.0.1:1" in job.problem.title


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
async def test_a_server_that_is_killed_in_the_middle_loses_nothing(broker: EmbeddedBroker, tmp_path: Path) -> None:
    async with capability(profile_of(broker.port), tmp_path) as side:
        await filled(side)
        folder = tmp_path / "other"
        folder.mkdir()
        mover = start_mover(broker.port, folder)
        assert mover.stdout is not None
        with mover.stdout as said:
            assert await asyncio.to_thread(said.readline) == b"moving\n"
            mover.send_signal(signal.SIGKILL)
            assert await asyncio.to_thread(said.read) == b""
            await asyncio.to_thread(mover.wait, 10)

        async def all_are_back() -> bool:
            async with await side.channel() as channel:
                there = [(await channel.declare_queue(queue, passive=True)).messages for queue in ("source", "target")]
                return sum(there) >= COUNT

        await until(all_are_back)
        source, target = await everywhere(side)
        assert lost_and_twice(source, target)[0] == 0
        assert source
        assert target == BODIES[: len(target)]
