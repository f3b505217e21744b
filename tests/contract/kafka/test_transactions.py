"""Transactions with kafka-python and librdkafka: all or nothing, for records and offsets, and only one producer at a time."""

from typing import Any

import confluent_kafka
import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from tests.contract.kafka.members import committed
from tests.helpers.broker_processes import wait_until

LIMIT_S = 30.0
pytestmark = pytest.mark.usefixtures("chatty_client")


def read(bootstrap: str, topic: str, count: int, *, committed: bool = True) -> list[bytes]:
    """The first *count* records, and whatever comes with them."""
    level = "read_committed" if committed else "read_uncommitted"
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", isolation_level=level, enable_auto_commit=False)
    place = TopicPartition(topic, 0)
    consumer.assign([place])
    consumer.seek_to_beginning(place)
    found: list[bytes] = []

    def has_all() -> bool:
        for records in consumer.poll(timeout_ms=100).values():
            found.extend(one.value for one in records)
        return len(found) >= count

    try:
        wait_until(has_all, LIMIT_S, f"{count} records are read")
    finally:
        consumer.close()
    return found


def rdkafka(bootstrap: str, name: str, **options: Any) -> Producer:
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": name, **options})
    producer.init_transactions(LIMIT_S)
    return producer


def test_kafka_python_commits_and_aborts(bootstrap: str, topic: str) -> None:
    with KafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"t-{topic}") as producer:
        producer.init_transactions()
        for value, keep in ((b"one", True), (b"never", False), (b"two", True)):
            producer.begin_transaction()
            producer.send(topic, value)
            producer.flush()
            (producer.commit_transaction if keep else producer.abort_transaction)()
    assert read(bootstrap, topic, 2) == [b"one", b"two"]
    assert read(bootstrap, topic, 3, committed=False) == [b"one", b"never", b"two"]


def test_librdkafka_commits_and_aborts(bootstrap: str, topic: str) -> None:
    producer = rdkafka(bootstrap, f"t-{topic}")
    for value, keep in ((b"one", True), (b"never", False), (b"two", True)):
        producer.begin_transaction()
        producer.produce(topic, value)
        producer.flush(LIMIT_S)
        (producer.commit_transaction if keep else producer.abort_transaction)(LIMIT_S)
    assert read(bootstrap, topic, 2) == [b"one", b"two"]


def test_readers_of_committed_records_wait_for_an_open_transaction(bootstrap: str, topic: str, admin: KafkaAdminClient) -> None:
    producer = rdkafka(bootstrap, f"t-{topic}")
    producer.begin_transaction()
    producer.produce(topic, b"open")
    producer.flush(LIMIT_S)
    with KafkaProducer(bootstrap_servers=bootstrap) as plain:
        plain.send(topic, b"behind").get(LIMIT_S)
    reader = KafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed")
    assert reader.end_offsets([TopicPartition(topic, 0)]) == {TopicPartition(topic, 0): 0}
    assert f"t-{topic}" in str(admin.list_transactions())
    assert "Ongoing" in str(admin.describe_transactions([f"t-{topic}"]))
    producer.commit_transaction(LIMIT_S)
    reader.close()
    assert read(bootstrap, topic, 2) == [b"open", b"behind"]


def test_a_second_producer_fences_the_first_and_ends_its_transaction(bootstrap: str, topic: str) -> None:
    first = rdkafka(bootstrap, f"t-{topic}")
    first.begin_transaction()
    first.produce(topic, b"lost")
    first.flush(LIMIT_S)
    second = rdkafka(bootstrap, f"t-{topic}")
    second.begin_transaction()
    second.produce(topic, b"kept")
    second.commit_transaction(LIMIT_S)
    with pytest.raises(KafkaException) as caught:
        first.commit_transaction(LIMIT_S)
    assert caught.value.args[0].code() in (confluent_kafka.KafkaError._FENCED, confluent_kafka.KafkaError.PRODUCER_FENCED)
    assert read(bootstrap, topic, 1) == [b"kept"]


@pytest.mark.parametrize("keep", [True, False])
def test_librdkafka_commits_offsets_with_what_it_makes_of_records(bootstrap: str, topic: str, keep: bool) -> None:
    group, made = f"g-{topic}", f"{topic}-made"
    source = Producer({"bootstrap.servers": bootstrap})
    source.produce(topic, b"raw")
    source.flush(LIMIT_S)
    options = {"auto.offset.reset": "earliest", "enable.auto.commit": False}
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, **options})
    consumer.subscribe([topic])
    record = consumer.poll(LIMIT_S)
    assert record is not None
    producer = rdkafka(bootstrap, f"t-{topic}")
    producer.begin_transaction()
    producer.produce(made, (record.value() or b"").upper())
    places = consumer.position(consumer.assignment())
    producer.send_offsets_to_transaction(places, consumer.consumer_group_metadata(), LIMIT_S)
    (producer.commit_transaction if keep else producer.abort_transaction)(LIMIT_S)
    resumes_at = consumer.committed(consumer.assignment(), LIMIT_S)[0].offset
    consumer.close()
    assert resumes_at == (1 if keep else confluent_kafka.OFFSET_INVALID)
    if keep:
        assert read(bootstrap, made, 1) == [b"RAW"]


def test_kafka_python_commits_offsets_with_a_transaction(bootstrap: str, topic: str, admin: KafkaAdminClient) -> None:
    group = f"g-{topic}"
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False)
    with KafkaProducer(bootstrap_servers=bootstrap, transactional_id=f"t-{topic}") as producer:
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(topic, b"value")
        producer.send_offsets_to_transaction({TopicPartition(topic, 0): OffsetAndMetadata(7, "", -1)}, consumer.group_metadata())
        producer.commit_transaction()
    consumer.close()
    wait_until(lambda: committed(admin, group) == {(topic, 0): (7, "")}, LIMIT_S, "the markers are written")


def test_a_transaction_that_takes_too_long_is_aborted(bootstrap: str, topic: str, admin: KafkaAdminClient) -> None:
    producer = rdkafka(bootstrap, f"t-{topic}", **{"transaction.timeout.ms": 1000})
    producer.begin_transaction()
    producer.produce(topic, b"late")
    producer.flush(LIMIT_S)
    wait_until(lambda: "CompleteAbort" in str(admin.describe_transactions([f"t-{topic}"])), LIMIT_S, "it is aborted")
    with pytest.raises(KafkaException):
        producer.commit_transaction(LIMIT_S)
