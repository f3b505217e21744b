"""Compaction of a partition in small steps: the closed segments are written anew without what newer records have made needless.

A step is a batch; between two of them the log is appended to and read as ever. New segments take the place of the old ones at once, and
whoever opens the log after a crash completes that or throws it away.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Final

from embedded_server.brokers.kafka.log.batch import Header, header_at
from embedded_server.brokers.kafka.log.files import Files
from embedded_server.brokers.kafka.log.filtering import Filter, Transactions
from embedded_server.brokers.kafka.log.keys import KeyOffsets
from embedded_server.brokers.kafka.log.loading import CLEANED, complete_swap
from embedded_server.brokers.kafka.log.records import BadRecords, records_of
from embedded_server.brokers.kafka.log.segment import MAX_SPAN, Segment
from embedded_server.brokers.kafka.log.state import Swap
from embedded_server.brokers.kafka.log.stored import StoredLog
from embedded_server.brokers.kafka.log.table import Row

WRITE_BYTES: Final = 1 << 20
RECORDS_A_STEP: Final = 2000


@dataclass(frozen=True, slots=True)
class Plan:
    """What a round of compaction would look at."""

    segments: list[Segment]
    """All that may be written anew, oldest first."""
    begin: int
    """The first offset no round has looked at."""
    end: int


def plan(log: StoredLog, now_ms: int) -> Plan | None:
    """What is to be compacted now, if enough of the log is new (``min.cleanable.dirty.ratio``) or has waited long enough."""
    settings = log.settings
    segments = _cleanable(log, now_ms)
    if not settings.compacts or not segments:
        return None
    begin = max(log.state.cleaned, log.start)
    end = log.segments.end_of(segments[-1])
    dirty = [one for one in segments if log.segments.end_of(one) > begin and one.size]
    if not dirty:
        return None
    whole = sum(one.size for one in segments)
    ratio = sum(one.size for one in dirty) / whole
    waited = now_ms - dirty[0].begun() if dirty[0].begun() >= 0 else 0
    if ratio > settings.min_cleanable_dirty_ratio or waited > settings.max_compaction_lag_ms:
        return Plan(segments, begin, end)
    return None


def _cleanable(log: StoredLog, now_ms: int) -> list[Segment]:
    """The closed segments that lie before every open transaction and are older than ``min.compaction.lag.ms``."""
    found = []
    stable, lag = log.stable, log.settings.min_compaction_lag_ms
    for segment in list(log.segments)[:-1]:
        if log.segments.end_of(segment) > stable or (lag > 0 and segment.newest() > now_ms - lag):
            break
        found.append(segment)
    return found


def compacted(log: StoredLog, now_ms: int, *, max_keys: int) -> Iterator[None]:
    """Do a round of compaction where one is due. Raises ``OSError``; the log is whole then."""
    planned = plan(log, now_ms)
    if planned is None:
        return
    newest = KeyOffsets(max_keys)
    if not (yield from _collected(log, planned, newest)):
        return
    segments = [one for one in planned.segments if one.base < newest.end]
    chosen = Filter(
        newest,
        Transactions.of(_aborted(log, 0, newest.end)),
        {one.id: one for one in log.known.all()},
        log.segments.end_of(segments[-1]) if segments else newest.end,
        now_ms,
        log.settings.delete_retention_ms,
    )
    for group in grouped(log, segments):
        if not (yield from _rewritten(log, group, chosen)):
            return
    log.state.cleaned = newest.end
    log.save_state()


def _collected(log: StoredLog, planned: Plan, newest: KeyOffsets) -> Generator[None, None, bool]:
    """Take note of each key from where the last round ended, until the map is full; answer whether the log is still there."""
    transactions = Transactions.of(_aborted(log, planned.begin, planned.end))
    newest.end = planned.begin
    seen = 0
    for segment, (position, header) in log.segments.walk(planned.begin):
        if header.base_offset >= planned.end:
            break
        if newest.is_full:
            return True
        batch = memoryview(segment.bytes_at(position, header.size))
        if header.is_control:
            transactions.ended(header, batch)
        elif not transactions.is_aborted(header):
            _note_keys(header, batch, newest)
        newest.end = header.next_offset
        seen += header.records + 1
        if seen >= RECORDS_A_STEP:
            seen = 0
            yield
            if not _is_still_there(log, planned.segments):
                return False
    newest.end = max(newest.end, planned.end)
    return True


def _note_keys(header: Header, batch: memoryview, newest: KeyOffsets) -> None:
    try:
        for record in records_of(batch):
            if record.key is not None:
                newest.put(record.key, header.base_offset + record.offset_delta)
    except BadRecords:
        return  # it stays as it is


def _aborted(log: StoredLog, begin: int, below: int) -> list[Row]:
    """The aborted transactions with records from *begin* on: one that had ended before says nothing of what its producer wrote since."""
    rows = [segment.aborted[number] for segment in log.segments for number in range(len(segment.aborted))]
    return [row for row in rows if row[3] >= begin and row[2] < below]


def _is_still_there(log: StoredLog, segments: list[Segment]) -> bool:
    """Whether nobody has trimmed or deleted the log meanwhile."""
    return log.is_open and not log.is_gone and {*map(id, segments)} <= {*map(id, log.segments)}


def grouped(log: StoredLog, segments: list[Segment]) -> Iterator[list[Segment]]:
    """Put together neighbours that fit into one segment, so that many small ones do not stay many."""
    group: list[Segment] = []
    size = 0
    for segment in segments:
        span = log.segments.end_of(segment) - group[0].base if group else 0
        if group and (size + segment.size > log.settings.segment_bytes or span > MAX_SPAN):
            yield group
            group, size = [], 0
        group.append(segment)
        size += segment.size
    if group:
        yield group


def _rewritten(log: StoredLog, group: list[Segment], chosen: Filter) -> Generator[None, None, bool]:
    """Write *group* into one new segment and put it in their place; answer whether that has been done."""
    fresh = Segment(log.files, log.folder, group[0].base, CLEANED)
    writing = _Writing(log.files, fresh)
    try:
        for segment in group:
            seen = 0
            for position, header in segment.walk():
                batch = memoryview(segment.bytes_at(position, header.size))
                writing.add(*chosen.kept(header, batch))
                seen += header.records + 1
                if seen >= RECORDS_A_STEP:
                    seen = 0
                    yield
                    if not _is_still_there(log, group):
                        return False
        writing.finish()
        _put_in_place(log, group, fresh)
        writing.is_done = True
        return True
    finally:
        if not writing.is_done:
            fresh.remove()


class _Writing:
    """A new segment that is written in large pieces."""

    def __init__(self, files: Files, segment: Segment) -> None:
        self._segment = segment
        self._parts: list[bytes | memoryview] = []
        self._headers: list[Header] = []
        self._size = 0
        self.is_done = False
        files.get(segment.path)

    def add(self, batch: bytes | memoryview | None, aborted: Row | None) -> None:
        if batch is None:
            return
        if aborted is not None:
            self._segment.aborted.add(aborted)
        self._parts.append(batch)
        self._headers.append(header_at(batch))
        self._size += len(batch)
        if self._size >= WRITE_BYTES:
            self._write()

    def _write(self) -> None:
        if self._parts:
            self._segment.append([b"".join(self._parts)], self._headers, self._size)
            self._parts, self._headers, self._size = [], [], 0

    def finish(self) -> None:
        self._write()
        self._segment.seal()


def _put_in_place(log: StoredLog, group: list[Segment], fresh: Segment) -> None:
    log.state.swap = Swap(fresh.base, [one.base for one in group])
    log.save_state()
    for path in (path for one in (*group, fresh) for path in one.paths):
        log.files.forget(path)
    complete_swap(log.files, log.folder, log.state)
    log.segments.replace(group, Segment(log.files, log.folder, fresh.base))
