"""Jobs: how far, how they end, and that a stop is heard."""

import asyncio
import logging
from pathlib import Path

import pytest

from embedded_server.contracts.jobs import JobKind, JobState
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.jobs import KEPT_OVER, JobNotFound, Jobs, JobStillRuns, RunningJob
from embedded_server.journal import Journal
from tests.helpers.journal import an_event, until


async def nothing(job: RunningJob) -> None:
    job.running()


async def until_stopped(job: RunningJob) -> None:
    job.running()
    await job.stopping.wait()
    job.count("left", 3)


async def test_a_job_tells_how_far_it_is_and_how_it_ended() -> None:
    jobs = Jobs()

    async def work(job: RunningJob) -> None:
        job.advance(2)
        job.count("confirmed", 2)

    job = jobs.start(JobKind.PUBLISH, "c", "/", work, total=2, filter="headers.job:{id}")
    assert job.snapshot().state is JobState.STARTING
    await job.ended()
    told = job.snapshot()
    assert (told.state, told.done, told.counts, told.filter) == (JobState.DONE, 2, {"confirmed": 2}, f"headers.job:{job.id}")
    assert told.ended_at >= told.started_at > 0


@pytest.mark.parametrize("drawn", ["755506734589", "5670498931e2"])
async def test_a_filter_takes_no_job_for_a_number(drawn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.core.jobs.secrets.token_hex", lambda _: drawn)
    job = Jobs().start(JobKind.TAIL, "c", "", nothing, filter="headers.job:{id}")
    await job.ended()
    journal = Journal(tmp_path / "journal.db")
    journal.open()
    await journal.append_durably(an_event(headers=f'{{"job":"{job.id}"}}'.encode()))
    rows = (await journal.query(job.snapshot().filter)).rows
    journal.close()
    assert len(rows) == 1


async def test_a_stop_lets_it_come_to_a_good_end() -> None:
    jobs = Jobs()
    job = jobs.start(JobKind.TAP, "c", "/", until_stopped)
    with pytest.raises(JobStillRuns):
        jobs.remove(job.id)
    told = await jobs.stop(job.id)
    assert (told.state, told.counts) == (JobState.STOPPED, {"left": 3})
    assert (await jobs.stop(job.id)).state is JobState.STOPPED
    jobs.remove(job.id)
    with pytest.raises(JobNotFound):
        jobs.job(job.id)


async def test_a_job_that_does_not_listen_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.core.jobs.STOP_LIMIT_S", 0.01)
    jobs = Jobs()
    ended: list[bool] = []

    async def work(_: RunningJob) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    job = jobs.start(JobKind.TAP, "c", "/", work)
    await asyncio.sleep(0)
    assert (await jobs.stop(job.id)).state is JobState.STOPPED
    assert ended == [True]


async def test_a_job_that_ends_by_itself_is_left_to_its_end_but_when_the_server_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.core.jobs.STOP_LIMIT_S", 0.01)
    may_end = asyncio.Event()

    async def work(job: RunningJob) -> None:
        job.ends_by_itself = True
        await may_end.wait()
        job.count("told")

    jobs = Jobs()
    job, other = (jobs.start(JobKind.PRODUCE, "c", "", work) for _ in range(2))
    await asyncio.sleep(0)
    assert (await jobs.stop(job.id)).state is JobState.STOPPING
    await jobs.stop_all(limit_s=0.01)
    assert (other.state, other.counts) == (JobState.STOPPED, {})
    job = jobs.start(JobKind.PRODUCE, "c", "", work)
    await asyncio.sleep(0)
    assert (await jobs.stop(job.id)).state is JobState.STOPPING
    may_end.set()
    await job.ended()
    assert (job.state, job.counts) == (JobState.STOPPED, {"told": 1})


async def test_what_the_user_may_know_becomes_its_problem() -> None:
    async def work(_: RunningJob) -> None:
        raise UserFacingError

    job = Jobs().start(JobKind.MOVE, "c", "/", work)
    await job.ended()
    told = job.snapshot()
    assert told.state is JobState.FAILED
    assert told.problem is not None
    assert told.problem.title == UserFacingError.title


async def test_a_fault_of_ours_is_logged_and_told_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    async def work(_: RunningJob) -> None:
        raise ValueError("secret")

    with caplog.at_level(logging.ERROR, "embedded_server.core.jobs"):
        job = Jobs().start(JobKind.MOVE, "c", "/", work)
        await job.ended()
    told = job.snapshot()
    assert told.state is JobState.FAILED
    assert told.problem is not None
    assert "secret" not in repr(told.problem)
    assert "secret" in caplog.text


async def test_part_of_a_job_is_given_up_as_soon_as_it_shall_stop() -> None:
    answers: list[int | None] = []

    async def forever() -> int:
        await asyncio.Event().wait()
        return 1

    async def quick() -> int:
        return 2

    async def work(job: RunningJob) -> None:
        answers.append(await job.unless_stopped(quick()))
        answers.append(await job.unless_stopped(forever()))

    jobs = Jobs()
    job = jobs.start(JobKind.TAP, "c", "/", work)
    await until(lambda: answers)
    await job.stop()
    assert answers == [2, None]


async def test_the_newest_that_are_over_are_remembered_and_those_that_run() -> None:
    jobs = Jobs()
    running = jobs.start(JobKind.TAP, "a", "/", until_stopped)
    for _ in range(KEPT_OVER + 20):
        await jobs.start(JobKind.PUBLISH, "b", "/", nothing).ended()
    jobs.start(JobKind.PUBLISH, "b", "/", nothing)
    assert len(jobs.all("b")) == KEPT_OVER + 1
    assert [job.id for job in jobs.all("a")] == [running.id]
    await jobs.stop_all()
    assert all(job.state.is_over for job in jobs.all())
