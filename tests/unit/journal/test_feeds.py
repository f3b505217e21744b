"""Feeds as a client sees them: ticks, windows and rejections over a fake socket."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from embedded_server.contracts.events import Event
from embedded_server.contracts.feeds import MAX_WINDOW_ROWS, TICK_ROWS, Source
from embedded_server.contracts.filters import Field, FieldType
from embedded_server.journal import EVENT_SOURCE, Feeds, FeedSession, Journal, Retention, SqlField, TableSource, Vocabulary
from embedded_server.journal.feeds.matches import BLOCK
from tests.helpers.journal import an_event, events, until


class Jobs:
    """A projection for these tests: one row a key, its state the last subject seen; the subject ``gone`` removes it."""

    def __init__(self) -> None:
        self.touched: list[int] = []

    def create(self, db: sqlite3.Connection) -> None:
        db.execute("create table if not exists job (row integer primary key autoincrement, name text unique, state text)")

    def apply(self, db: sqlite3.Connection, first_seq: int, events: Sequence[Event]) -> None:
        touched = []
        for event in events:
            if event.subject == "gone":
                touched += [row for (row,) in db.execute("delete from job where name = ? returning row", (event.key,)).fetchall()]
                continue
            upsert = "insert into job (name, state) values (?, ?) on conflict (name) do update set state = excluded.state returning row"
            touched += [row for (row,) in db.execute(upsert, (event.key, event.subject)).fetchall()]
        self.touched = touched

    def source(self) -> TableSource:
        field = Field("state", FieldType.TEXT, "")
        known = Vocabulary({"state": SqlField(field, "job.state")}, ("job.name",))
        return TableSource("job", "job.row", "job.row, job.name, job.state", known, lambda _: self.touched)


class Client:
    """What the window would remember: the newest state of each feed, and every message."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.session: FeedSession
        self.taking = asyncio.Event()
        self.taking.set()

    async def take(self, message: bytes) -> None:
        await self.taking.wait()
        self.messages.append(orjson.loads(message))

    async def say(self, op: str, feed: int = 1, **rest: Any) -> None:
        await self.session.receive(orjson.dumps({"op": op, "feed": feed, **rest}))

    def ticks(self, feed: int = 1) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["op"] == "tick" and message["feed"] == feed]

    def tick(self, feed: int = 1) -> dict[str, Any]:
        return self.ticks(feed)[-1]

    def is_whole(self, last_seq: int, feed: int = 1) -> bool:
        ticks = self.ticks(feed)
        return bool(ticks) and ticks[-1]["scanned"] == ticks[-1]["of"] and ticks[-1]["of"] >= last_seq

    def size(self, feed: int = 1) -> int:
        return int(self.tick(feed)["end"] - self.tick(feed)["start"])

    async def window(self, first: int, count: int, feed: int = 1) -> list[list[Any]]:
        await self.say("window", feed, id=len(self.messages), first=first, count=count)
        answer = self.messages[-1]
        assert answer["op"] == "window"
        assert answer["first"] >= first
        return list(answer["rows"])

    async def all_rows(self, feed: int = 1) -> list[list[Any]]:
        tick = self.tick(feed)
        return await self.window(tick["start"], tick["end"] - tick["start"], feed)


@asynccontextmanager
async def connected(journal: Journal, jobs: Jobs | None = None) -> AsyncIterator[Client]:
    sources: dict[Source, Any] = {Source.EVENTS: EVENT_SOURCE}
    if jobs is not None:
        sources[Source.TASKS] = jobs.source()
    client = Client()
    client.session = Feeds(journal, sources).session(client.take)
    yield client
    client.taking.set()
    await client.session.close()
    await client.session.close()


async def filled(journal: Journal, count: int, *, every: int = 10) -> None:
    """Events of which each *every*-th has the subject ``rare``."""
    batch = [an_event(number, subject="rare" if number % every == 0 else "often") for number in range(1, count + 1)]
    for at in range(0, count, 10_000):
        journal.append_many(batch[at : at + 10_000])
        await journal.flush()


