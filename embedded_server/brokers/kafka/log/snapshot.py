"""The producers of a partition, written down, so that a restart need not read the whole log to know them.

Kafka's own layout (``00000000000000000123.snapshot``: the producers as of offset 123), which has the last batch of each. Behind it, where
Kafka's tools do not look, are the batches before the last, so that a retry is known again after a restart, too.
"""

import os
import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from crc32c import crc32c

from embedded_server.brokers.kafka.log.batch import NO_SEQUENCE
from embedded_server.brokers.kafka.log.files import read_whole, write_whole
from embedded_server.brokers.kafka.log.producers import Kept, Producer

SUFFIX: Final = ".snapshot"
VERSION: Final = 1
_START = struct.Struct(">hI")
_COUNT = struct.Struct(">i")
_ENTRY = struct.Struct(">qhiqiqiq")
"""Producer, epoch, last sequence, last offset, offset delta, timestamp, coordinator epoch, first offset of the open transaction."""
_OLDER = struct.Struct(">qiqiq")
"""Producer, last sequence, last offset, offset delta, timestamp."""


def path_of(folder: str, offset: int) -> str:
    """Where the producers as of *offset* are written."""
    return os.path.join(folder, f"{offset:020}{SUFFIX}")  # noqa: PTH118 - plain strings, see files.py


def save(folder: str, offset: int, producers: Sequence[Producer]) -> None:
    """Write them down. Raises ``OSError``."""
    parts = [_COUNT.pack(len(producers))]
    older = []
    for one in producers:
        last = one.batches[-1] if one.batches else Kept(NO_SEQUENCE, -1, 0, one.timestamp)
        parts.append(
            _ENTRY.pack(
                one.id,
                one.epoch,
                last.last_sequence,
                last.last_offset,
                last.delta,
                one.timestamp,
                one.coordinator_epoch,
                one.transaction_from,
            )
        )
        older += [_OLDER.pack(one.id, *kept) for kept in list(one.batches)[:-1]]
    body = b"".join([*parts, _COUNT.pack(len(older)), *older])
    write_whole(path_of(folder, offset), _START.pack(VERSION, crc32c(body)) + body)


def load(folder: str, offset: int) -> list[Producer] | None:
    """Read the producers as of *offset*; nothing where that file is damaged or not there."""
    content = read_whole(path_of(folder, offset))
    if content is None or len(content) < _START.size + _COUNT.size:
        return None
    version, crc = _START.unpack_from(content)
    body = memoryview(content)[_START.size :]
    if version != VERSION or crc32c(body) != crc:
        return None
    try:
        return _producers(body)
    except struct.error:
        return None


def _producers(body: memoryview) -> list[Producer]:
    (count,) = _COUNT.unpack_from(body)
    found: dict[int, Producer] = {}
    at = _COUNT.size
    lasts: list[tuple[Producer, Kept]] = []
    for _ in range(count):
        id_, epoch, sequence, offset, delta, timestamp, coordinator_epoch, transaction_from = _ENTRY.unpack_from(body, at)
        at += _ENTRY.size
        producer = found[id_] = Producer(
            id_, epoch, coordinator_epoch=coordinator_epoch, timestamp=timestamp, transaction_from=transaction_from
        )
        if offset >= 0:
            lasts.append((producer, Kept(sequence, offset, delta, timestamp)))
    if at < len(body):
        (count,) = _COUNT.unpack_from(body, at)
        at += _COUNT.size
        for _ in range(count):
            id_, *kept = _OLDER.unpack_from(body, at)
            at += _OLDER.size
            found[id_].batches.append(Kept(*kept))
    for producer, kept_last in lasts:
        producer.batches.append(kept_last)
    return list(found.values())


def offsets(names: Sequence[str]) -> list[int]:
    """The offsets of the snapshots among *names*, the newest first."""
    found = []
    for name in names:
        if name.endswith(SUFFIX):
            with suppress(ValueError):
                found.append(int(name.removesuffix(SUFFIX)))
    return sorted(found, reverse=True)
