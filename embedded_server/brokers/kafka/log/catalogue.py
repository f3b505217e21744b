"""Which topics there are, in one SQLite file; and, between a good end and the next start, how long each log is.

Write-ahead logging with ``synchronous=NORMAL``: a topic that was created survives the death of the process, ``kill -9`` included.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from embedded_server.brokers.kafka.log.answers import Summary
from embedded_server.brokers.sqlite_file import migrate, open_or_set_aside, write_ahead

NAME: Final = "topics.sqlite3"
VERSION: Final = 1
LOST: Final = "The list of topics is damaged (%s); it was set aside as %s and made anew from the folders"
_SCHEMA: Final = f"""
CREATE TABLE topics (name TEXT PRIMARY KEY, id BLOB NOT NULL, partitions INTEGER NOT NULL, configs TEXT NOT NULL, going INTEGER NOT NULL);
CREATE TABLE summaries (topic TEXT, number INTEGER, start INTEGER, end INTEGER, stable INTEGER, bytes INTEGER, PRIMARY KEY (topic, number))
WITHOUT ROWID;
PRAGMA user_version = {VERSION}
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A topic as it is kept."""

    name: str
    id: UUID
    partitions: int
    configs: dict[str, str]
    going: bool
    """It was being deleted."""


class Catalogue:
    """The file; every change is in it when the method returns. Methods raise ``sqlite3.Error`` where it cannot be written."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._db, self.set_aside = open_or_set_aside(self.path, self._prepare, LOST)
        """And where a damaged file was moved to."""

    def _prepare(self, db: sqlite3.Connection) -> None:
        write_ahead(db)
        db.execute("BEGIN IMMEDIATE")
        migrate(db, self.path, _SCHEMA, VERSION)
        db.execute("COMMIT")

    def topics(self) -> list[Entry]:
        """All topics, by name."""
        rows = self._db.execute("SELECT name, id, partitions, configs, going FROM topics ORDER BY name")
        return [
            Entry(name, UUID(bytes=id_), partitions, json.loads(configs), bool(going)) for name, id_, partitions, configs, going in rows
        ]

    def save(self, name: str, id_: UUID, partitions: int, configs: Mapping[str, str]) -> None:
        """Keep a topic, or what has changed of it."""
        row = (name, id_.bytes, partitions, json.dumps(dict(configs)))
        self._db.execute("INSERT OR REPLACE INTO topics VALUES (?, ?, ?, ?, 0)", row)

    def going(self, name: str) -> None:
        """Begin to delete a topic: whatever happens, it will not be there again."""
        self._db.execute("UPDATE topics SET going = 1 WHERE name = ?", (name,))

    def forget(self, name: str) -> None:
        """A topic's folders are out of the way."""
        self._db.execute("DELETE FROM topics WHERE name = ?", (name,))

    def take_summaries(self) -> dict[tuple[str, int], Summary]:
        """How long the logs were at a good end; they are forgotten with that, for what they tell is about to change."""
        rows = self._db.execute("SELECT topic, number, start, end, stable, bytes FROM summaries").fetchall()
        if rows:
            self._db.execute("DELETE FROM summaries")
        return {(topic, number): Summary(*told) for topic, number, *told in rows}

    def save_summaries(self, summaries: Iterable[tuple[str, int, Summary]]) -> None:
        """Keep how long the logs are, at a good end."""
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT OR REPLACE INTO summaries VALUES (?, ?, ?, ?, ?, ?)",
            ((topic, number, one.start, one.end, one.stable, one.bytes) for topic, number, one in summaries),
        )
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