async def test_the_whole_journal_is_listed_by_sequence_number(journal: Journal) -> None:
    await filled(journal, 200)
    async with connected(journal) as client:
        await client.say("open")
        await until(client.ticks)
        tick = client.tick()
        assert (tick["start"], tick["end"], tick["scanned"], tick["of"]) == (1, 201, 200, 200)
        assert [row[0] for row in tick["rows"]] == list(range(201 - TICK_ROWS, 201))
        assert [row[0] for row in await client.window(50, 3)] == [50, 51, 52]


async def test_an_empty_journal_ticks_once_and_says_it_is_empty(journal: Journal) -> None:
    async with connected(journal) as client:
        await client.say("open")
        await client.say("open", 2, filter="subject:x")
        await until(lambda: client.ticks(1) and client.ticks(2))
        assert [client.tick(feed)["end"] - client.tick(feed)["start"] for feed in (1, 2)] == [0, 0]
        await client.say("open", 3)
        await until(lambda: client.ticks(3))
        assert len(client.ticks(1)) == 1


async def test_news_arrive_with_their_rows_and_rate(journal: Journal) -> None:
    async with connected(journal) as client:
        await client.say("open")
        await until(client.ticks)
        journal.append_many(events(3))
        await until(lambda: client.size() == 3)
        assert [row[5] for row in client.tick()["rows"]] == ["key-0", "key-1", "key-2"]
        assert client.tick()["rate"] == 3.0
        journal.append(an_event(3))
        await until(lambda: client.size() == 4)
        news = [row[5] for tick in client.ticks()[1:] for row in tick["rows"]][-1]
        assert news == "key-3"


async def test_the_rate_falls_to_nothing_when_nothing_comes(journal: Journal) -> None:
    async with connected(journal) as client:
        await client.say("open")
        await until(client.ticks)
        journal.append_many(events(5))
        await until(lambda: client.tick()["rate"])
        told = len(client.ticks())
        await until(lambda: not client.tick()["rate"])
        assert len(client.ticks()) <= told + 2


async def test_a_filter_finds_what_was_there_and_what_comes(journal: Journal) -> None:
    await filled(journal, 3 * BLOCK)
    async with connected(journal) as client:
        await client.say("open", filter="subject:rare")
        journal.append_many([an_event(number, subject="rare" if number % 2 else "often") for number in range(100)])
        await until(lambda: client.is_whole(3 * BLOCK + 100))
        assert client.size() == 3 * BLOCK // 10 + 50
        tick = client.tick()
        last = await client.window(tick["end"] - 2, 10)
        first = await client.window(tick["start"] - 5, 7)
        assert [row[0] for row in last] == [3 * BLOCK + 98, 3 * BLOCK + 100]
        assert [row[0] for row in first] == [10, 20]


async def test_ordinals_stay_while_older_matches_are_found(journal: Journal) -> None:
    await filled(journal, 4 * BLOCK)
    async with connected(journal) as client:
        await client.say("open", filter="subject:rare")
        await until(lambda: client.is_whole(4 * BLOCK))
        ends = {tick["end"] for tick in client.ticks()}
        starts = [tick["start"] for tick in client.ticks()]
        assert len(ends) == 1
        assert starts == sorted(starts, reverse=True)
        progress = [tick["scanned"] for tick in client.ticks()]
        assert progress == sorted(progress)
        assert {tick["of"] for tick in client.ticks()} == {4 * BLOCK}


async def test_a_window_is_no_longer_than_agreed_and_ends_with_the_feed(journal: Journal) -> None:
    await filled(journal, 3_000)
    async with connected(journal) as client:
        await client.say("open")
        await until(client.ticks)
        assert len(await client.window(1, 10**6)) == MAX_WINDOW_ROWS
        assert [row[0] for row in await client.window(2_999, 50)] == [2_999, 3_000]


@pytest.mark.parametrize("first", [-(2**53), 2**53])
async def test_a_window_beyond_the_feed_is_empty(journal: Journal, first: int) -> None:
    await filled(journal, 10)
    async with connected(journal) as client:
        await client.say("open")
        await client.say("window", id=7, first=first, count=10)
        assert (client.messages[-1]["id"], client.messages[-1]["rows"]) == (7, [])


