"""A broker without sockets whose clock the test turns, and clients that speak to it through kafka-python's message classes."""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from embedded_server.brokers.kafka import codec
from embedded_server.brokers.kafka.broker import Broker
from embedded_server.brokers.kafka.connection import Connection
from embedded_server.brokers.kafka.log.logs import Logs
from embedded_server.brokers.kafka.versions import ApiKey
from tests.helpers.kafka_batches import Rec, batch


class Hands:
    """A clock that stands until it is turned."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> float:
        return self.seconds

    def wall(self) -> float:
        return 1_790_000_000 + self.seconds


class Bench:
    """The broker, and what a shell does with it."""

    def __init__(self, folder: Path) -> None:
        self.clock = Hands()
        self.logs = Logs(folder)
        self.logs.open()
        self.broker = Broker(self.logs, clock=self.clock)
        self.broker.port = 9092

    def client(self) -> "Peer":
        return Peer(self)

    def pass_time(self, seconds: float) -> None:
        self.clock.seconds += seconds
        self.broker.timers.run_due()
        self.broker.end_turn()

    def close(self) -> None:
        self.broker.close()


def request(key: ApiKey, version: int, fields: Mapping[str, Any], correlation_id: int = 7) -> bytes:
    """A request's frame."""
    cls = codec.request_class(key)
    made = _built(cls, cls._struct, version, fields)
    made.with_header(correlation_id=correlation_id, client_id="peer")
    return bytes(made.encode(header=True, framed=True))


def _built(cls: Any, struct_field: Any, version: int, fields: Mapping[str, Any]) -> Any:
    values = dict(fields)
    for field in struct_field.fields.values():
        inner = values.get(field.name)
        if field.is_struct_array() and inner is not None:
            values[field.name] = [_built(field.data_class, field.array_of, version, one) for one in inner]
    return cls(version=version, **values)


class Peer:
    """One client. Its connection is taken away when it leaves."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.connection = Connection(bench.broker, "127.0.0.1:50000", "127.0.0.1:9092")
        self._received = b""

    def send(self, data: bytes) -> None:
        self.connection.receive_data(data)
        self.bench.broker.end_turn()

    def frames(self) -> list[bytes]:
        """The answers since the last call, each without its length."""
        self.bench.broker.end_turn()
        data = self._received + b"".join(bytes(one) for one in self.connection.data_to_send())
        found = []
        while len(data) >= 4 and len(data) >= 4 + struct.unpack_from(">i", data)[0]:
            (size,) = struct.unpack_from(">i", data)
            found.append(data[4 : 4 + size])
            data = data[4 + size :]
        self._received = data
        return found

    def ask(self, key: ApiKey, version: int, **fields: Any) -> Any:
        """The answer to one request."""
        self.send(request(key, version, fields))
        (frame,) = self.frames()
        return self.read(key, version, frame)

    @staticmethod
    def read(key: ApiKey, version: int, frame: bytes) -> Any:
        return codec.response_class(key).decode(frame, version=version, header=True)

    def create(self, name: str, partitions: int = 1, **configs: str) -> None:
        told = [{"name": key.replace("_", "."), "value": value} for key, value in configs.items()]
        topic = {"name": name, "num_partitions": partitions, "replication_factor": 1, "assignments": [], "configs": told}
        answer = self.ask(ApiKey.CREATE_TOPICS, 7, topics=[topic], timeout_ms=1000, validate_only=False)
        assert answer.topics[0].error_code == 0, answer.topics[0].error_message

    def produce(self, topic: str, records: bytes | None = None, *, version: int = 9, acks: int = -1, partition: int = 0) -> Any:
        """The answer of the one partition."""
        sent = batch([Rec(at=int(self.bench.clock.wall() * 1000))]) if records is None else records
        partitions = [{"index": partition, "records": sent}]
        fields = {"acks": acks, "timeout_ms": 1000, "topic_data": [{"name": topic, "partition_data": partitions}]}
        return self.ask(ApiKey.PRODUCE, version, **fields).responses[0].partition_responses[0]

    def leave(self) -> None:
        self.connection.connection_lost()


def fetching(topic: str, offset: int = 0, *, wait_ms: int = 0, min_bytes: int = 1, max_bytes: int = 1 << 20, **more: Any) -> dict[str, Any]:
    """The fields of a Fetch of partition 0."""
    partition = {"partition": 0, "fetch_offset": offset, "partition_max_bytes": max_bytes, "current_leader_epoch": more.pop("epoch", -1)}
    return {
        "max_wait_ms": wait_ms,
        "min_bytes": min_bytes,
        "max_bytes": max_bytes,
        "isolation_level": 0,
        "topics": [{"topic": topic, "partitions": [partition]}],
        "forgotten_topics_data": [],
        **more,
    }
