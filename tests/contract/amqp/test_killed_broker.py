"""``kill -9`` in the middle of the work: what was confirmed is there again, and what was never promised may be."""

import asyncio
from pathlib import Path

import pika
from pamqp import body, commands, frame, header

from tests.contract.amqp.client import Client, drained
from tests.helpers.broker_processes import EmbeddedBroker

MESSAGES = 10_000
CHUNK = 50
QUEUE = "survivors"


class Publisher:
    """Publishes persistent messages with pipelined confirms for as long as there is somebody to take them."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.published = 0
        self.confirmed = 0
        self.enough = asyncio.Event()

    async def run(self, enough: int) -> None:
        """Publish all; ``enough`` is set once so many are confirmed. Ends when the broker does."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            await self._open(reader, writer)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._listen(reader, enough))
                both.create_task(self._publish(writer))
        except* (OSError, EOFError):
            pass
        finally:
            writer.transport.abort()

    async def _open(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(header.ProtocolHeader().marshal())
        for method, channel in (
            (commands.Connection.StartOk({}, "PLAIN", "\0guest\0guest", "en_US"), 0),
            (commands.Connection.TuneOk(2047, 131_072, 0), 0),
            (commands.Connection.Open("/"), 0),
            (commands.Channel.Open(), 1),
            (commands.Queue.Declare(queue=QUEUE, durable=True), 1),
            (commands.Confirm.Select(), 1),
        ):
            writer.write(frame.marshal(method, channel))
        buffer = b""
        while frame.marshal(commands.Confirm.SelectOk(), 1) not in buffer:
            buffer += await reader.read(65_536)

    async def _publish(self, writer: asyncio.StreamWriter) -> None:
        publish = frame.marshal(commands.Basic.Publish(routing_key=QUEUE), 1)
        content = frame.marshal(header.ContentHeader(0, 100, commands.Basic.Properties(delivery_mode=2)), 1)
        while self.published < MESSAGES:
            for _ in range(CHUNK):
                writer.write(publish + content + frame.marshal(body.ContentBody(b"%0100d" % self.published), 1))
                self.published += 1
            await writer.drain()

    async def _listen(self, reader: asyncio.StreamReader, enough: int) -> None:
        while self.confirmed < MESSAGES:
            head = await reader.read(7)
            if not head:
                return
            head += await reader.readexactly(7 - len(head))
            rest = await reader.readexactly(int.from_bytes(head[3:7]) + 1)
            _, _, ack = frame.unmarshal(head + rest)
            assert isinstance(ack, commands.Basic.Ack)
            assert ack.delivery_tag is not None
            self.confirmed = ack.delivery_tag
            if self.confirmed >= enough:
                self.enough.set()


async def test_every_confirmed_message_survives_a_kill_among_ten_thousand(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path)
    await asyncio.to_thread(broker.start)
    publisher = Publisher(broker.port)
    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        tasks.create_task(publisher.run(MESSAGES // 4))
        await publisher.enough.wait()
        broker.kill()
    confirmed = publisher.confirmed
    assert MESSAGES // 4 <= confirmed < MESSAGES
    await asyncio.to_thread(broker.start)
    kept = await asyncio.to_thread(_drain, broker.port)
    assert [int(one) for one in kept[:confirmed]] == list(range(confirmed))
    assert [int(one) for one in kept] == list(range(len(kept)))  # and of the others the first, none twice
    assert broker.stop() == 0


def _drain(port: int) -> list[bytes]:
    client = Client(port)
    bodies = drained(client.channel(), QUEUE)
    client.close()
    return bodies


def test_acknowledged_messages_stay_away_after_a_kill(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    client = Client(broker.port)
    channel = client.channel()
    channel.queue_declare(QUEUE, durable=True)
    channel.confirm_delivery()
    for number in range(20):
        channel.basic_publish("", QUEUE, b"%d" % number, pika.BasicProperties(delivery_mode=2))
    for _ in range(10):
        method, _, _ = channel.basic_get(QUEUE)
        channel.basic_ack(method.delivery_tag)
    channel.basic_publish("", QUEUE, b"20", pika.BasicProperties(delivery_mode=2))  # its confirm writes what came before, too
    broker.kill()
    client.close()
    broker.start()
    assert _drain(broker.port) == [b"%d" % number for number in range(10, 21)]
    assert broker.stop() == 0


def test_waiting_messages_on_disk_leave_nothing_behind(tmp_path: Path) -> None:
    pages = tmp_path / "brokers" / "amqp.pages"
    pages.mkdir(parents=True)
    (pages / "000001.pages").write_bytes(b"of a broker that was killed")
    broker = EmbeddedBroker(tmp_path)
    broker.start()
    assert not pages.exists()
    assert broker.stop() == 0
