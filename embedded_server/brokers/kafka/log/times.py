"""Looking up offsets by time: the segment by its largest timestamp, the batch by the time index, the record inside its batch."""

from collections.abc import Iterator
from dataclasses import dataclass

from embedded_server.brokers.kafka.log.batch import APPEND_TIME, Header
from embedded_server.brokers.kafka.log.records import BadRecords, records_of
from embedded_server.brokers.kafka.log.segment import Segment
from embedded_server.brokers.kafka.log.segments import Segments


@dataclass(frozen=True, slots=True)
class Found:
    """A record's offset and timestamp (ms), and the leader epoch it was written in."""

    offset: int
    timestamp: int
    leader_epoch: int


def first_at(segments: Segments, start: int, timestamp: int) -> Found | None:
    """The first record from *start* on whose timestamp is not below *timestamp*."""
    for segment in segments:
        if segment.newest() < timestamp:
            continue
        row = segment.times.floor(timestamp - 1)
        begin = segment.find(segment.base + row[1]) if row else None
        for placed in segment.walk(begin.position if begin else 0):
            if placed.header.max_timestamp >= timestamp and placed.header.last_offset >= start:
                found = _first_in(segment, placed.position, placed.header, start, timestamp)
                if found is not None:
                    return found
    return None


def newest(segments: Segments, start: int) -> Found | None:
    """The first record from *start* on with the largest timestamp of all."""
    best: Segment | None = None
    for segment in segments:
        if segment.newest() >= 0 and (best is None or segment.newest() > best.newest()):
            best = segment
    if best is None:
        return None
    timestamp = best.newest()
    begin = best.find(best.max_timestamp_offset)
    for placed in best.walk(begin.position if begin else 0):
        if placed.header.max_timestamp == timestamp:
            found = _first_in(best, placed.position, placed.header, start, timestamp)
            if found is not None:
                return found
    return None


def _first_in(segment: Segment, position: int, header: Header, start: int, timestamp: int) -> Found | None:
    """The first record of a batch that is late enough; with append time all of them are."""
    for offset, at in _times(segment, position, header, start):
        if at >= timestamp and offset >= start:
            return Found(offset, at, header.leader_epoch)
    return None


def _times(segment: Segment, position: int, header: Header, start: int) -> Iterator[tuple[int, int]]:
    if header.attributes & APPEND_TIME:
        for offset in range(max(header.base_offset, start), header.next_offset):
            yield offset, header.max_timestamp
        return
    try:
        for record in records_of(segment.bytes_at(position, header.size)):
            yield header.base_offset + record.offset_delta, header.base_timestamp + record.timestamp_delta
    except BadRecords:
        yield header.last_offset, header.max_timestamp
