"""What goes wrong in one log keeps nobody from looking after the others."""

import logging
import struct
from collections.abc import Iterator

import pytest

from embedded_server.brokers.kafka.log import care, compaction
from embedded_server.brokers.kafka.log.batch import header_at, headers_in, sealed
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.log.records import Record, packed
from embedded_server.brokers.kafka.log.stored import StoredLog
from tests.helpers.kafka_batches import Rec, batch, numbered
from tests.unit.brokers.kafka.log.life import TOPIC, Life, all_of

CONFIGS = {"cleanup_policy": "compact", "min_cleanable_dirty_ratio": "0.01"}


def closed(life: Life, *recs: Rec) -> None:
    """A segment of its own for these records."""
    life.send(list(recs))
    life.log().roll(life.now_ms)


def test_records_nobody_can_read_keep_neither_their_log_nor_the_next_from_being_looked_after(life: Life) -> None:
    """A time of more than 64 bits within a batch whose header says nothing of it."""
    life.log(**CONFIGS)
    header = header_at(batch([Rec(b"a", b"1"), Rec(b"b", b"1")]))
    beyond = sealed(header, packed([Record(0, 0, b"a", b"1", b"\0"), Record(1, 2**63 - 1, b"b", b"1", b"\0")]))
    log = life.log()
    with pytest.raises(LogFault, match="64 bits"):
        log.append(beyond, now_ms=life.now_ms)
    life.logs.set_configs(TOPIC, {})
    log.append(beyond, now_ms=life.now_ms)
    life.logs.set_configs(TOPIC, {name.replace("_", "."): value for name, value in CONFIGS.items()})
    log.roll(life.now_ms)
    closed(life, Rec(b"a", b"2"))
    closed(life, Rec(b"a", b"3"))
    life.tidy()
    assert log.state.cleaned == 4
    assert [header.base_offset for chunk in all_of(log) for _, header in headers_in(chunk) if header.records] == [0, 3]


def test_a_log_whose_care_fails_unforeseen_rests_and_the_others_are_looked_after(
    life: Life, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    life.logs.create("broken", 1, {"cleanup.policy": "compact"})
    broken = life.logs.topics["broken"].partitions[0]
    broken.append(batch(numbered(1)), now_ms=life.now_ms)
    life.log(**CONFIGS)
    closed(life, Rec(b"a", b"1"))
    closed(life, Rec(b"a", b"2"))
    compacted = compaction.compacted

    def fails(log: StoredLog, now_ms: int, *, max_keys: int) -> Iterator[None]:
        if log is broken:
            raise struct.error("unforeseen")
        return compacted(log, now_ms, max_keys=max_keys)

    monkeypatch.setattr(care, "compacted", fails)
    with caplog.at_level(logging.ERROR):
        life.tidy()
    assert life.log().state.cleaned == 2
    assert broken.rests_until_ms > life.now_ms
    assert "broken-0: its files cannot be looked after" in caplog.text
