"""Damaged files, full disks and killed processes: nothing kept is lost, and nothing lost is silent."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from embedded_server.journal import Journal, JournalDamaged
from embedded_server.journal.problems import JournalTooNew
from tests.helpers.journal import an_event, events, until

WRITER = "embedded_server.journal.writer"


def full_journal(path: Path, count: int = 2_000) -> None:
    journal = Journal(path)
    journal.open()
    journal.append_many(events(count))
    journal.close()


def overwrite(path: Path, first: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(first)
        file.write(b"\xa5" * length)


def bytes_of(path: Path | str) -> bytes:
    return Path(path).read_bytes()


@pytest.mark.parametrize("first", [0, 40_000], ids=["header", "pages"])
async def test_a_damaged_file_is_set_aside_whole_and_named(tmp_path: Path, first: int) -> None:
    path = tmp_path / "journal.db"
    full_journal(path)
    overwrite(path, first, 30_000)
    damaged = bytes_of(path)
    journal = Journal(path)
    journal.open()
    aside = Path(journal.set_aside)
    assert aside.parent == tmp_path
    assert aside.name.startswith("journal.damaged-")
    assert bytes_of(aside) == damaged
    assert journal.status().set_aside == str(aside)
    assert await journal.append_durably(an_event()) == 1
    journal.close()


def test_a_file_that_never_was_a_journal_is_set_aside_too(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_text("notes about the journal\n" * 100)
    journal = Journal(path)
    journal.open()
    assert Path(journal.set_aside).read_text().startswith("notes")
    journal.close()


def test_two_damaged_files_in_one_second_keep_both_names(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    asides = []
    for _ in range(2):
        path.write_text("no journal\n" * 100)
        journal = Journal(path)
        journal.open()
        asides.append(journal.set_aside)
        journal.close()
    assert len(set(asides)) == 2


def test_a_journal_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    full_journal(path, 1)
    db = sqlite3.connect(path)
    db.execute("pragma user_version=99")
    db.close()
    with pytest.raises(JournalTooNew):
        Journal(path).open()
    assert [file.name for file in tmp_path.glob("*damaged*")] == []


async def test_damage_that_shows_later_is_set_aside_and_numbers_go_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "journal.db"
    full_journal(path, 20_000)
    journal = Journal(path)
    journal.open()
    epoch = journal.epoch
    overwrite(path, 16_384 * 40, 16_384 * 40)
    with caplog.at_level("ERROR", logger=WRITER):
        with pytest.raises(JournalDamaged):
            await journal.query("subject:nowhere")
        await until(lambda: journal.set_aside)
        assert await journal.append_durably(an_event()) == 20_001
    assert journal.epoch != epoch
    assert (journal.first_seq, journal.last_seq, journal.trimmed) == (20_001, 20_001, 0)
    assert [row.seq for row in (await journal.query("")).rows] == [20_001]
    assert bytes_of(journal.set_aside)
    assert "The journal was damaged" in caplog.text
    journal.close()


async def test_a_full_disk_is_shown_and_tried_again_until_there_is_room(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    await journal.append_durably(an_event())
    assert journal._writer is not None
    db = journal._writer._db
    with caplog.at_level("WARNING", logger=WRITER), caplog.at_level("ERROR"):  # the trouble is an error, its end a warning
        db.execute("pragma max_page_count=1")  # SQLite answers as on a full disk
        journal.append(an_event(1, body=b"x" * 500_000))
        await until(lambda: journal.status().problem)
        assert "full" in journal.status().problem
        db.execute("pragma max_page_count=1000000")
        async with asyncio.timeout(10):
            assert await journal.flush() == 2
    assert journal.status().problem == ""
    assert journal.dropped == 0
    assert "keeps trying" in caplog.text


async def test_what_a_full_disk_never_took_is_counted_as_dropped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded_server.journal.writer.LAST_TRY_S", 0.1)
    journal = Journal(tmp_path / "journal.db")
    journal.open()
    await journal.append_durably(an_event())
    assert journal._writer is not None
    with caplog.at_level("ERROR", logger=WRITER):
        journal._writer._db.execute("pragma max_page_count=1")
        journal.append_many([an_event(number, body=b"x" * 100_000) for number in range(7)])
        await asyncio.to_thread(journal.close)
    assert journal.dropped == 7
    assert "without 7 events" in caplog.text


async def test_more_than_the_queue_holds_is_counted_as_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.journal.intake.FULL_EVENTS", 10)
    journal = Journal(tmp_path / "journal.db")
    journal.open()
    journal.on_commit(lambda _: None)
    lock = journal._intake._lock
    with lock:  # the writer cannot take meanwhile
        journal._intake._queue.extend(events(10))
        journal._intake.next_seq += 10
        assert journal._intake._is_full()
    journal.append(an_event())
    await journal.flush()
    assert journal.last_seq + journal.dropped == 11
    journal.close()


KILLED = """
import asyncio, sys
from pathlib import Path
from embedded_server.journal import Journal
from tests.helpers.journal import an_event
async def main():
    journal = Journal(Path(sys.argv[1])); journal.open()
    number = 0
    while True:
        journal.append_many([an_event(number + i, body=b"x" * 2000) for i in range(50)])
        number += 50
        print(await journal.flush(), flush=True)
asyncio.run(main())
"""


def kill_after(path: Path, events_committed: int) -> int:
    """Kill a process that writes to *path* once it has said so many events are committed; what it said last."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stdout is not None
    committed = 0
    for line in process.stdout:
        committed = int(line)
        if committed >= events_committed:
            process.kill()
            break
    process.stdout.close()
    process.wait(10)
    return committed


async def test_a_killed_process_keeps_every_event_that_was_committed(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    committed = kill_after(path, 1_000)
    journal = Journal(path)
    journal.open()
    assert not journal.set_aside
    assert journal.last_seq >= committed
    page = await journal.query("", limit=100_000)
    assert [row.seq for row in page.rows] == list(range(1, journal.last_seq + 1))
    assert [row.key for row in page.rows] == [f"key-{number}" for number in range(journal.last_seq)]
    journal.close()
