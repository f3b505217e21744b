"""How long events are kept: the oldest leave first, in slices small enough that the writer never stalls."""

import sqlite3
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


def clock_interval_ns(retention: Retention) -> int:
    """How often the time of writing is noted: each minute, or more often where events are kept for minutes only."""
    return min(60, max(1, retention.max_age_s // 10)) * 1_000_000_000


def first_to_keep(db: sqlite3.Connection, retention: Retention, first_seq: int, last_seq: int, *, used: int, now: int) -> int:
    """Number of the first event that stays after the next slice; *first_seq* when nothing has to leave.

    The newest event always stays, so that numbers go on where they ended. *used* is the journal's size in bytes, *now* the time in
    nanoseconds.
    """
    excess = last_seq - first_seq + 1 - retention.max_events
    if used > retention.max_bytes:
        excess = max(excess, SLICE_EVENTS)
    excess = max(excess, _too_old(db, retention, first_seq, last_seq, now))
    return max(first_seq, min(first_seq + min(excess, SLICE_EVENTS), last_seq))


def _too_old(db: sqlite3.Connection, retention: Retention, first_seq: int, last_seq: int, now: int) -> int:
    """How many of the oldest events were written too long ago.

    Their own times do not tell: what was read from a topic today may have happened years ago.
    """
    cutoff = now - retention.max_age_s * 1_000_000_000
    marks = db.execute("select seq, at from clock order by seq limit 2").fetchall()
    if not marks or marks[0][1] + clock_interval_ns(retention) > cutoff:
        return 0
    following = int(marks[1][0]) if len(marks) == 2 else last_seq + 1
    return following - first_seq


def trim(db: sqlite3.Connection, first_seq: int) -> None:
    """Remove every event before *first_seq*, in one transaction."""
    db.execute("begin immediate")
    try:
        db.execute("delete from event where seq < ?", (first_seq,))
        db.execute("delete from body where seq < ?", (first_seq,))
        db.execute("delete from clock where seq < (select max(seq) from clock where seq <= ?)", (first_seq,))
        db.execute("update meta set value = ? where name = 'first_seq'", (first_seq,))
        db.execute("commit")
    except BaseException:
        if db.in_transaction:
            db.execute("rollback")
        raise
