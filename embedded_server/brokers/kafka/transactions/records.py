"""Transactional ids as Apache Kafka writes them into ``__transaction_state``, so that Kafka's own tools can read them.

Source: TransactionLogKey and TransactionLogValue (version 0) among Kafka's message definitions.
"""

from embedded_server.brokers.kafka.internal_topic import Pair
from embedded_server.brokers.kafka.primitives import BadFields, Reader, Writer
from embedded_server.brokers.kafka.transactions.transaction import OVER, Partition, State, Transaction


def pair_of(transaction: Transaction) -> Pair:
    """A transactional id with what is known of it."""
    writer = Writer().int16(0).int64(transaction.producer_id).int16(transaction.epoch).int32(transaction.timeout)
    writer.int8(transaction.state)
    by_topic: dict[str, list[int]] = {}
    for topic, number in sorted(transaction.partitions):
        by_topic.setdefault(topic, []).append(number)
    if transaction.state in OVER:
        writer.int32(-1)
    else:
        writer.int32(len(by_topic))
        for topic, numbers in by_topic.items():
            writer.string(topic).int32(len(numbers))
            for number in numbers:
                writer.int32(number)
    writer.int64(transaction.updated_ms).int64(transaction.started_ms)
    return _key(transaction.name), writer.done()


def gone_pair(name: str) -> Pair:
    """That nothing is known of a transactional id any more."""
    return _key(name), None


def _key(name: str) -> bytes:
    return Writer().int16(0).string(name).done()


def read_name(key: bytes) -> str:
    """The transactional id a record is about. Raises ``BadFields``."""
    reader = Reader(key)
    if reader.int16() != 0:
        raise BadFields("A key of another version")
    return reader.text()


def read(name: str, value: bytes) -> Transaction:
    """What is known of a transactional id. Raises ``BadFields``."""
    reader = Reader(value)
    if reader.int16() != 0:
        raise BadFields("A transaction of another version")
    found = Transaction(name, reader.int64(), reader.int16())
    found.timeout = reader.int32()
    try:
        found.state = State(reader.int8())
    except ValueError as exc:
        raise BadFields(str(exc)) from exc
    partitions: set[Partition] = set()
    for _ in range(reader.count()):
        topic = reader.text()
        partitions.update((topic, reader.int32()) for _ in range(reader.count()))
    found.partitions = partitions
    found.updated_ms, found.started_ms = reader.int64(), reader.int64()
    return found
