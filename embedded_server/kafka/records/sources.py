"""Where a bulk's records come from."""

from collections.abc import Sequence
from typing import Final, Protocol

from embedded_server.core.generate import Source
from embedded_server.kafka.records.fill import RecordFiller
from embedded_server.kafka.records.prepare import Prepared, Preparer

BURST: Final = 512
"""Records a bulk asks for at once, at most."""


class RecordSource(Protocol):
    """Answers a bulk's records in their order."""

    def take_blocking(self, count: int) -> Sequence[Prepared] | None:
        """Answer the next records, at most *count*; none at the end, and None where the next are not there yet."""


class SameRecord:
    """One record over and over."""

    def __init__(self, record: Prepared) -> None:
        self._records = [record] * BURST

    def take_blocking(self, count: int) -> Sequence[Prepared]:
        """Answer it *count* times."""
        return self._records[:count]


class FilledRecords:
    """A record whose fields are filled anew each time."""

    def __init__(self, filler: RecordFiller, source: Source, preparer: Preparer) -> None:
        self._filler = filler
        self._source = source
        self._preparer = preparer

    def take_blocking(self, count: int) -> Sequence[Prepared]:
        """Answer the next ones. Raises what says why one cannot be sent."""
        return [self._next() for _ in range(min(count, BURST // 8))]

    def _next(self) -> Prepared:
        self._source.next()
        return self._preparer.prepare_blocking(self._filler.fill(self._source))
