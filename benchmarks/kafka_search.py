"""A search of five million records for one, against what a bare kafka-python consumer takes to read them.

The topic is filled by batches made once and sent over the wire again and again; one batch among them has the record that is looked for.
The bare consumer reads a part, in a process of its own, before and after the search; the search runs as in the server, journal included,
and meanwhile a timer on the server's loop tells how late answers of its API would be.
"""

import json
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.result import Result

NAMES: Final = ("kafka.search.ratio",)
RECORDS: Final = 5_000_000
BATCH: Final = 4_000
PARTITIONS: Final = 4
VALUE_BYTES: Final = 200
BARE_RECORDS: Final = 150_000
"""The part that the bare consumer reads, each time."""
TOPIC: Final = "bench.search"
NEEDLE: Final = "needle-7f3a"
LIMIT_S: Final = 300
UNDER_WAY: Final = 4


def value_of(number: int, *, needle: bool = False) -> bytes:
    """Answer a record of JSON, of `VALUE_BYTES`."""
    text = f'{{"order": {number}, "customer": "Ada Lovelace", "note": "{NEEDLE if needle else "nothing of note"}", "filler": "'
    return (text + "x" * (VALUE_BYTES - len(text) - 2) + '"}').encode()


def batch(*, needle: bool = False) -> bytes:
    """Make one batch with kafka-python."""
    from kafka.record.default_records import DefaultRecordBatchBuilder

    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1 << 30)
    for number in range(BATCH):
        value = value_of(number, needle=needle and number == BATCH // 2)
        builder.append(number, 1_790_000_000_000 + number, b"k%d" % number, value, [])
    return bytes(builder.build())


def request_of(partition: int, records: bytes) -> bytes:
    """Make the bytes of a Produce request with one batch."""
    from kafka.protocol.producer import ProduceRequest

    kind = ProduceRequest.TopicProduceData
    request = ProduceRequest(
        transactional_id=None,
        acks=1,
        timeout_ms=30_000,
        topic_data=[kind(name=TOPIC, partition_data=[kind.PartitionProduceData(index=partition, records=records)])],
        version=7,
    )
    request.with_header(correlation_id=1, client_id="bench")
    framed: bytes = request.encode(version=7, header=True, framed=True)
    return framed


def fill(bootstrap: str) -> None:
    """Create the topic and fill it."""
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    kept = {"retention.ms": "-1"}  # its records' time is the same in each run, and long ago
    admin.create_topics({TOPIC: {"num_partitions": PARTITIONS, "replication_factor": 1, "configs": kept}})
    admin.wait_for_topics([TOPIC])
    admin.close()
    usual, special = batch(), batch(needle=True)
    requests = [request_of(partition, usual) for partition in range(PARTITIONS)]
    total = RECORDS // BATCH
    host, _, port = bootstrap.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=30) as client:
        for request in requests:
            while not _is_led(client, request):
                time.sleep(0.05)
        for number in range(PARTITIONS, total + UNDER_WAY):
            if number < total:
                at_needle = number == total * 3 // 4
                client.sendall(request_of(number % PARTITIONS, special) if at_needle else requests[number % PARTITIONS])
            if number >= PARTITIONS + UNDER_WAY and (error := _answer(client)):
                raise RuntimeError(f"the broker refused a batch: error {error}")


def _is_led(client: socket.socket, request: bytes) -> bool:
    """Whether a partition that has just been created takes a batch already."""
    client.sendall(request)
    error = _answer(client)
    if error not in {0, 3, 5, 6}:
        raise RuntimeError(f"the broker refused a batch: error {error}")
    return not error


def _answer(client: socket.socket) -> int:
    size = struct.unpack(">i", client.recv(4, socket.MSG_WAITALL))[0]
    answer = client.recv(size, socket.MSG_WAITALL)
    return int(struct.unpack_from(">h", answer, 4 + 4 + 2 + len(TOPIC) + 4 + 4)[0])


def measure(who: str, bootstrap: str) -> dict[str, Any]:
    """Let one side read in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.kafka_search_peers", who, bootstrap, folder]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{who}: {done.stderr.strip()[-2000:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def run() -> Iterator[Result]:
    """Measure on the embedded broker."""
    from tests.helpers.broker_processes import EmbeddedBroker

    with tempfile.TemporaryDirectory() as folder:
        broker = EmbeddedBroker(Path(folder))
        broker.start()
        try:
            yield compared(broker.bootstrap)
        finally:
            broker.stop()


def compared(bootstrap: str) -> Result:
    """Fill, and measure both sides on the broker there."""
    fill(bootstrap)
    before = measure("bare", bootstrap)
    ours = measure("ours", bootstrap)
    after = measure("bare", bootstrap)
    bare = (before["rate"] + after["rate"]) / 2
    told = (
        f"at least 0.5 of bare KafkaConsumer on {BARE_RECORDS:,} of the same records, same broker: "
        f"{ours['rate']:,.0f} against {bare:,.0f} records/s; "
        f"{ours['scanned']:,} scanned in {ours['took_s']} s, {ours['hits']} hit after {ours['first_hit_s']} s, "
        f"first progress after {ours['first_progress_s']} s; the server's loop meanwhile late by {ours['late_p99_ms']} ms at p99"
    )
    return Result("kafka.search.ratio", round(ours["rate"] / bare, 2), "x", told)
