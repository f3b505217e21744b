"""The oldest events leave first, and what left is counted."""

import time
from pathlib import Path

import pytest

from embedded_server.journal import Journal, Retention
from embedded_server.journal.retention import SLICE_EVENTS
from tests.helpers.journal import an_event, events, until

FOREVER_S = 100 * 365 * 86_400


async def opened(path: Path, retention: Retention) -> Journal:
    journal = Journal(path / "journal.db", retention=retention)
    journal.open()
    return journal


def size_of(path: Path) -> int:
    return path.stat().st_size


async def settled(journal: Journal, first_seq: int) -> None:
    await until(lambda: journal.first_seq >= first_seq)


async def test_oldest_events_go_first_when_there_are_too_many(tmp_path: Path) -> None:
    journal = await opened(tmp_path, Retention(max_age_s=FOREVER_S, max_events=100))
    journal.append_many(events(250))
    await journal.flush()
    await settled(journal, 151)
    page = await journal.query("", limit=1_000)
    assert [row.seq for row in page.rows] == list(range(151, 251))
    assert (journal.first_seq, journal.last_seq, journal.trimmed, journal.dropped) == (151, 250, 150, 0)
    assert journal.status().oldest_at == page.rows[0].at
    journal.close()


async def test_oldest_events_go_first_when_they_are_too_old(tmp_path: Path) -> None:
    journal = await opened(tmp_path, Retention(max_age_s=3_600))
    now = time.time_ns()
    old = [an_event(number)._replace(at=now - 7_200_000_000_000) for number in range(SLICE_EVENTS + 50)]
    journal.append_many([*old, an_event(9)._replace(at=now)])
    await journal.flush()
    await settled(journal, len(old) + 1)
    assert (journal.first_seq, journal.last_seq) == (len(old) + 1, len(old) + 1)
    journal.close()


async def test_the_newest_event_stays_however_old_so_that_numbers_go_on(tmp_path: Path) -> None:
    journal = await opened(tmp_path, Retention(max_age_s=1))
    journal.append_many(events(10))
    await journal.flush()
    await settled(journal, 10)
    journal.close()
    again = await opened(tmp_path, Retention())
    assert (again.first_seq, again.last_seq, again.trimmed) == (10, 10, 9)
    assert await again.append_durably(an_event()) == 11
    again.close()


async def test_bytes_are_held_below_the_limit_and_used_again(tmp_path: Path) -> None:
    limit = 8 * 1024**2
    journal = await opened(tmp_path, Retention(max_age_s=FOREVER_S, max_bytes=limit))
    for _ in range(10):
        journal.append_many([an_event(number, body=b"x" * 4_000) for number in range(1_000)])
        await journal.flush()
    await until(lambda: journal.trimmed and journal.bytes <= limit)
    assert journal.last_seq == 10_000
    journal.close()
    assert size_of(tmp_path / "journal.db") < 5 * limit


@pytest.mark.parametrize("body", [b"short", b"x" * 5_000])
async def test_what_has_left_is_gone_with_its_body(tmp_path: Path, body: bytes) -> None:
    journal = await opened(tmp_path, Retention(max_age_s=FOREVER_S, max_events=1))
    journal.append_many([an_event(number, body=body) for number in range(3)])
    await journal.flush()
    await settled(journal, 3)
    assert await journal.read(1) is None
    bodies = await journal.run(lambda db: db.execute("select count(*) from body where seq < 3").fetchone())
    assert bodies == (0,)
    journal.close()
