"""The segments of one partition, oldest first, the last one active: finding, reading, rolling, dropping."""

from bisect import bisect_right
from collections.abc import Iterator

from embedded_server.brokers.kafka.log.batch import HEADER_BYTES, Placed, header_at
from embedded_server.brokers.kafka.log.files import Files
from embedded_server.brokers.kafka.log.segment import Segment

MAX_HINTS = 16
"""Places where readers stopped, and will go on: a consumer that keeps up needs no index."""


class Segments:
    """All segments of a partition; the caller makes sure that there is always one."""

    def __init__(self, files: Files, folder: str) -> None:
        self._files = files
        self._folder = folder
        self._all: list[Segment] = []
        self._bases: list[int] = []
        self._hints: dict[int, tuple[Segment, int]] = {}

    def __iter__(self) -> Iterator[Segment]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @property
    def active(self) -> Segment:
        """The one that is appended to."""
        return self._all[-1]

    @property
    def oldest(self) -> Segment:
        """The first one."""
        return self._all[0]

    @property
    def bases(self) -> list[int]:
        """Their first offsets."""
        return list(self._bases)

    @property
    def size(self) -> int:
        """Bytes of all of them."""
        return sum([one.size for one in self._all])

    @property
    def end(self) -> int:
        """The offset of the next record."""
        return self._all[-1].next_offset

    def add(self, segment: Segment) -> None:
        """Put *segment* behind the others."""
        self._all.append(segment)
        self._bases.append(segment.base)

    def new(self, base: int) -> Segment:
        """Begin an empty segment with *base*."""
        segment = Segment(self._files, self._folder, base)
        self.add(segment)
        return segment

    def drop(self, segments: list[Segment]) -> None:
        """Take *segments* out and delete their files."""
        self.replace(segments, None)
        for one in segments:
            one.remove()

    def replace(self, old: list[Segment], new: Segment | None) -> None:
        """Put *new* in the place of *old*, whose files are left alone."""
        gone = set(map(id, old))
        kept = [one for one in self._all if id(one) not in gone]
        if new is not None:
            kept.append(new)
            kept.sort(key=lambda one: one.base)
        self._all = kept
        self._bases = [one.base for one in kept]
        self._hints.clear()

    def limit_of(self, number: int) -> int:
        """The offset behind segment *number*."""
        return self._bases[number + 1] if number + 1 < len(self._bases) else self.end

    def end_of(self, segment: Segment) -> int:
        """The offset behind *segment*."""
        return self.limit_of(bisect_right(self._bases, segment.base) - 1)

    def number_of(self, offset: int) -> int:
        """The number of the segment where *offset* lies, if it is anywhere."""
        return max(bisect_right(self._bases, offset) - 1, 0)

    def after(self, segment: Segment) -> list[Segment]:
        """Those behind *segment*."""
        return self._all[bisect_right(self._bases, segment.base) :]

    # -- reading

    def read(self, offset: int, max_bytes: int, below: int, *, at_least_one: bool) -> list[memoryview]:
        """Whole batches from the one that holds *offset* on, as many as *max_bytes* allow, none that lies at or behind *below*."""
        place = self._place(offset)
        if place is None:
            return []
        number, position = place
        segment = self._all[number]
        limit = self.limit_of(number)
        stop = segment.size
        if below < limit:
            found = segment.find(below)
            stop = found.position if found else stop
        wanted = min(max_bytes, stop - position)
        chunk = memoryview(segment.bytes_at(position, wanted)) if wanted > 0 else memoryview(b"")
        if wanted == stop - position:
            self._hint(min(limit, below), segment, stop)
            return [chunk] if chunk else []
        last = segment.last_whole(chunk, position)
        if last is not None:
            size = last.position + last.header.size
            self._hint(last.header.next_offset, segment, position + size)
            return [chunk[:size]]
        return [self._one(segment, position)] if at_least_one else []

    def _one(self, segment: Segment, position: int) -> memoryview:
        header = header_at(segment.bytes_at(position, HEADER_BYTES))
        self._hint(header.next_offset, segment, position + header.size)
        return memoryview(segment.bytes_at(position, header.size))

    def _place(self, offset: int) -> tuple[int, int] | None:
        """The segment's number and the position of the first batch that ends at or behind *offset*."""
        number = self.number_of(offset)
        hint = self._hints.get(offset)
        if hint is not None and hint[0] is self._all[number] and hint[1] < hint[0].size:
            return number, hint[1]
        while number < len(self._all):
            found = self._all[number].find(offset)
            if found is not None:
                return number, found.position
            number += 1
        return None

    def _hint(self, offset: int, segment: Segment, position: int) -> None:
        self._hints.pop(offset, None)
        if len(self._hints) >= MAX_HINTS:
            del self._hints[next(iter(self._hints))]
        self._hints[offset] = (segment, position)

    def walk(self, offset: int) -> Iterator[tuple[Segment, Placed]]:
        """Go through the batches from the one that holds *offset* on, over all segments."""
        place = self._place(offset)
        if place is None:
            return
        number, position = place
        for segment in self._all[number:]:
            for placed in segment.walk(position):
                yield segment, placed
            position = 0
