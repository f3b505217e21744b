"""The reconciler over a real journal in a folder, a monitor and a result back end that are played."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from embedded_server.contracts.events import Join, Kind, Row
from embedded_server.journal import Journal
from embedded_server.tasks import TaskProjection, queries, reconcile
from embedded_server.tasks.ingest import Ingest
from embedded_server.tasks.outcomes import Outcome
from embedded_server.tasks.reconcile import Reconciler
from tests.unit.tasks.events import AT, NS, WORKER, described, life, sent, wire

LATER = (AT + 60) * NS


class Bench:
    """Who listens, what the back end keeps, and which workers are idle."""

    def __init__(self, folder: Path) -> None:
        self.connections = 0
        self.heard_until = LATER
        self.outcomes: dict[str, Outcome] = {}
        self.asked: list[list[str]] = []
        self.idle = False
        self.meanwhile: list[dict[str, Any]] = []
        self.journal = Journal(folder / "journal.db")
        self.journal.add_projection(TaskProjection())
        self.journal.open()
        self.ingest = Ingest()
        self.reconciler = Reconciler(self.journal, self, self.read_blocking, lambda worker, _: self.idle and worker == WORKER)

    def read_blocking(self, ids: Sequence[str]) -> dict[str, Outcome]:
        self.asked.append(list(ids))
        self.journal.append_many(self.ingest.convert(self.meanwhile))
        return {task_id: self.outcomes[task_id] for task_id in ids if task_id in self.outcomes}

    async def tell(self, *events: dict[str, Any]) -> None:
        self.journal.append_many(self.ingest.convert(events))
        await self.journal.flush()

    async def learned(self) -> list[Row]:
        """Look, and answer the events that this has brought."""
        before = self.journal.last_seq
        await self.reconciler.look()
        await self.journal.flush()
        return (await self.journal.query("", after=before)).rows

    async def counts(self) -> dict[str, int]:
        return await self.journal.run(queries.counts)

    async def column(self, name: str, task_id: str = "t1") -> Any:
        query = f"SELECT {name} FROM task WHERE id = ?"
        return await self.journal.run(lambda db: db.execute(query, (task_id,)).fetchone()[0])


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    await asyncio.to_thread(bench.journal.close)


def success(at: float = AT + 4, told: str = "'paid'") -> Outcome:
    return Outcome(Kind.TASK_SUCCEEDED, int(at * NS), WORKER, told)


@pytest.mark.parametrize(
    ("outcome", "kind", "state", "preview"),
    [
        (success(), Kind.TASK_SUCCEEDED, "SUCCESS", "'paid'"),
        (Outcome(Kind.TASK_FAILED, (AT + 4) * NS, WORKER, "Refused('no')", "tb"), Kind.TASK_FAILED, "FAILURE", "Refused('no')"),
        (Outcome(Kind.TASK_REVOKED, (AT + 4) * NS, WORKER, "terminated"), Kind.TASK_REVOKED, "REVOKED", "terminated"),
    ],
)
@pytest.mark.parametrize("heard", [1, 2, 3])
async def test_an_end_nobody_told_is_learned(bench: Bench, outcome: Outcome, kind: Kind, state: str, preview: str, heard: int) -> None:
    await bench.tell(*life()[:heard])
    bench.outcomes["t1"] = outcome
    (row,) = await bench.learned()
    assert (row.kind, row.at, row.subject, row.key, row.status, row.preview) == (kind, outcome.at, "shop.pay", "t1", state, preview)
    assert (row.trace, row.joined, row.worker) == ("t1", Join.CELERY_ROOT, WORKER)
    assert await bench.counts() == {state: 1}
    assert (await bench.column("result"), await bench.column("finished_at")) == (preview, outcome.at)
    stored = await bench.journal.read(row.seq)
    assert stored is not None
    assert b'"learned_from":"result back end"' in stored.event.body


async def test_nothing_is_learned_twice_and_nothing_is_read_where_all_tasks_are_over(bench: Bench) -> None:
    await bench.tell(*life()[:3])
    bench.outcomes["t1"] = success()
    assert len(await bench.learned()) == 1
    assert await bench.learned() == []
    assert bench.asked == [["t1"]]


async def test_the_event_that_comes_after_all_changes_no_count_and_adds_what_it_knows(bench: Bench) -> None:
    await bench.tell(*life()[:3])
    bench.outcomes["t1"] = success(AT + 3.9)
    await bench.learned()
    await bench.tell(life()[-1])
    assert await bench.counts() == {"SUCCESS": 1}
    assert (await bench.column("finished_at"), await bench.column("runtime_ns")) == ((AT + 4) * NS, 1_750_000_000)
    finished = await bench.journal.run(lambda db: queries.task(db, "t1"))
    assert finished is not None
    assert finished.result == "'paid'"


async def test_an_event_that_comes_while_the_back_end_is_read_is_enough(bench: Bench) -> None:
    await bench.tell(*life()[:3])
    bench.outcomes["t1"] = success()
    bench.meanwhile = [life()[-1]]
    assert [row.kind for row in await bench.learned()] == [Kind.TASK_SUCCEEDED]  # the worker's own
    assert await bench.column("runtime_ns") == 1_750_000_000


async def test_an_outcome_whose_event_may_still_come_is_left_for_the_next_look(bench: Bench) -> None:
    await bench.tell(*life()[:3])
    bench.outcomes["t1"] = success()
    bench.heard_until = (AT + 8) * NS
    assert await bench.reconciler.look()
    assert await bench.counts() == {"STARTED": 1}
    bench.heard_until = (AT + 10) * NS
    assert not await bench.reconciler.look()
    await bench.journal.flush()
    assert await bench.counts() == {"SUCCESS": 1}


async def test_nothing_is_looked_up_while_nobody_listens(bench: Bench) -> None:
    await bench.tell(*life()[:3])
    bench.heard_until = 0
    assert await bench.learned() == []
    assert bench.asked == []


async def test_a_task_that_is_over_nowhere_stays_as_it_is(bench: Bench) -> None:
    await bench.tell(*life("gone")[:3], sent("waiting"))
    assert await bench.learned() == []
    assert await bench.counts() == {"STARTED": 1, "PENDING": 1}


async def test_a_start_told_a_moment_after_the_end_was_stored_is_of_the_same_run(bench: Bench) -> None:
    await bench.tell(*life()[:3])
    bench.outcomes["t1"] = success(AT + 1.9)
    (row,) = await bench.learned()
    assert row.at == (AT + 2) * NS
    assert await bench.counts() == {"SUCCESS": 1}


async def test_a_task_delivered_anew_after_its_result_counts_as_running_until_its_worker_is_idle(bench: Bench) -> None:
    await bench.tell(*life()[:3], described("task-received", at=AT + 20), wire("task-started", at=AT + 21))
    bench.outcomes["t1"] = success()
    assert await bench.reconciler.look()
    assert await bench.counts() == {"STARTED": 1}
    bench.idle = True
    (row,) = await bench.learned()
    assert row.at == (AT + 21) * NS
    assert await bench.counts() == {"SUCCESS": 1}


async def test_all_pages_are_looked_through_the_newest_first(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "ROWS_A_PAGE", 7)
    monkeypatch.setattr(queries, "TASKS_A_PAGE", 3)
    for number in range(20):
        await bench.tell(*(life(f"t{number}") if number % 4 == 1 else [sent(f"t{number}")]))
        bench.outcomes[f"t{number}"] = success()
    assert len(await bench.learned()) == 15
    assert await bench.counts() == {"SUCCESS": 20}
    asked = [task_id for page in bench.asked for task_id in page]
    assert asked == [f"t{number}" for number in reversed(range(20)) if number % 4 != 1]


async def test_how_far_it_looks_back_is_bounded(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "ROWS_A_PAGE", 2)
    monkeypatch.setattr(reconcile, "MAX_PAGES", 3)
    await bench.tell(*(sent(f"t{number}") for number in range(10)))
    assert await bench.learned() == []
    assert [task_id for page in bench.asked for task_id in page] == ["t9", "t8", "t7", "t6", "t5", "t4"]


async def test_it_looks_after_each_connection(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile, "POLL_S", 0.001)
    monkeypatch.setattr(reconcile, "AFTER_CONNECT_S", 0.002)
    looks: asyncio.Queue[int] = asyncio.Queue()

    async def look() -> bool:
        looks.put_nowait(bench.connections)
        return False

    monkeypatch.setattr(bench.reconciler, "look", look)
    running = asyncio.ensure_future(bench.reconciler.run())  # noqa: TID251 - cancelled below
    try:
        async with asyncio.timeout(5):
            bench.connections = 1
            assert await looks.get() == 1
            bench.connections = 2
            assert await looks.get() == 2
    finally:
        running.cancel()
    assert looks.empty()
