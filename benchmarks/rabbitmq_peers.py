"""One side of the RabbitMQ benchmark in a process of its own: bare pika, or the rabbitmq capability. Prints its rates as JSON."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, RabbitSettings, Secret
from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.rabbitmq import BulkPublish, ConsumeRequest, Message
from embedded_server.core.profiles import Profile

BARE: Final = "bare"
OURS: Final = "ours"
BODY: Final = "x" * 100
WINDOW: Final = 4_096
"""Published and not yet confirmed, on both sides."""
PREFETCH: Final = 500


def profile(port: int) -> Profile:
    """Answer the connection to the broker at *port*."""
    spec = ConnectionSpec("bench", ConnectionKind.RABBITMQ, rabbitmq=RabbitSettings("127.0.0.1", port, management=False))
    return Profile("bench", spec, {Secret.PASSWORD: "guest"})


class Bare:
    """pika's AsyncioConnection as its documentation uses it: pipelined confirms, and a manual ack for each message."""

    def __init__(self, port: int, count: int) -> None:
        self._port = port
        self._count = count

    async def measure(self) -> dict[str, float]:
        """Publish all, then consume all."""
        from pika import ConnectionParameters
        from pika.adapters.asyncio_connection import AsyncioConnection

        opened: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        AsyncioConnection(ConnectionParameters("127.0.0.1", self._port), on_open_callback=opened.set_result)
        connection = await opened
        ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        connection.channel(on_open_callback=ready.set_result)
        channel = await ready
        declared: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        channel.queue_declare("bench.bare", callback=declared.set_result)
        await declared
        rates = {"publish": await self._publish(channel), "consume": await self._consume(channel)}
        channel.queue_delete("bench.bare")
        connection.close()
        return rates

    async def _publish(self, channel: Any) -> float:
        wake = asyncio.Event()
        confirmed = 0

        def on_confirm(frame: Any) -> None:
            nonlocal confirmed
            confirmed = frame.method.delivery_tag if frame.method.multiple else max(confirmed, frame.method.delivery_tag)
            wake.set()

        selected: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        channel.confirm_delivery(on_confirm, callback=selected.set_result)
        await selected
        body, sent = BODY.encode(), 0
        began = time.perf_counter()
        while confirmed < self._count:
            burst = min(256, self._count - sent, WINDOW - (sent - confirmed))
            for _ in range(burst):
                channel.basic_publish("", "bench.bare", body, mandatory=True)
            sent += max(burst, 0)
            if burst > 0:
                await asyncio.sleep(0)
            else:
                wake.clear()
                await wake.wait()
        return self._count / (time.perf_counter() - began)

    async def _consume(self, channel: Any) -> float:
        done: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        count = 0

        def on_message(channel: Any, method: Any, _properties: Any, _body: bytes) -> None:
            nonlocal count
            count += 1
            channel.basic_ack(method.delivery_tag)
            if count == self._count:
                done.set_result(time.perf_counter())

        limited: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        channel.basic_qos(prefetch_count=PREFETCH, callback=limited.set_result)
        await limited
        began = time.perf_counter()
        channel.basic_consume("bench.bare", on_message)
        return self._count / (await done - began)


class Ours:
    """The rabbitmq capability with a journal on disk, as the server runs it."""

    def __init__(self, port: int, count: int, folder: Path) -> None:
        self._port = port
        self._count = count
        self._folder = folder

    async def measure(self) -> dict[str, float]:
        """Publish all, then consume all; nothing may be missing in the journal."""
        from embedded_server.core.collector import spare_the_collector
        from embedded_server.core.jobs import Jobs
        from embedded_server.core.sqlite_threads import count_no_memory
        from embedded_server.journal import Journal
        from embedded_server.rabbitmq.service import RabbitService

        count_no_memory()
        journal = Journal(self._folder / "journal.db")
        journal.open()

        async def resolve(_: str) -> Profile:
            return profile(self._port)

        service = RabbitService(journal, resolve, self._folder, Jobs())
        await service.start()
        spare_the_collector()
        async with await service.links.channel("bench", "/") as channel:
            await channel.declare_queue("bench.ours", durable=False)
            rates = {"publish": await self._publish(service), "consume": await self._consume(service)}
            await channel.delete_queue("bench.ours")
        for kind in ("message.published", "message.consumed"):
            await journal.flush()
            page = await journal.query(f"kind:{kind}", limit=2 * self._count)
            assert len(page.rows) == self._count, f"{len(page.rows)} of {kind}"
        await service.stop()
        journal.close()
        return rates

    async def _publish(self, service: Any) -> float:
        message = Message("/", "", "bench.ours", BODY)
        await service.messages.publish("bench", message)  # the link is open then, as the bare one's is
        began = time.perf_counter()
        started = await service.messages.bulk("bench", BulkPublish(message, self._count - 1, generate=False))
        job = service._jobs.job(started.id)
        await job.ended()
        took_s = time.perf_counter() - began
        assert job.counts["confirmed"] == self._count - 1, job.counts
        return (self._count - 1) / took_s

    async def _consume(self, service: Any) -> float:
        began = time.perf_counter()
        started = await service.messages.consume("bench", ConsumeRequest("/", "bench.ours", prefetch=PREFETCH, limit=self._count))
        job = service._jobs.job(started.id)
        await job.ended()
        took_s = time.perf_counter() - began
        assert job.state is JobState.DONE, job.snapshot()
        return self._count / took_s


def main() -> None:
    """Measure one side."""
    who, port, count, folder = sys.argv[1:5]
    side = Bare(int(port), int(count)) if who == BARE else Ours(int(port), int(count), Path(folder))
    print(json.dumps(asyncio.run(side.measure())))


if __name__ == "__main__":
    main()
