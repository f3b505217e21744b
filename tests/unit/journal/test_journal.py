"""Appending, committing and reading back."""

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from embedded_server.contracts.concurrency import spawn
from embedded_server.contracts.events import Event, Join, Kind
from embedded_server.journal import Commit, Journal, JournalClosed, JournalUnwritable, StoredEvent
from embedded_server.journal.schema import INLINE_BODY_BYTES, JOIN_CODES, KIND_CODES
from tests.helpers.journal import BASE_NS, an_event, events, until


def test_every_kind_and_join_has_a_code_of_its_own() -> None:
    assert set(KIND_CODES) == {kind.value for kind in Kind}
    assert len(set(KIND_CODES.values())) == len(KIND_CODES)
    assert set(JOIN_CODES) == {join.value for join in Join}


async def test_an_event_comes_back_as_it_was(journal: Journal) -> None:
    event = an_event(body=b'{"x": 1}')._replace(
        trace="t", joined=Join.CELERY_ROOT, status="OK", worker="w", headers=b'{"h":"1"}', kind=Kind.RECORD_READ
    )
    seq = await journal.append_durably(event)
    assert await journal.read(seq) == StoredEvent(seq, event)


async def test_the_first_event_is_number_one(journal: Journal) -> None:
    assert (journal.first_seq, journal.last_seq) == (1, 0)
    assert await journal.append_durably(an_event()) == 1
    assert (journal.first_seq, journal.last_seq) == (1, 1)


async def test_an_event_that_was_never_there_is_none(journal: Journal) -> None:
    assert await journal.read(99) is None


@pytest.mark.parametrize("size", [0, 1, INLINE_BODY_BYTES, INLINE_BODY_BYTES + 1, 20 * 1024**2])
async def test_bodies_are_kept_whole(journal: Journal, size: int) -> None:
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)
    seq = await journal.append_durably(an_event(body=body))
    stored = await journal.read(seq)
    assert stored is not None
    assert stored.event.body == body
    assert not stored.truncated