async def test_retention_moves_the_start_up(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", retention=Retention(max_age_s=10**10, max_events=500))
    journal.open()
    async with connected(journal) as client:
        await client.say("open")
        await client.say("open", 2, filter="subject:rare")
        await filled(journal, 1_000)
        await until(lambda: client.ticks(2) and client.tick(1)["start"] == client.tick(1)["trimmed"] + 1 == 501)
        await until(lambda: client.size(2) == 50)
        assert [row[0] for row in await client.all_rows(2)] == list(range(510, 1_001, 10))
        assert client.tick(2)["scanned"] == client.tick(2)["of"] == 500
    journal.close()


async def test_a_wrong_filter_is_rejected_with_its_place_and_the_feed_stays(journal: Journal) -> None:
    await filled(journal, 100)
    async with connected(journal) as client:
        await client.say("open", filter="subject:rare")
        await until(lambda: client.is_whole(100))
        await client.say("open", filter="rare colour:red")
        rejected = client.messages[-1]
        assert (rejected["op"], rejected["feed"], rejected["position"], rejected["length"]) == ("rejected", 1, 5, 6)
        assert rejected["title"] == "Unknown field “colour”"
        assert rejected["params"]["field"] == "colour"
        journal.append(an_event(subject="rare"))
        await until(lambda: client.size() == 11)


async def test_opening_again_replaces_the_filter(journal: Journal) -> None:
    await filled(journal, 100)
    async with connected(journal) as client:
        await client.say("open", filter="subject:rare")
        await until(lambda: client.is_whole(100))
        await client.say("open", filter="subject:often")
        await until(lambda: client.size() == 90)


async def test_a_closed_feed_is_silent(journal: Journal) -> None:
    async with connected(journal) as client:
        await client.say("open", 1)
        await client.say("open", 2)
        await client.say("close", 1)
        await client.say("window", 1, id=1, first=0, count=5)
        await until(lambda: client.ticks(2))
        journal.append(an_event())
        await until(lambda: client.size(2) == 1)
        assert not any(message["op"] == "window" for message in client.messages)
        assert all(client.size(1) == 0 for _ in client.ticks(1))


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"op":"open"}',
        b'{"op":"dance","feed":1}',
        b'{"op":"window","feed":1,"id":"x","first":0,"count":1}',
        b'{"op":"open","feed":1,"source":"tables"}',
        b'{"op":"open","feed":99999999999999999999}',
        b'{"op":"open","feed":true}',
        "\N{RABBIT}",
    ],
)
async def test_a_message_outside_the_protocol_is_answered_not_fatal(journal: Journal, message: bytes | str) -> None:
    async with connected(journal) as client:
        await client.session.receive(message)
        assert client.messages[-1]["op"] == "rejected"
        await client.say("open")
        await until(client.ticks)


