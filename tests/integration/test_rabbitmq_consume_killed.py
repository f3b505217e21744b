"""A server that is killed while it consumes: every message is in its journal or still in the queue, some may be in both."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.broker_processes import EmbeddedBroker
from tests.helpers.capability import Side, capability, profile_of
from tests.helpers.server import until

COUNT = 20_000
BODIES = [b"%d" % number for number in range(COUNT)]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")

CONSUMER = """
import asyncio, sys
from pathlib import Path
from embedded_server.contracts.rabbitmq import ConsumeRequest
from tests.helpers.capability import C, capability, profile_of

async def main(port, folder):
    async with capability(profile_of(port), folder) as side:
        job = await side.service.messages.consume(C, ConsumeRequest("/", "source", prefetch=500))
        running = side.jobs.job(job.id)
        while running.done < 2_000:
            await asyncio.sleep(0)
        print("consuming", flush=True)
        await running.ended()

asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(tmp_path / "broker")
    broker.start()
    yield broker
    broker.kill()


def start_consumer(port: int, folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", CONSUMER, str(port), str(folder)], stdout=subprocess.PIPE)


async def nobody_holds_any(side: Side) -> bool:
    async with await side.channel() as channel:
        return (await channel.declare_queue("source", passive=True)).consumers == 0


async def test_nothing_is_lost(broker: EmbeddedBroker, tmp_path: Path) -> None:
    killed, later = tmp_path / "killed", tmp_path / "later"
    killed.mkdir()
    later.mkdir()
    async with capability(profile_of(broker.port), later) as side:
        await side.queue("source")
        await side.publish("source", *BODIES)
        consumer = start_consumer(broker.port, killed)
        assert consumer.stdout is not None
        with consumer.stdout as said:
            assert await asyncio.to_thread(said.readline) == b"consuming\n"
            consumer.send_signal(signal.SIGKILL)
            await asyncio.to_thread(consumer.wait, 10)
        await until(lambda: nobody_holds_any(side))
        left = await side.bodies("source")
    async with capability(profile_of(broker.port), killed) as side:
        rows = (await side.journal.query("kind:message.consumed", limit=2 * COUNT)).rows
    taken = {row.preview.encode() for row in rows}
    assert len(taken) >= 2_000
    assert taken | set(left) == set(BODIES)
    assert len(taken) + len(left) - COUNT <= 2 * 500  # no more than was on its way is there twice
