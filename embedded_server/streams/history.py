"""The hub's view of the journal: frames of some topics, oldest first, and the list of topics there are."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from embedded_server.contracts.events import Event, Kind
from embedded_server.journal import Journal
from embedded_server.journal.schema import BODY_SQL, KIND_CODES, event_of
from embedded_server.streams.frames import frame_of
from embedded_server.streams.subscription import Page
from embedded_server.streams.topics import kinds_of, topic_of

SLICE_EVENTS: Final = 500_000
"""Events looked at in one go, so that no reader thread is held for long."""
PAGE_BYTES: Final = 4 * 1024**2
"""Bodies read in one go, but for one that alone is larger."""


class JournalHistory:
    """Catches clients up from the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    @property
    def epoch(self) -> str:
        """The journal's random name, before the colon of every id."""
        return self._journal.epoch

    @property
    def first_seq(self) -> int:
        """Number of the oldest event that is kept."""
        return self._journal.first_seq

    async def read(self, topics: frozenset[str], *, after: int, upto: int, limit: int) -> Page:
        """Read the oldest frames of *topics* with ``after < seq <= upto``, looking at no more than ``SLICE_EVENTS`` events."""
        end = min(upto, after + SLICE_EVENTS)
        rows, whole = await self._journal.scan(lambda db: _select(db, topics, after, end, limit))
        frames = [frame_of(self.epoch, seq, topic_of(event), event) for seq, event in rows]
        return Page(frames, end if whole else frames[-1].seq)


def _select(db: sqlite3.Connection, topics: frozenset[str], after: int, upto: int, limit: int) -> tuple[list[tuple[int, Event]], bool]:
    """Answer events, and whether those are all; after *limit* of them or ``PAGE_BYTES`` of bodies there may be more."""
    kinds = [KIND_CODES[kind] for kind in kinds_of(topics)]
    subjects = sorted(topics)
    marks = ",".join("?" * len(kinds)), ",".join("?" * len(subjects))
    sql = (
        "select event.seq, at, kind, connection, subject, key, trace, joined, status, worker, size, preview, headers, "  # noqa: S608 - only question marks are put in
        f"{BODY_SQL} from event where event.seq > ? and event.seq <= ? "
        f"and (kind in ({marks[0]}) or (kind = ? and subject in ({marks[1]}))) order by event.seq limit ?"
    )
    found: list[tuple[int, Event]] = []
    size = 0
    for row in db.execute(sql, (after, upto, *kinds, KIND_CODES[Kind.CUSTOM], *subjects, limit)):
        event = event_of(row)
        found.append((int(row[0]), event))
        size += len(event.body)
        if len(found) == limit or size >= PAGE_BYTES:
            return found, False
    return found, True


class TopicProjection:
    """The number of each topic's newest event, kept beside the events."""

    def create(self, db: sqlite3.Connection) -> None:
        """Make the table where it is missing."""
        db.execute("create table if not exists hub_topic (name text primary key, last_seq integer not null) without rowid")

    def apply(self, db: sqlite3.Connection, first_seq: int, events: Sequence[Event]) -> None:
        """Follow *events*."""
        newest: dict[str, int] = {}
        for seq, event in enumerate(events, first_seq):
            topic = topic_of(event)
            if topic:
                newest[topic] = seq
        db.executemany("insert into hub_topic values (?,?) on conflict (name) do update set last_seq = excluded.last_seq", newest.items())

    @staticmethod
    def read(db: sqlite3.Connection) -> dict[str, int]:
        """Answer every topic that ever had an event, with the number of its newest one."""
        return {str(name): int(seq) for name, seq in db.execute("select name, last_seq from hub_topic order by name")}
