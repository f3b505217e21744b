"""What users are told where a file of the broker cannot be opened."""

import sqlite3
from pathlib import Path

from embedded_server.contracts.problems import N_, UserFacingError


class StoreInUse(UserFacingError):
    """Another broker runs on this data directory."""

    title = N_("Another broker already runs on {folder}")
    hint = N_("Stop the other one, or give this one a data directory of its own.")


class StoreUnusable(UserFacingError):
    """The store cannot be opened, and it is not damaged."""

    title = N_("The broker cannot keep its messages in {folder}")
    hint = N_("Check that the folder may be written and its disk has room, or choose another with --data-dir.")


class StoreTooNew(UserFacingError):
    """The store was written by a later version."""

    title = N_("The broker's store in {folder} was made by a newer Switchroom")
    hint = N_("Use that version, or choose another folder with --data-dir.")


def explained(exc: sqlite3.DatabaseError, path: Path) -> UserFacingError:
    """What keeps a file of the broker, which is not damaged, from being opened."""
    if exc.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreInUse(folder=str(path.parent))
    return StoreUnusable(folder=str(path.parent), detail=str(exc))