async def test_a_body_over_the_cap_is_cut_and_marked_with_its_true_size(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", body_cap=5_000)
    journal.open()
    seq = await journal.append_durably(an_event(body=b"x" * 6_000))
    stored = await journal.read(seq)
    journal.close()
    assert stored is not None
    assert (len(stored.event.body), stored.event.size, stored.truncated) == (5_000, 6_000, True)


async def test_an_event_sqlite_refuses_is_kept_in_readable_form_beside_its_neighbours(journal: Journal) -> None:
    journal.append_many([an_event(0), an_event(1)._replace(subject="bad \ud800", at=2**70), an_event(2)])
    assert await journal.flush() == 3
    stored = await journal.read(2)
    assert stored is not None
    assert stored.event.subject == "bad \\ud800"
    assert stored.event.at == 2**63 - 1
    assert journal.dropped == 0


async def test_events_of_one_thread_keep_their_order(journal: Journal) -> None:
    def write(name: str) -> None:
        for number in range(500):
            journal.append(an_event(number, worker=name))

    threads = [threading.Thread(target=write, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    await journal.flush()
    page = await journal.query("", limit=2_000)
    assert len(page.rows) == 1_500
    for name in ("a", "b", "c"):
        keys = [row.key for row in page.rows if row.worker == name]
        assert keys == [f"key-{number}" for number in range(500)]


async def test_listeners_hear_every_event_once_in_order(journal: Journal) -> None:
    heard: list[tuple[int, str]] = []

    def listen(commit: Commit) -> None:
        heard.extend((commit.first_seq + offset, event.key) for offset, event in enumerate(commit.events))

    unsubscribe = journal.on_commit(listen)
    for event in events(100):
        journal.append(event)
    await journal.flush()
    unsubscribe()
    await journal.append_durably(an_event(100))
    assert heard == [(number + 1, f"key-{number}") for number in range(100)]


async def test_a_failing_listener_is_logged_and_stops_nobody(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[int] = []

    def fail(_: Commit) -> None:
        raise ValueError("boom")

    journal.on_commit(fail)
    journal.on_commit(lambda commit: heard.append(commit.last_seq))
    with caplog.at_level("ERROR", logger="embedded_server.journal.writer"):
        await journal.append_durably(an_event())
        await journal.flush()
        await asyncio.to_thread(journal.close)
    assert heard == [1]
    assert "A listener of the journal failed" in caplog.text


async def test_numbers_and_epoch_go_on_after_reopening(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.db")
    first.open()
    first.append_many(events(3))
    first.close()
    first.close()
    second = Journal(tmp_path / "journal.db")
    second.open()
    assert (second.first_seq, second.last_seq, second.epoch) == (1, 3, first.epoch)
    assert await second.append_durably(an_event()) == 4
    second.close()


async def test_closing_writes_what_was_queued(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    journal.open()
    journal.append_many(events(5_000))
    journal.close()
    with sqlite3.connect(tmp_path / "journal.db") as db:
        assert db.execute("select count(*) from event").fetchone() == (5_000,)
    db.close()


async def test_a_closed_journal_says_so(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    journal.open()
    journal.close()
    journal.append(an_event())
    assert journal.dropped == 1
    with pytest.raises(JournalClosed):
        await journal.append_durably(an_event())
    with pytest.raises(JournalClosed):
        await journal.read(1)


async def test_room_makes_a_source_wait_until_the_queue_has_drained(journal: Journal) -> None:
    held = threading.Event()

    def hold(_: Commit) -> None:
        held.wait(10)

    journal.on_commit(hold)
    journal.append(an_event())
    await until(lambda: journal.last_seq)
    journal.append_many(events(25_000))  # the writer stands in the listener
    waiting = asyncio.ensure_future(journal.room())  # noqa: TID251 - the test looks at the waiting task itself
    blocked = threading.Thread(target=journal.wait_for_room_blocking)
    blocked.start()
    await asyncio.sleep(0)
    assert not waiting.done()
    assert blocked.is_alive()
    held.set()
    async with asyncio.timeout(10):
        await waiting
        await asyncio.to_thread(blocked.join)
        await journal.flush()
    assert (journal.last_seq, journal.dropped) == (25_001, 0)


def test_a_folder_that_cannot_be_made_is_told_to_the_user(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalUnwritable) as caught:
        Journal(tmp_path / "file" / "journal.db").open()
    assert str(tmp_path / "file" / "journal.db") in str(caught.value)
    assert caught.value.problem().hint


def test_a_file_that_is_a_folder_is_told_to_the_user(tmp_path: Path) -> None:
    (tmp_path / "journal.db").mkdir()
    with pytest.raises(JournalUnwritable):
        Journal(tmp_path / "journal.db").open()


async def test_status_tells_what_is_kept(journal: Journal) -> None:
    journal.append_many(events(10))
    await journal.flush()
    status = journal.status()
    assert (status.first_seq, status.last_seq, status.dropped, status.trimmed) == (1, 10, 0, 0)
    assert status.oldest_at == BASE_NS
    assert status.epoch == journal.epoch
    assert not status.set_aside


async def test_a_query_pages_forwards_and_backwards(journal: Journal) -> None:
    journal.append_many(events(100))
    await journal.flush()
    forwards = await journal.query("", after=10, limit=3)
    backwards = await journal.query("", before=10, limit=3, newest=True)
    assert [row.seq for row in forwards.rows] == [11, 12, 13]
    assert [row.seq for row in backwards.rows] == [9, 8, 7]


async def test_a_query_says_how_much_it_looked_at(journal: Journal) -> None:
    journal.append_many(events(100))
    await journal.flush()
    whole = await journal.query("key:nowhere")
    part = await journal.query("key:key-4 OR key:key-9", limit=1)
    assert (whole.scanned, whole.of) == (100, 100)
    assert [row.seq for row in part.rows] == [5]
    assert (part.scanned, part.of) == (5, 100)


async def test_values_are_the_frequent_ones_first(journal: Journal) -> None:
    journal.append_many([an_event(subject=name) for name in ("orders.a", "orders.b", "orders.b", "users.c")])
    await journal.flush()
    assert await journal.values("subject", "ord") == ["orders.b", "orders.a"]
    assert await journal.values("kind", "task.s") == ["task.sent", "task.started", "task.succeeded"]
    assert await journal.values("size") == []
    assert await journal.values("nothing") == []


class Counting:
    """A projection that counts events by subject, and refuses the subject ``poison``."""

    def create(self, db: sqlite3.Connection) -> None:
        db.execute("create table if not exists subject_count (subject text primary key, n integer)")

    def apply(self, db: sqlite3.Connection, first_seq: int, events: Sequence[Event]) -> None:
        for event in events:
            db.execute("insert into subject_count values (?, 1) on conflict (subject) do update set n = n + 1", (event.subject,))
            if event.subject == "poison":
                db.execute("select no_such_column from subject_count")


async def counts(journal: Journal) -> dict[str, int]:
    return dict(await journal.run(lambda db: db.execute("select subject, n from subject_count").fetchall()))


async def test_a_projection_is_as_new_as_the_events(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    journal.add_projection(Counting())
    journal.open()
    journal.append_many([an_event(subject="a"), an_event(subject="b"), an_event(subject="a")])
    await journal.flush()
    assert await counts(journal) == {"a": 2, "b": 1}
    journal.close()


async def test_a_failing_projection_is_undone_and_logged_and_the_events_are_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(tmp_path / "journal.db")
    journal.add_projection(Counting())
    journal.open()
    await journal.append_durably(an_event(subject="a"))
    with caplog.at_level("ERROR", logger="embedded_server.journal.writer"):
        await journal.append_durably(an_event(subject="poison"))
    await journal.append_durably(an_event(subject="b"))
    assert await counts(journal) == {"a": 1, "b": 1}
    assert journal.last_seq == 3
    assert "Counting could not follow events 2 and later" in caplog.text
    journal.close()


async def test_a_reader_cannot_write(journal: Journal) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await journal.run(lambda db: db.execute("delete from event"))


async def test_several_are_durable_together_and_refused_by_a_closed_journal(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "several.db")
    journal.open()
    assert await journal.append_many_durably(events(5)) == 5
    assert journal.last_seq == 5
    assert await journal.append_many_durably([]) == 0
    journal.close()
    with pytest.raises(JournalClosed):
        await journal.append_many_durably(events(1))


async def test_several_wait_for_a_place_in_a_full_journal_and_nothing_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.journal.intake.FULL_EVENTS", 0)
    journal = Journal(tmp_path / "full.db")
    journal.open()
    kept: list[int] = []

    async def keep() -> None:
        kept.append(await journal.append_many_durably(events(3)))

    task = spawn(keep(), name="keep", notify=lambda _: None)
    await asyncio.sleep(0)
    monkeypatch.undo()
    await asyncio.wait([task], timeout=5)
    assert (kept, journal.dropped) == ([3], 0)
    journal.close()
