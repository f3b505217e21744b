"""How long events are kept: the oldest leave first, in slices small enough that the writer never stalls."""

import sqlite3
import time
from dataclasses import dataclass
from typing import Final

SLICE_EVENTS: Final = 4_000
"""Most events that leave in one transaction: a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Retention:
    """When the oldest events leave: whichever limit is met first."""

    max_age_s: int = 14 * 86_400
    max_events: int = 20_000_000
    max_bytes: int = 8 * 1024**3


def used_bytes(db: sqlite3.Connection) -> int:
    """Bytes of the file that hold something; what retention has freed is used again before the file grows."""
    pages, free, size = db.execute(
        "select (select page_count from pragma_page_count), (select freelist_count from pragma_freelist_count), "
        "(select page_size from pragma_page_size)"
    ).fetchone()
    return int((pages - free) * size)


def first_to_keep(db: sqlite3.Connection, retention: Retention, first_seq: int, last_seq: int, used: int) -> int:
    """Number of the first event that stays after the next slice; *first_seq* when nothing has to leave.

    The newest event always stays, so that numbers go on where they ended.
    """
    excess = last_seq - first_seq + 1 - retention.max_events
    if used > retention.max_bytes:
        excess = max(excess, SLICE_EVENTS)
    by_size = min(excess, SLICE_EVENTS)
    by_age = _too_old(db, first_seq, time.time_ns() - retention.max_age_s * 1_000_000_000)
    return max(first_seq, min(first_seq + max(by_size, by_age), last_seq))


def _too_old(db: sqlite3.Connection, first_seq: int, cutoff: int) -> int:
    """How many of the oldest events happened before *cutoff*, up to a slice."""
    oldest = db.execute("select at from event where seq >= ? order by seq limit 1", (first_seq,)).fetchone()
    if oldest is None or oldest[0] >= cutoff:
        return 0
    rows = db.execute("select at from event where seq >= ? order by seq limit ?", (first_seq, SLICE_EVENTS))
    count = 0
    for (at,) in rows:
        if at >= cutoff:
            break
        count += 1
    return count


def trim(db: sqlite3.Connection, first_seq: int) -> None:
    """Remove every event before *first_seq*, in one transaction."""
    db.execute("begin immediate")
    try:
        db.execute("delete from event where seq < ?", (first_seq,))
        db.execute("delete from body where seq < ?", (first_seq,))
        db.execute("update meta set value = ? where name = 'first_seq'", (first_seq,))
        db.execute("commit")
    except BaseException:
        if db.in_transaction:
            db.execute("rollback")
        raise
