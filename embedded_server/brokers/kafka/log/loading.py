"""Opening a partition's folder, after a good end or a crash: only what lies behind the last checkpoint is read.

A process that is killed leaves at most one torn batch, at the end. It is cut off and said, as is whatever else is not right: a damaged or
lost index is made anew, a lost segment is named.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from embedded_server.brokers.kafka.log import snapshot
from embedded_server.brokers.kafka.log import state as states
from embedded_server.brokers.kafka.log.batch import HEADER_BYTES, MAGIC, Placed, checksum, has_producer, header_at
from embedded_server.brokers.kafka.log.files import Files
from embedded_server.brokers.kafka.log.producers import Producers
from embedded_server.brokers.kafka.log.records import BadRecords, marker_of
from embedded_server.brokers.kafka.log.segment import CHUNK_BYTES, LOG, Segment
from embedded_server.brokers.kafka.log.segments import Segments
from embedded_server.brokers.kafka.log.state import State

CLEANED: Final = ".cleaned"
"""Of files that compaction has written and not yet put in place."""

Say = Callable[[str], None]


@dataclass(slots=True)
class Loaded:
    """A partition as it is on disk."""

    segments: Segments
    producers: Producers
    state: State
    snapshot_offset: int
    """The producers as of here are written down; -1 where none are."""


def load(files: Files, folder: str, name: str, say: Say) -> Loaded:
    """Open *folder*, mending what has to be. Raises ``OSError``."""
    names = _names(folder)
    kept = states.load(folder)
    state = kept or State()
    if state.swap is not None:
        complete_swap(files, folder, state)
        names = _names(folder)
    for one in names:
        if one.endswith((CLEANED, ".tmp")):
            files.remove(os.path.join(folder, one))  # noqa: PTH118 - plain strings, see files.py
    segments = Segments(files, folder)
    bases = sorted(int(one.removesuffix(LOG)) for one in names if one.endswith(LOG) and one.removesuffix(LOG).isdigit())
    for base in bases:
        segments.add(Segment(files, folder, base))
    _name_lost(name, state, bases, say)
    if not bases:
        segments.new(max([state.start, *state.segments]))
    if kept is None:
        state.start = max(state.start, segments.oldest.base)
    segments.drop([one for one in list(segments)[:-1] if segments.end_of(one) <= state.start])
    _mend_tail(segments, name, state, say, folder)
    if state.segments and state.segments[-1] > segments.end:
        segments.new(state.segments[-1])
    state.start = min(max(state.start, segments.oldest.base), segments.end)
    snapshots = snapshot.offsets(names)
    producers, offset = _producers(folder, segments, snapshots)
    for other in snapshots:
        if other != offset:
            files.remove(snapshot.path_of(folder, other))
    return Loaded(segments, producers, state, offset)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208 - plain strings, see files.py
    except FileNotFoundError:
        return []


def complete_swap(files: Files, folder: str, state: State) -> None:
    """Put a compacted segment in the place of those it replaces; may be done again after a crash in the midst of it."""
    swap = state.swap
    if swap is None:
        return
    fresh = Segment(files, folder, swap.base, CLEANED).paths
    for base in swap.replaces:
        if base != swap.base:
            Segment(files, folder, base).remove()
    for path in fresh:
        files.forget(path)
        files.forget(path.removesuffix(CLEANED))
        if os.path.exists(path):  # noqa: PTH110 - plain strings, see files.py
            os.replace(path, path.removesuffix(CLEANED))  # noqa: PTH105 - plain strings, see files.py
    state.segments = sorted({*state.segments} - {*swap.replaces} | {swap.base})
    state.swap = None
    state.save(folder)


def _name_lost(name: str, state: State, bases: list[int], say: Say) -> None:
    for base in state.segments:
        if base not in bases:
            say(f"{name}: the segment {base:020}{LOG} is gone; its records from offset {base} on are lost")


def _mend_tail(segments: Segments, name: str, state: State, say: Say, folder: str) -> None:
    """Find the end of the active segment; cut off what is no whole batch there."""
    active = segments.active
    position = active.begin_check()
    for placed in _checked(active, position):
        active.note(placed.header, placed.position)
        position = placed.position + placed.header.size
    left = active.size - position
    if left:
        active.cut(position)
        state.epochs.append([state.epochs[-1][0] + 1, active.next_offset])
        state.segments = segments.bases
        state.save(folder)
        say(f"{name}: {left} bytes of a torn batch were cut off at offset {active.next_offset}")


def _checked(segment: Segment, position: int) -> Iterator[Placed]:
    """The batches from *position* on, as long as they are whole and follow one another."""
    expected = segment.next_offset
    while position + HEADER_BYTES <= segment.size:
        chunk = memoryview(segment.bytes_at(position, min(CHUNK_BYTES, segment.size - position)))
        header = header_at(chunk)
        if header.size > len(chunk) and HEADER_BYTES <= header.size <= segment.size - position:
            chunk = memoryview(segment.bytes_at(position, header.size))
        at = 0
        while at + HEADER_BYTES <= len(chunk):
            header = header_at(chunk, at)
            if header.magic == MAGIC and header.size >= HEADER_BYTES and at and at + header.size > len(chunk):
                break  # goes on in the next chunk
            if (
                header.magic != MAGIC
                or not HEADER_BYTES <= header.size <= len(chunk) - at
                or header.base_offset < expected
                or header.last_offset_delta < 0
                or checksum(chunk, at, header.size) != header.crc
            ):
                return
            yield Placed(position + at, header)
            expected = header.next_offset
            at += header.size
        if at == 0:
            return
        position += at


def _producers(folder: str, segments: Segments, snapshots: list[int]) -> tuple[Producers, int]:
    """The producers as of the end: those of the last good snapshot, and what the batches since then tell."""
    producers = Producers()
    begin, known = segments.oldest.base, -1
    for offset in snapshots:
        written = snapshot.load(folder, offset) if offset <= segments.end else None
        if written is not None:
            producers.load(written)
            begin = known = offset
            break
    lost = [one for one in segments if one.lacks_aborted and (one is not segments.active or (len(producers) and known > one.base))]
    for segment in {id(one): one for one in (*lost, segments.active)}.values():
        segment.aborted.heal()
    if lost:
        for segment in lost:
            segment.aborted.cut(0)
        _tell(segments, Producers(), segments.oldest.base, into=lost)
        for segment in lost:
            segment.flush()
    replay(segments, producers, begin)
    return producers, known


def replay(segments: Segments, producers: Producers, begin: int) -> None:
    """Tell *producers* of the batches from *begin* on, and write anew which transactions were aborted there."""
    if begin >= segments.end:
        return
    for segment in list(segments)[segments.number_of(begin) :]:
        if len(segment.aborted):
            segment.aborted.cut(segment.aborted.behind(begin - 1, 3))
    _tell(segments, producers, begin, into=list(segments))


def _tell(segments: Segments, producers: Producers, begin: int, *, into: list[Segment]) -> None:
    """Tell *producers* of the batches from *begin* on; the aborted transactions are written where they end in one of *into*."""
    chosen = {id(one) for one in into}
    for segment, (position, header) in segments.walk(begin):
        if not has_producer(header):
            continue
        if not header.is_control:
            producers.wrote(header)
            continue
        try:
            marker = marker_of(segment.bytes_at(position, header.size))
        except BadRecords:
            marker = None
        ended = producers.marked(header, marker.coordinator_epoch) if marker else None
        if ended is not None and marker is not None and not marker.commit and id(segment) in chosen:
            segment.aborted.add(ended.row)
