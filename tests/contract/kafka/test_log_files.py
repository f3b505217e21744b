"""Our log files, looked at by Kafka's own program for that: batches, indexes, aborted transactions and producers are what it knows."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded_server.brokers.kafka.log.logs import Logs
from embedded_server.brokers.kafka.log.partition import PartitionLog
from tests.helpers.kafka_batches import GZIP, LZ4, NOW_MS, SNAPPY, ZSTD, By, Rec, batch, noise, numbered
from tests.helpers.kafka_processes import NEEDS_KAFKA, RealKafka, has_kafka

pytestmark = pytest.mark.real_broker
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def tools() -> Iterator[RealKafka]:
    if not has_kafka():
        pytest.skip(NEEDS_KAFKA)
    found = RealKafka()  # it is not started: its programs alone are wanted
    yield found
    found.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kafka"


def _dump(tools: RealKafka, folder: Path, *suffixes: str) -> str:
    files = sorted(str(path) for path in (folder / "t-0").iterdir() if path.suffix in suffixes)
    told = tools.run_tool("org.apache.kafka.tools.DumpLogSegments", "--files", ",".join(files), "--deep-iteration", "--print-data-log")
    assert not re.search(r"Mismatches|isvalid: false|Index timestamp|Found timestamp|CRC.*false|corrupt", told, re.IGNORECASE), told
    return told


def _filled(folder: Path, **configs: str) -> tuple[Logs, PartitionLog]:
    logs = Logs(folder)
    logs.open()
    log = logs.create("t", 1, {name.replace("_", "."): value for name, value in configs.items()}).partitions[0]
    for number, codec in enumerate((0, GZIP, SNAPPY, LZ4, ZSTD) * 8):
        log.append(batch([Rec(b"k%d" % number, noise(350).hex().encode(), NOW_MS + number)] * 3, codec=codec), now_ms=NOW_MS)
    log.append(batch(numbered(2), By(77, 3, 0, transactional=True)), now_ms=NOW_MS)
    log.append_marker(77, 3, commit=False, coordinator_epoch=1, now_ms=NOW_MS)
    log.append(batch(numbered(2), By(77, 3, 2, transactional=True)), now_ms=NOW_MS)
    log.append_marker(77, 3, commit=True, coordinator_epoch=1, now_ms=NOW_MS)
    log.append(batch(numbered(1), By(78, 0, 0, transactional=True)), now_ms=NOW_MS)
    return logs, log


def test_every_file_is_what_kafkas_own_program_expects(tools: RealKafka, folder: Path) -> None:
    logs, log = _filled(folder, segment_bytes="15000")
    log.segments.active.seal()
    end, segments = log.end, len(log.segments)
    logs.close()
    told = _dump(tools, folder, ".log", ".index", ".timeindex", ".txnindex", ".snapshot")
    assert len(re.findall(r"^\| offset: ", told, re.MULTILINE)) == end
    assert segments > 2
    assert len(re.findall(r"^offset: \d+ position: \d+", told, re.MULTILINE)) >= segments
    assert "endTxnMarker: ABORT" in told
    assert "endTxnMarker: COMMIT" in told
    assert re.search(r"producerId: 77 firstOffset: 120 lastOffset: 122 lastStableOffset: 123", told), told
    assert re.search(
        r"producerId: 77 producerEpoch: 3 coordinatorEpoch: 1 currentTxnFirstOffset: OptionalLong.empty .*lastSequence: 3", told
    ), told
    assert re.search(r"producerId: 78 producerEpoch: 0 coordinatorEpoch: -1 currentTxnFirstOffset: OptionalLong\[126", told), told


def test_what_compaction_writes_is_what_kafkas_own_program_expects(tools: RealKafka, folder: Path) -> None:
    logs, log = _filled(folder, segment_bytes="9000", cleanup_policy="compact", min_cleanable_dirty_ratio="0.01")
    log.append(batch([Rec(b"k%d" % number, b"new", NOW_MS) for number in range(40)]), now_ms=NOW_MS)
    log.append(batch([Rec(b"k3", None, NOW_MS)]), now_ms=NOW_MS)
    log.append_marker(78, 0, commit=True, coordinator_epoch=1, now_ms=NOW_MS)
    for step in range(1, 4):
        log.roll(NOW_MS)
        log.append(batch([Rec(b"last", b"%d" % step, NOW_MS)]), now_ms=NOW_MS)
        while logs.tidy(NOW_MS + step * 10_000):
            pass
    assert log.state.cleaned > 100
    logs.close()
    told = _dump(tools, folder, ".log", ".index", ".timeindex", ".txnindex", ".snapshot")
    assert len(re.findall(r"^\| offset: .* payload: new$", told, re.MULTILINE)) == 39
    assert re.search(r"deleteHorizonMs: (OptionalLong\[)?\d{13}", told), told
    assert not re.search(r"^\| offset: \d .*key: k0 ", told, re.MULTILINE)
