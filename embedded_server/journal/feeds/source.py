"""What a feed can list: the journal's events, or the rows of a projection."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from embedded_server.journal.event import Commit
from embedded_server.journal.filters import EVENTS, Vocabulary
from embedded_server.journal.schema import ROW_SQL


class FeedSource(Protocol):
    """A table whose rows a feed shows, in the order of a number that grows and is never used again."""

    @property
    def table(self) -> str:
        """The SQL table (or joined tables) rows come from."""

    @property
    def id_column(self) -> str:
        """The column of the row's number: an ``integer primary key``, unambiguous in `table`."""

    @property
    def columns(self) -> str:
        """SQL that selects a row as it goes over the wire; its first column is the number."""

    @property
    def vocabulary(self) -> Vocabulary:
        """What filters over it may name."""

    @property
    def mutable(self) -> bool:
        """Whether rows change or leave other than from the front, after they have first been there."""

    def changed(self, commit: Commit) -> Sequence[int]:
        """Numbers of the rows that *commit* has made, changed or removed.

        Called on the writer thread after each commit, once however many feeds are open, and only for a mutable source: a projection
        answers with what its last `apply` has touched.
        """


@dataclass(frozen=True, slots=True)
class TableSource:
    """A `FeedSource` put together from its parts; *touched* answers for the projection behind it."""

    table: str
    id_column: str
    columns: str
    vocabulary: Vocabulary
    touched: Callable[[Commit], Sequence[int]] | None = None

    @property
    def mutable(self) -> bool:
        """A table with a projection behind it changes; the journal only grows."""
        return self.touched is not None

    def changed(self, commit: Commit) -> Sequence[int]:
        """Ask the projection."""
        return () if self.touched is None else self.touched(commit)


EVENT_SOURCE: Final = TableSource("event", "event.seq", ROW_SQL, EVENTS)
