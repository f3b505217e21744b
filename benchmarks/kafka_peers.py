"""One side of the Kafka benchmark in a process of its own: bare kafka-python, or the kafka capability. Prints its rates as JSON."""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, KafkaSettings
from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.kafka import BulkProduce, Content, From, ReadRequest, Record, Start
from embedded_server.core.profiles import Profile

BARE: Final = "bare"
OURS: Final = "ours"
VALUE: Final = "x" * 100
PARTITIONS: Final = 3
PRODUCER: Final = {"acks": "all", "enable_idempotence": True, "linger_ms": 20, "batch_size": 256 * 1024}
"""What the capability's bulk is configured with, too."""


def profile(bootstrap: str) -> Profile:
    """Answer the connection to the broker at *bootstrap*."""
    return Profile("bench", ConnectionSpec("bench", ConnectionKind.KAFKA, kafka=KafkaSettings(bootstrap)))


def create_topic(bootstrap: str, topic: str) -> None:
    """Create a topic and wait until it is led."""
    from kafka import KafkaAdminClient

    with KafkaAdminClient(bootstrap_servers=bootstrap) as admin:
        admin.create_topics({topic: {"num_partitions": PARTITIONS, "replication_factor": 1}})
        admin.wait_for_topics([topic])


class Bare:
    """kafka-python as its documentation uses it: send and flush, then poll until all is there."""

    def __init__(self, bootstrap: str, topic: str, count: int) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._count = count

    def measure(self) -> dict[str, float]:
        """Produce all, then consume all."""
        return {"produce": self._produce(), "tail": self._consume(), "lost": 0}

    def _produce(self) -> float:
        from kafka import KafkaProducer

        producer = KafkaProducer(bootstrap_servers=self._bootstrap, **PRODUCER)
        value = VALUE.encode()
        producer.send(self._topic, value).get(20)  # its topic is known then, as to the other side
        began = time.perf_counter()
        for _ in range(self._count - 1):
            producer.send(self._topic, value)
        producer.flush()
        took_s = time.perf_counter() - began
        producer.close()
        return (self._count - 1) / took_s

    def _consume(self) -> float:
        from kafka import KafkaConsumer, TopicPartition

        consumer = KafkaConsumer(bootstrap_servers=self._bootstrap, enable_auto_commit=False, max_poll_records=10_000)
        consumer.assign([TopicPartition(self._topic, partition) for partition in range(PARTITIONS)])
        consumer.seek_to_beginning()
        count = 0
        began = time.perf_counter()
        while count < self._count:
            count += sum(len(records) for records in consumer.poll(500).values())
        took_s = time.perf_counter() - began
        consumer.close()
        return self._count / took_s


class Ours:
    """The kafka capability with a journal on disk, as the server runs it."""

    def __init__(self, bootstrap: str, topic: str, count: int, folder: Path) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._count = count
        self._folder = folder

    async def measure(self) -> dict[str, float]:
        """Produce all, then tail all from the oldest on, until every one of it is committed in the journal."""
        from embedded_server.core.collector import spare_the_collector
        from embedded_server.core.jobs import Jobs
        from embedded_server.core.sqlite_threads import count_no_memory
        from embedded_server.journal import Journal
        from embedded_server.kafka.service import KafkaService

        count_no_memory()
        journal = Journal(self._folder / "journal.db")
        journal.open()

        async def resolve(_: str) -> Profile:
            return profile(self._bootstrap)

        self._jobs = Jobs()
        service = KafkaService(journal, resolve, self._folder, self._jobs)
        await service.start()
        spare_the_collector()
        rates = {"produce": await self._produce(service), "tail": await self._tail(service)}
        await journal.flush()
        page = await journal.query("kind:record.read", limit=2 * self._count)
        places = {(row.subject, row.worker) for row in page.rows}
        rates["lost"] = self._count - len(places) + journal.dropped
        await service.stop()
        journal.close()
        return rates

    async def _produce(self, service: Any) -> float:
        record = Record(self._topic, value=Content(VALUE))
        await service.records.produce("bench", record)
        began = time.perf_counter()
        started = await service.records.bulk("bench", BulkProduce(record, self._count - 1, generate=False))
        job = self._jobs.job(started.id)
        await job.ended()
        took_s = time.perf_counter() - began
        assert job.counts["acknowledged"] == self._count - 1, job.snapshot()
        return (self._count - 1) / took_s

    async def _tail(self, service: Any) -> float:
        request = ReadRequest(self._topic, start=Start(From.OLDEST), follow=True, limit=self._count)
        began = time.perf_counter()
        job = self._jobs.job((await service.records.read("bench", request)).id)
        await job.ended()
        took_s = time.perf_counter() - began
        assert job.state is JobState.DONE, job.snapshot()
        return self._count / took_s


def main() -> None:
    """Measure one side."""
    who, bootstrap, topic, count, folder = sys.argv[1:6]
    if who == BARE:
        rates = Bare(bootstrap, topic, int(count)).measure()
    else:
        rates = asyncio.run(Ours(bootstrap, topic, int(count), Path(folder)).measure())
    print(json.dumps(rates))


if __name__ == "__main__":
    main()
