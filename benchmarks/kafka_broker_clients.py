"""Two clients of Kafka that put the same load on any broker: kafka-python, and confluent-kafka on librdkafka."""

import itertools
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Protocol
from uuid import uuid4

from confluent_kafka import Consumer, Producer
from confluent_kafka import TopicPartition as ConfluentPartition
from kafka import KafkaConsumer, KafkaProducer, TopicPartition

BODY: Final = b"x" * 100
LATENCY_PAUSE_S: Final = 0.004
LIMIT_S: Final = 30.0


class Client(Protocol):
    """What is measured with each."""

    name: str
    messages: int

    def produce(self, address: str, topic: str) -> float:
        """Messages a second, every one acknowledged by all replicas."""

    def consume(self, address: str, topic: str) -> float:
        """Messages a second, from the beginning, in no group."""

    def latencies(self, address: str, topic: str, count: int) -> list[float]:
        """Seconds from producing a message to a consumer having it, one message after the other."""


class KafkaPython:
    """Settings as people tune it: larger batches, a short linger."""

    name = "kafka-python"
    messages = 20_000

    def produce(self, address: str, topic: str) -> float:
        """Messages a second."""
        producer = KafkaProducer(bootstrap_servers=address, linger_ms=20, batch_size=262_144, acks="all")
        producer.send(topic, BODY).get(LIMIT_S)
        begin = time.perf_counter()
        for _ in range(self.messages - 1):
            future = producer.send(topic, BODY)
        producer.flush(LIMIT_S)
        took = time.perf_counter() - begin
        assert future.succeeded()
        producer.close()
        return self.messages / took

    def consume(self, address: str, topic: str) -> float:
        """Messages a second."""
        consumer = KafkaConsumer(bootstrap_servers=address, max_poll_records=10_000, auto_offset_reset="earliest")
        consumer.assign([TopicPartition(topic, 0)])
        consumer.seek_to_beginning()
        consumer.position(TopicPartition(topic, 0))
        begin = time.perf_counter()
        count = 0
        while count < self.messages:
            assert time.perf_counter() - begin < LIMIT_S
            count += sum(map(len, consumer.poll(1000).values()))
        took = time.perf_counter() - begin
        consumer.close()
        return count / took

    def latencies(self, address: str, topic: str, count: int) -> list[float]:
        """Seconds each."""
        producer = KafkaProducer(bootstrap_servers=address, acks="all")
        producer.send(topic, b"0").get(LIMIT_S)
        consumer = KafkaConsumer(bootstrap_servers=address, auto_offset_reset="latest")
        consumer.assign([TopicPartition(topic, 0)])
        consumer.seek_to_end()
        consumer.position(TopicPartition(topic, 0))

        def poll() -> int:
            return sum(map(len, consumer.poll(1000).values()))

        found = _latencies(lambda: producer.send(topic, BODY), poll, count)
        producer.close()
        consumer.close()
        return found


class Confluent:
    """librdkafka with its defaults, acks=all among them."""

    name = "confluent-kafka"
    messages = 200_000

    def produce(self, address: str, topic: str) -> float:
        """Messages a second."""
        producer = Producer({"bootstrap.servers": address, "queue.buffering.max.messages": 1_000_000})
        producer.produce(topic, BODY)
        producer.flush(LIMIT_S)
        failed: list[Any] = []

        def told(error: Any, _: Any) -> None:
            if error is not None:
                failed.append(error)

        begin = time.perf_counter()
        for _ in range(self.messages - 1):
            producer.produce(topic, BODY, on_delivery=told)
        left = producer.flush(LIMIT_S)
        took = time.perf_counter() - begin
        assert not left, f"{left} messages were not acknowledged"
        assert not failed, failed[:1]
        return self.messages / took

    def consume(self, address: str, topic: str) -> float:
        """Messages a second."""
        consumer = self._consumer(address, ConfluentPartition(topic, 0, 0))
        consumer.get_watermark_offsets(ConfluentPartition(topic, 0), LIMIT_S)
        begin = time.perf_counter()
        count = 0
        while count < self.messages:
            assert time.perf_counter() - begin < LIMIT_S
            count += len(consumer.consume(10_000, 0.5))
        took = time.perf_counter() - begin
        consumer.close()
        return count / took

    def latencies(self, address: str, topic: str, count: int) -> list[float]:
        """Seconds each."""
        producer = Producer({"bootstrap.servers": address, "linger.ms": 0})
        producer.produce(topic, b"0")
        producer.flush(LIMIT_S)
        consumer = self._consumer(address, ConfluentPartition(topic, 0, 1))

        def send() -> None:
            producer.produce(topic, BODY)
            producer.poll(0)

        found = _latencies(send, lambda: len(consumer.consume(1, 1.0)), count)
        producer.flush(LIMIT_S)
        consumer.close()
        return found

    def _consumer(self, address: str, partition: ConfluentPartition) -> Consumer:
        settings = {"bootstrap.servers": address, "group.id": f"bench-{uuid4()}", "enable.auto.commit": False}
        # with its default of 100,000 it rests for a second where a quick broker has filled its queue, and the rest would be measured
        consumer = Consumer({**settings, "queued.min.messages": 1_000_000})
        consumer.assign([partition])
        return consumer


def _latencies(send: Callable[[], Any], poll: Callable[[], int], count: int) -> list[float]:
    """Send a message, wait until a polling thread has it, rest a moment, again."""
    came = threading.Semaphore(0)
    times: list[float] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            for _ in range(poll()):
                times.append(time.perf_counter())
                came.release()

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    sent: list[float] = []
    for _ in itertools.repeat(None, count):
        sent.append(time.perf_counter())
        send()
        assert came.acquire(timeout=LIMIT_S)
        time.sleep(LATENCY_PAUSE_S)
    ended.set()
    thread.join(LIMIT_S)
    return [arrived - began for began, arrived in zip(sent, times, strict=True)]


CLIENTS: Final[tuple[Client, ...]] = (KafkaPython(), Confluent())
