"""Ten gigabytes in the embedded Kafka broker: the most memory its process takes while they are written, and after it was killed, read.

Batches of a megabyte go over the wire in Produce requests, as a client sends them. What the system keeps of the files in its own cache is
nobody's memory and is not counted: the resident set is, at its highest.
"""

import itertools
import random
import socket
import struct
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil

from benchmarks.processes import Talker
from benchmarks.result import Result
from embedded_server.brokers.kafka.log.batch import Header, header_at
from embedded_server.brokers.kafka.log.records import Record, batch_of

NAMES: Final = ("kafka_broker.10gb_mb",)
TOTAL_BYTES: Final = 10 << 30
BATCH_BYTES: Final = 1_000_000
RECORDS: Final = 1_000
UNDER_WAY: Final = 6
SEQUENTIAL_READS: Final = 1_000
RANDOM_READS: Final = 500
LIMIT_S: Final = 40.0
"""Of writing. A disk that takes less in it is told, and the figure is of what it took."""
SAMPLE_S: Final = 0.05
TOPICS: Final = tuple(b"ten-gigabytes-%d" % number for number in range(4))
PRODUCE, FETCH, METADATA = 0, 1, 3
MEBIBYTE: Final = 1 << 20


class Wire:
    """A connection to the broker that says just enough of Kafka's protocol."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")

    def send(self, frame: bytes) -> None:
        """Send a request without waiting."""
        self._socket.sendall(frame)

    def hear(self) -> bytes:
        """Read the next answer."""
        (size,) = struct.unpack(">i", self._answers.read(4))
        return self._answers.read(size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None) -> None:
        self._answers.close()
        self._socket.close()


def _frame(key: int, version: int, body: bytes) -> bytes:
    head = struct.pack(">hhih", key, version, 1, 5) + b"bench"
    return struct.pack(">i", len(head) + len(body)) + head + body


def _named(name: bytes) -> bytes:
    return struct.pack(">h", len(name)) + name


def _create() -> bytes:
    """Metadata, version 4, which creates topics that are not there."""
    return _frame(METADATA, 4, struct.pack(">i", len(TOPICS)) + b"".join(map(_named, TOPICS)) + b"\1")


def _produce(topic: bytes, batch: bytes) -> bytes:
    """Produce, version 7, acknowledged by the leader."""
    body = struct.pack(">hhii", -1, 1, 30_000, 1) + _named(topic) + struct.pack(">iii", 1, 0, len(batch)) + batch
    return _frame(PRODUCE, 7, body)


def _fetch(topic: bytes, offset: int) -> bytes:
    """Fetch, version 4, a batch."""
    body = struct.pack(">iiiibi", -1, 1000, 1, MEBIBYTE, 0, 1) + _named(topic) + struct.pack(">iiqi", 1, 0, offset, MEBIBYTE)
    return _frame(FETCH, 4, body)


def _batch() -> bytes:
    value = random.Random(4).randbytes(BATCH_BYTES // RECORDS - 20)
    now_ms = time.time_ns() // 1_000_000
    header = Header(0, 0, -1, 2, 0, 0, RECORDS - 1, now_ms, now_ms, -1, -1, -1, RECORDS)
    return batch_of(header, [Record(number, 0, b"%08d" % number, value, b"\0") for number in range(RECORDS)])


class Watch:
    """The highest resident memory of a process while this is entered, looked at twenty times a second."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.highest = 0

    def _look(self) -> None:
        while not self._ended.wait(SAMPLE_S):
            self.highest = max(self.highest, self._process.memory_info().rss)

    def __enter__(self) -> Self:
        self.highest = self._process.memory_info().rss
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()


@dataclass(frozen=True, slots=True)
class Written:
    """What went in, and how."""

    batches: int
    took_s: float
    idle: int
    highest: int


def _written(data_dir: Path) -> Written:
    """Write until there are ten gigabytes, and kill the broker."""
    frames = [_produce(topic, _batch()) for topic in TOPICS]
    wanted = TOTAL_BYTES // len(frames[0])
    with Talker("embedded_server.brokers.command", "--child", "--data-dir", str(data_dir)) as broker:
        ready = broker.hear()
        process = psutil.Process(ready["pid"])
        idle = process.memory_info().rss
        with Wire(ready["kafka"]) as wire, Watch(process.pid) as watch:
            wire.send(_create())
            wire.hear()
            begun = time.perf_counter()
            under_way: deque[None] = deque()
            sent = 0
            for frame in itertools.islice(itertools.cycle(frames), wanted):
                if time.perf_counter() - begun > LIMIT_S:
                    break
                wire.send(frame)
                under_way.append(None)
                sent += 1
                if len(under_way) >= UNDER_WAY:
                    under_way.popleft()
                    _acknowledged(wire)
            while under_way:
                under_way.popleft()
                _acknowledged(wire)
            took_s = time.perf_counter() - begun
        process.kill()
        process.wait()
    return Written(sent, took_s, idle, watch.highest)


def _acknowledged(wire: Wire) -> None:
    answer = wire.hear()
    (error,) = struct.unpack_from(">h", answer, 4 + 4 + 2 + len(TOPICS[0]) + 4 + 4)
    if error:
        raise RuntimeError(f"the broker refused a batch: error {error}")


def _read(data_dir: Path, batches: int) -> tuple[float, int]:
    """Start over the logs and read some; answer seconds until it was ready, and its highest memory."""
    begun = time.perf_counter()
    with Talker("embedded_server.brokers.command", "--child", "--data-dir", str(data_dir)) as broker:
        ready = broker.hear()
        ready_s = time.perf_counter() - begun
        chosen = random.Random(5)
        each = batches // len(TOPICS)
        with Watch(ready["pid"]) as watch, Wire(ready["kafka"]) as wire:
            for number in range(SEQUENTIAL_READS):
                _has_batch(wire, TOPICS[number % len(TOPICS)], number // len(TOPICS) % each)
            for _ in range(RANDOM_READS):
                _has_batch(wire, chosen.choice(TOPICS), chosen.randrange(each))
    return ready_s, watch.highest


def _has_batch(wire: Wire, topic: bytes, number: int) -> None:
    """Read one batch and see that it is the one."""
    wire.send(_fetch(topic, number * RECORDS + RECORDS // 2))
    answer = wire.hear()
    at = 4 + 4 + 4 + 2 + len(TOPICS[0]) + 4 + 4 + 2 + 8 + 8 + 4 + 4
    header = header_at(answer, at)
    if header.base_offset != number * RECORDS or header.records != RECORDS:
        raise RuntimeError(f"{topic.decode()} has {header} where batch {number} should be")


def run() -> Iterator[Result]:
    """Fill, kill, restart and read."""
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder)
        written = _written(data_dir)
        ready_s, highest_reading = _read(data_dir, written.batches)
    size = written.batches * BATCH_BYTES
    speed = size / 1e6 / written.took_s
    told = (
        f"at most 200: highest resident memory of the broker's process; idle {written.idle / MEBIBYTE:.0f} MB; "
        f"{size / 1e9:.1f} GB written over the wire in {written.took_s:.0f} s ({speed:.0f} MB/s): {written.highest / MEBIBYTE:.0f} MB; "
        f"killed, ready again after {ready_s:.2f} s, {SEQUENTIAL_READS + RANDOM_READS} MB read: {highest_reading / MEBIBYTE:.0f} MB"
    )
    yield Result("kafka_broker.10gb_mb", round(max(written.highest, highest_reading) / MEBIBYTE, 1), "MB", told)
