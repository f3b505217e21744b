"""What happened in each second: tasks finished and failed, and how long tasks waited. Kept in the journal's database, so it outlives us."""

import math
import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

KEPT_S: Final = 24 * 3600
_STEP: Final = 1.1
"""Waits are counted in buckets, each a tenth wider than the last: a percentile is right to 10 %."""
_FIRST_BUCKET_NS: Final = 100_000
_BUCKET_ENDS: Final = [_FIRST_BUCKET_NS * _STEP**bucket for bucket in range(400)]
"""Longest wait that each bucket counts; the last one's is centuries."""
_NS: Final = 1_000_000_000


@dataclass(slots=True)
class Second:
    """One second's counts."""

    finished: int = 0
    failed: int = 0
    waits: Counter[int] = field(default_factory=Counter)
    """Tasks started, by the bucket of their wait."""

    def wait_p95_ms(self) -> float:
        """Answer the wait that 95 of 100 of its tasks did not exceed; 0 where none began."""
        return percentile_ms(self.waits, 0.95)


class Seconds:
    """Gathers one batch's happenings, then adds them to the table."""

    def __init__(self) -> None:
        self._touched: dict[int, Second] = {}

    def finish(self, ends: Iterable[int]) -> None:
        """Count tasks that ended at *ends* (ns)."""
        for number, n in Counter([at // _NS for at in ends]).items():
            self._of(number).finished += n

    def fail(self, ends: Iterable[int]) -> None:
        """Count those of them that failed."""
        for number, n in Counter([at // _NS for at in ends]).items():
            self._of(number).failed += n

    def start(self, starts: Iterable[tuple[int, int]]) -> None:
        """Count tasks by when they began (ns) and how long they had waited in their queues (ns)."""
        for (number, bucket), n in Counter([(at // _NS, bucket_of(wait_ns)) for at, wait_ns in starts]).items():
            self._of(number).waits[bucket] += n

    def save(self, db: sqlite3.Connection) -> None:
        """Add all to the table; forget seconds older than a day."""
        for number, second in self._touched.items():
            stored = db.execute("SELECT waits FROM task_second WHERE second = ?", (number,)).fetchone()
            if stored:
                second.waits.update(_decode(stored[0]))
            db.execute(
                "INSERT INTO task_second VALUES (?, ?, ?, ?) ON CONFLICT (second) DO UPDATE SET finished = finished + excluded.finished, "
                "failed = failed + excluded.failed, waits = excluded.waits",
                (number, second.finished, second.failed, _encode(second.waits)),
            )
        if self._touched:
            db.execute("DELETE FROM task_second WHERE second < ?", (max(self._touched) - KEPT_S,))

    def _of(self, number: int) -> Second:
        second = self._touched.get(number)
        if second is None:
            second = self._touched[number] = Second()
        return second


def create_seconds(db: sqlite3.Connection) -> None:
    """Make the table where it is missing."""
    db.execute(
        "CREATE TABLE IF NOT EXISTS task_second "
        "(second INTEGER PRIMARY KEY, finished INTEGER NOT NULL, failed INTEGER NOT NULL, waits TEXT NOT NULL)"
    )


def read_seconds(db: sqlite3.Connection, first: int, count: int) -> Sequence[Second]:
    """Answer *count* seconds from the second numbered *first* (Unix time), the oldest first."""
    seconds = [Second() for _ in range(count)]
    query = "SELECT second, finished, failed, waits FROM task_second WHERE second >= ? AND second < ?"
    for number, finished, failed, waits in db.execute(query, (first, first + count)):
        seconds[number - first] = Second(finished, failed, _decode(waits))
    return seconds


def bucket_of(wait_ns: int) -> int:
    """Answer the bucket a wait belongs to."""
    return bisect_left(_BUCKET_ENDS, wait_ns)


def percentile_ms(waits: "Counter[int]", share: float) -> float:
    """Answer the upper end, in milliseconds, of the bucket that *share* of all waits reach; 0 where there are none."""
    wanted = math.ceil(sum(waits.values()) * share)
    for bucket in sorted(waits):
        wanted -= waits[bucket]
        if wanted <= 0:
            return _FIRST_BUCKET_NS * _STEP**bucket / 1e6
    return 0.0


def _encode(waits: "Counter[int]") -> str:
    return ",".join(f"{bucket}:{n}" for bucket, n in waits.items())


def _decode(text: str) -> "Counter[int]":
    pairs = (pair.split(":") for pair in text.split(",") if pair)
    return Counter({int(bucket): int(n) for bucket, n in pairs})
