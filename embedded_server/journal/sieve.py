"""The filter language over events that are not in the journal, such as messages that still lie in a queue."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from embedded_server.contracts.events import Event
from embedded_server.journal.filters import EVENTS, compile_filter, install_functions
from embedded_server.journal.rows import cleaned, insert_events
from embedded_server.journal.schema import create_tables

BODY_CAP_BYTES: Final = 32 * 1024**2
"""As much of a body as the journal keeps, and so looks into."""


class Sieve:
    """One filter. Made and used on one thread at a time; raises `FilterError` when made."""

    def __init__(self, filter: str) -> None:
        self._compiled = compile_filter(filter, EVENTS)
        self._db: sqlite3.Connection | None = None

    @property
    def lets_all_through(self) -> bool:
        """Whether every event matches, so that none needs to be looked at."""
        return self._compiled.matches_all

    def matching(self, events: Sequence[Event], first_seq: int = 1) -> list[bool]:
        """Answer for each event whether it matches; ``seq`` counts from *first_seq*. Blocks: many or large ones belong on a thread."""
        if self.lets_all_through:
            return [True] * len(events)
        db = self._opened()
        db.execute("begin")
        try:
            self._insert(db, first_seq, events)
            found = {row[0] for row in db.execute(f"select seq from event where {self._compiled.sql}", self._compiled.params)}  # noqa: S608 - compiled, values are bound
        finally:
            db.execute("rollback")
        return [first_seq + number in found for number in range(len(events))]

    def close(self) -> None:
        """Let go of the memory. May be called twice."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            create_tables(self._db)
            install_functions(self._db)
        return self._db

    @staticmethod
    def _insert(db: sqlite3.Connection, first_seq: int, events: Sequence[Event]) -> None:
        try:
            insert_events(db, first_seq, events, BODY_CAP_BYTES)
        except (sqlite3.Error, OverflowError, UnicodeError):  # such as a lone surrogate in a name
            db.execute("delete from event")
            db.execute("delete from body")
            insert_events(db, first_seq, [cleaned(event) for event in events], BODY_CAP_BYTES)
