"""Members of consumer groups, one thread each, of every client: what they are assigned and what they have read."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Self

from aiokafka import AIOKafkaConsumer
from confluent_kafka import Consumer
from kafka import KafkaAdminClient, KafkaConsumer

from tests.helpers.broker_processes import wait_until

LIMIT_S: Final = 30.0
Place = tuple[str, int]


class Member:
    """A consumer that polls all the time, as its client wants it."""

    def __init__(self, bootstrap: str, group: str, topics: list[str], **options: Any) -> None:
        self.bootstrap = bootstrap
        self.group = group
        self.topics = topics
        self.options = options
        self.assigned: frozenset[Place] = frozenset()
        self.read: list[bytes | None] = []
        self.failure: BaseException | None = None
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> Self:
        self._thread.start()
        return self

    def leave(self) -> None:
        """Commit, leave the group, close. May be called twice."""
        self._ends.set()
        self._thread.join(LIMIT_S)
        assert not self._thread.is_alive()
        if self.failure is not None:
            raise self.failure

    def has(self, count: int) -> bool:
        """Whether it is assigned so many partitions."""
        assert self.failure is None, self.failure
        return len(self.assigned) == count

    def _run(self) -> None:
        try:
            self.consume()
        except BaseException as exc:  # noqa: BLE001 - told to the test's own thread
            self.failure = exc

    def consume(self) -> None:
        raise NotImplementedError


class KafkaPython(Member):
    def consume(self) -> None:
        made = {"auto_offset_reset": "earliest", "session_timeout_ms": 10_000, "heartbeat_interval_ms": 300} | self.options
        consumer = KafkaConsumer(bootstrap_servers=self.bootstrap, group_id=self.group, **made)
        try:
            consumer.subscribe(self.topics)
            while not self._ends.is_set():
                for records in consumer.poll(timeout_ms=500).values():
                    self.read += [one.value for one in records]
                self.assigned = frozenset((one.topic, one.partition) for one in consumer.assignment())
        finally:
            consumer.close()


class Confluent(Member):
    def consume(self) -> None:
        classic = self.options.get("group.protocol") != "consumer"
        times = (
            {"session.timeout.ms": 10_000, "heartbeat.interval.ms": 300} if classic else {}
        )  # of the new protocol's the broker is in charge
        made = {"auto.offset.reset": "earliest"} | times | self.options
        consumer = Consumer({"bootstrap.servers": self.bootstrap, "group.id": self.group, **made})
        try:
            consumer.subscribe(self.topics)
            while not self._ends.is_set():
                record = consumer.poll(0.1)
                if record is not None and record.error() is None:
                    self.read.append(record.value())
                self.assigned = frozenset((one.topic, one.partition) for one in consumer.assignment())
        finally:
            consumer.close()


class AioKafka(Member):
    def consume(self) -> None:
        asyncio.run(self._consume())

    async def _consume(self) -> None:
        made = {"auto_offset_reset": "earliest", "session_timeout_ms": 10_000, "heartbeat_interval_ms": 300} | self.options
        consumer = AIOKafkaConsumer(*self.topics, bootstrap_servers=self.bootstrap, group_id=self.group, **made)
        await consumer.start()
        try:
            while not self._ends.is_set():
                for records in (await consumer.getmany(timeout_ms=100)).values():
                    self.read += [one.value for one in records]
                self.assigned = frozenset((one.topic, one.partition) for one in consumer.assignment())
        finally:
            await consumer.stop()


@contextmanager
def together(*members: Member) -> Iterator[None]:
    """Members that start at once and leave in the end."""
    for one in members:
        one.start()
    try:
        yield
    finally:
        for one in members:
            one.leave()


def settled(members: list[Member], counts: list[int]) -> None:
    """Wait until the members have so many partitions each, whoever has which."""
    wait_until(lambda: sorted(len(one.assigned) for one in members) == sorted(counts), LIMIT_S, f"{counts} partitions each")
    for one in members:
        assert one.failure is None


def committed(admin: KafkaAdminClient, group: str) -> dict[Place, tuple[int, str]]:
    """A group's offsets and what was noted with them."""
    found = admin.list_group_offsets(group)[group]
    return {(place.topic, place.partition): (one.offset, one.metadata) for place, one in found.items()}
