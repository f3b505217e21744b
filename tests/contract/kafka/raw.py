"""Kafka's protocol by hand, for what no client will send: batches as they are, with any sequence number, and answers as they come."""

import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self, TypeVar

from tests.helpers.broker_processes import wait_until

PRODUCE, FETCH, METADATA, INIT_PRODUCER_ID = 0, 1, 3, 22
NO_LEADER_YET: Final = (3, 5, 6)
LIMIT_S: Final = 30.0


@dataclass(frozen=True)
class Produced:
    """What an answer to Produce says of a partition."""

    error: int
    base_offset: int
    append_time: int
    start: int


@dataclass(frozen=True)
class Fetched:
    """What an answer to Fetch says of a partition."""

    error: int
    end: int
    stable: int
    aborted: list[tuple[int, int]] = field(default_factory=list)
    records: bytes = b""


Reply = TypeVar("Reply", Produced, Fetched)


class Answer:
    """Reads an answer field by field."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, layout: str) -> tuple[int, ...]:
        found = struct.unpack_from(">" + layout, self._content, self._at)
        self._at += struct.calcsize(">" + layout)
        return found

    def number(self, layout: str) -> int:
        return self.take(layout)[0]

    def bytes(self, size: int) -> bytes:
        self._at += size
        return self._content[self._at - size : self._at]

    def text(self) -> str:
        return self.bytes(self.number("h")).decode()


class RawClient:
    """A connection; every request is answered before the next one."""

    def __init__(self, bootstrap: str) -> None:
        host, _, port = bootstrap.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=LIMIT_S)
        self._stream = self._socket.makefile("rb")

    def ask(self, key: int, version: int, body: bytes) -> Answer:
        """Send a request of a version with fixed lengths; what follows the correlation id of its answer."""
        self._send(key, version, body)
        return self._hear()

    def _send(self, key: int, version: int, body: bytes) -> None:
        head = struct.pack(">hhih", key, version, 7, 3) + b"raw"
        self._socket.sendall(struct.pack(">i", len(head) + len(body)) + head + body)

    def _hear(self) -> Answer:
        (size,) = struct.unpack(">i", self._stream.read(4))
        content = self._stream.read(size)
        assert content[:4] == struct.pack(">i", 7)
        return Answer(content[4:])

    def produce(self, topic: str, records: bytes, *, acks: int = -1, transactional_id: str | None = None) -> Produced:
        """Produce to partition 0, version 7."""
        return _settled(lambda: self._produce(topic, records, acks, transactional_id))

    def _produce(self, topic: str, records: bytes, acks: int, transactional_id: str | None) -> Produced:
        self.start_producing(topic, records, acks=acks, transactional_id=transactional_id)
        return self.produced()

    def start_producing(self, topic: str, records: bytes, *, acks: int = -1, transactional_id: str | None = None) -> None:
        """Send the request; ``produced`` reads its answer."""
        body = _text(transactional_id) + struct.pack(">hii", acks, 20_000, 1) + _text(topic) + struct.pack(">iii", 1, 0, len(records))
        self._send(PRODUCE, 7, body + records)

    def produced(self) -> Produced:
        """The answer to the oldest request that was started."""
        answer = self._hear()
        answer.take("i")
        answer.text()
        _, _, error, base_offset, append_time, start = answer.take("iihqqq")
        return Produced(error, base_offset, append_time, start)

    def create(self, topic: str) -> None:
        """Let a topic be made by asking for it (Metadata, version 4)."""
        self.ask(METADATA, 4, struct.pack(">i", 1) + _text(topic) + b"\1")

    def fetch(self, topic: str, offset: int, *, committed: bool = False, max_bytes: int = 1 << 25, wait_ms: int = 0) -> Fetched:
        """Fetch from partition 0, version 5."""
        return _settled(lambda: self._fetch(topic, offset, committed, max_bytes, wait_ms))

    def _fetch(self, topic: str, offset: int, committed: bool, max_bytes: int, wait_ms: int) -> Fetched:
        body = struct.pack(">iiiibi", -1, wait_ms, 1, max_bytes, int(committed), 1) + _text(topic)
        answer = self.ask(FETCH, 5, body + struct.pack(">iiqqi", 1, 0, offset, -1, max_bytes))
        answer.take("ii")
        answer.text()
        _, _, error, end, stable, _ = answer.take("iihqqq")
        aborted = [(producer, first) for producer, first in (answer.take("qq") for _ in range(max(answer.number("i"), 0)))]
        return Fetched(error, end, stable, aborted, answer.bytes(max(answer.number("i"), 0)))

    def new_producer(self) -> tuple[int, int]:
        """A producer id and its epoch, of a producer without transactions (InitProducerId, version 0)."""
        found: list[tuple[int, int]] = []

        def asked() -> bool:
            answer = self.ask(INIT_PRODUCER_ID, 0, _text(None) + struct.pack(">i", 60_000))
            _, error, producer, epoch = answer.take("ihqh")
            found.append((producer, epoch))
            return error == 0  # a broker that has just started may have no ids yet

        wait_until(asked, LIMIT_S, "there is a producer id")
        return found[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None) -> None:
        self._stream.close()
        self._socket.close()


def _settled(ask: Callable[[], Reply]) -> Reply:
    """Ask until the partition has its leader, which in Apache Kafka takes a moment after its topic was made."""
    found: list[Reply] = []

    def asked() -> bool:
        found.append(ask())
        return found[-1].error not in NO_LEADER_YET

    wait_until(asked, LIMIT_S, "the partition has a leader")
    return found[-1]


def _text(text: str | None) -> bytes:
    return struct.pack(">h", -1) if text is None else struct.pack(">h", len(text)) + text.encode()
