"""State derived from events and kept beside them, such as the present state of every task."""

import sqlite3
from collections.abc import Sequence
from typing import Protocol

from embedded_server.contracts.events import Event


class Projection(Protocol):
    """Tables of a capability in the journal's own database, always as new as the events: they change in one transaction."""

    def create(self, db: sqlite3.Connection) -> None:
        """Make the tables where they are missing. Called in a transaction on the thread that opens the journal."""

    def apply(self, db: sqlite3.Connection, first_seq: int, events: Sequence[Event]) -> None:
        """Follow *events*, numbered from *first_seq*. Called on the writer thread in the events' own transaction; must not commit.

        An error undoes what this projection did with these events, is logged, and leaves the events themselves kept. A busy disk
        may have the same events applied again after a rollback, so nothing may be remembered outside *db* until `Journal.on_commit`.
        """