async def test_feeds_are_counted(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.journal.feeds.session.MAX_FEEDS", 2)
    async with connected(journal) as client:
        for feed in (1, 2, 2, 3):
            await client.say("open", feed)
        assert [(message["feed"], message["title"]) for message in client.messages if message["op"] == "rejected"] == [
            (3, "More than 2 feeds are open")
        ]


async def test_a_slow_client_gets_one_tick_of_the_present_not_all_of_the_past(journal: Journal) -> None:
    async with connected(journal) as client:
        await client.say("open")
        await until(client.ticks)
        client.taking.clear()
        for number in range(20):
            await journal.append_durably(an_event(number))
        before = len(client.ticks())
        client.taking.set()
        await until(lambda: client.size() == 20)
        assert len(client.ticks()) <= before + 2


async def test_a_client_that_has_gone_ends_its_ticks_quietly(journal: Journal) -> None:
    async def refuse(_: bytes) -> None:
        raise ConnectionResetError

    session = Feeds(journal, {Source.EVENTS: EVENT_SOURCE}).session(refuse)
    await session.receive(b'{"op":"open","feed":1}')
    await until(session._ticking.done)
    await session.close()


async def test_feeds_begin_anew_when_the_journal_does(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(tmp_path / "journal.db")
    journal.open()
    await filled(journal, 100)
    async with connected(journal) as client:
        await client.say("open", filter="subject:rare")
        await until(lambda: client.is_whole(100))
        with caplog.at_level("ERROR", logger="embedded_server.journal.writer"):
            journal._on_damage()
            await until(lambda: journal.set_aside)
            await journal.append_durably(an_event(subject="rare"))
        await until(lambda: client.size() == 1)
        assert client.tick()["revision"] > 0
        assert [row[0] for row in await client.all_rows()] == [101]
    journal.close()


async def test_a_feed_that_cannot_go_on_says_so_and_the_others_do(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    broken = TableSource("no_such_table", "seq", "seq", EVENT_SOURCE.vocabulary, lambda _: ())
    client = Client()
    client.session = Feeds(journal, {Source.EVENTS: EVENT_SOURCE, Source.TASKS: broken}).session(client.take)
    with caplog.at_level("ERROR", logger="embedded_server.journal.feeds.session"):
        await client.say("open", 1)
        await client.say("open", 2, source="tasks")
        await until(lambda: any(message["op"] == "rejected" for message in client.messages))
        rejected = next(message for message in client.messages if message["op"] == "rejected")
        assert (rejected["feed"], rejected["title"]) == (2, "This list has stopped: no such table: no_such_table")
        journal.append(an_event())
        await until(lambda: client.ticks(1) and client.size(1) == 1)
        await client.session.close()


# -- rows that change


@asynccontextmanager
async def jobs_client(tmp_path: Path) -> AsyncIterator[tuple[Journal, Client]]:
    jobs = Jobs()
    journal = Journal(tmp_path / "journal.db")
    journal.add_projection(jobs)
    journal.open()
    async with connected(journal, jobs) as client:
        yield journal, client
    journal.close()


def job(number: int, state: str) -> Event:
    return an_event(number, subject=state)


async def test_a_projections_rows_are_listed_as_they_first_came(tmp_path: Path) -> None:
    async with jobs_client(tmp_path) as (journal, client):
        journal.append_many([job(number, "new") for number in range(5)])
        await journal.flush()
        await client.say("open", source="tasks")
        await until(lambda: client.ticks() and client.size() == 5)
        journal.append(job(5, "new"))
        await until(lambda: client.size() == 6)
        assert [row[1] for row in await client.all_rows()] == [f"key-{number}" for number in range(6)]
        assert client.tick()["revision"] == 0


async def test_a_changed_row_is_told_by_the_revision(tmp_path: Path) -> None:
    async with jobs_client(tmp_path) as (journal, client):
        journal.append_many([job(number, "new") for number in range(5)])
        await journal.flush()
        await client.say("open", source="tasks")
        await until(lambda: client.ticks() and client.size() == 5)
        journal.append(job(2, "done"))
        await until(lambda: client.tick()["revision"])
        assert [row[2] for row in await client.all_rows()] == ["new", "new", "done", "new", "new"]


async def test_rows_enter_and_leave_a_filter_as_they_change(tmp_path: Path) -> None:
    async with jobs_client(tmp_path) as (journal, client):
        journal.append_many([job(number, "new") for number in range(6)])
        await journal.flush()
        await client.say("open", source="tasks", filter="state:done")
        await until(lambda: client.ticks() and client.is_whole(6))
        journal.append_many([job(4, "done"), job(1, "done")])
        await until(lambda: client.size() == 2)
        assert [row[1] for row in await client.all_rows()] == ["key-1", "key-4"]
        journal.append_many([job(1, "new"), job(3, "done")])
        await until(lambda: client.tick()["revision"] >= 2)
        assert [row[1] for row in await client.all_rows()] == ["key-3", "key-4"]
        journal.append(job(4, "gone"))
        await until(lambda: client.size() == 1)


async def test_changes_during_the_first_look_are_not_missed(tmp_path: Path) -> None:
    async with jobs_client(tmp_path) as (journal, client):
        for at in range(0, 2 * BLOCK, 8_192):
            journal.append_many([job(number, "new") for number in range(at, at + 8_192)])
            await journal.flush()
        await client.say("open", source="tasks", filter="state:done")
        for number in range(0, 2 * BLOCK, 1_000):
            journal.append(job(number, "done"))
        await journal.flush()
        await until(lambda: client.is_whole(2 * BLOCK) and client.size() == len(range(0, 2 * BLOCK, 1_000)))
        numbers = [int(row[1].removeprefix("key-")) for row in await client.all_rows()]
        assert numbers == list(range(0, 2 * BLOCK, 1_000))


async def test_sources_have_fields_of_their_own(tmp_path: Path) -> None:
    async with jobs_client(tmp_path) as (_, client):
        await client.say("open", source="tasks", filter="subject:x")
        assert client.messages[-1]["title"] == "Unknown field “subject”"
