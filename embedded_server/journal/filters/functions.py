"""The functions that compiled filters call and SQLite does not have."""

import sqlite3


def install_functions(db: sqlite3.Connection) -> None:
    """Give *db* what compiled filters need."""
