"""The oldest events leave first, and what left is counted."""

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


def advance(journal: Journal, seconds: int) -> None:
    """Let it be later for the journal."""
    assert journal._writer is not None
    now = journal._writer.now_ns() + seconds * 1_000_000_000
    journal._writer.now_ns = lambda: now


async def test_oldest_events_go_first_when_they_were_written_too_long_ago(tmp_path: Path) -> None:
    journal = await opened(tmp_path, Retention(max_age_s=3_600))
    journal.append_many(events(SLICE_EVENTS + 50))
    await journal.flush()
    advance(journal, 1_800)
    await journal.append_durably(an_event())
    assert journal.first_seq == 1
    advance(journal, 1_870)
    await journal.append_durably(an_event())
    await settled(journal, SLICE_EVENTS + 51)
    assert (journal.first_seq, journal.last_seq) == (SLICE_EVENTS + 51, SLICE_EVENTS + 52)
    journal.close()


async def test_an_event_of_long_ago_that_was_written_now_stays(tmp_path: Path) -> None:
    journal = await opened(tmp_path, Retention(max_age_s=60))
    journal.append_many([an_event(at=0), an_event(at=1), an_event(at=2)])
    await journal.flush()
    advance(journal, 30)
    await journal.append_durably(an_event(at=3))
    assert journal.first_seq == 1
    journal.close()


async def test_the_newest_event_stays_however_old_so_that_numbers_go_on(tmp_path: Path) -> None:
    journal = await opened(tmp_path, Retention(max_age_s=60))
    journal.append_many(events(10))
    await journal.flush()
    advance(journal, 3_600)
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
