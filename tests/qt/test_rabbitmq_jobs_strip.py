"""The strip of jobs over a fake server: what it shows, in which order, and what is asked of a job."""

import time
from collections.abc import AsyncIterator

import pytest
from pytestqt.qtbot import QtBot

from desktop.views.rabbitmq.resend import resender
from desktop.views.widgets.job_strip import JobsStrip
from embedded_server.contracts.jobs import RABBITMQ_JOBS, JobKind, JobState
from embedded_server.contracts.problems import ProblemDetails
from tests.qt.rabbitmq_form_fakes import STARTED, Bench, make_connection, make_job
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
async def strip(qtbot: QtBot) -> AsyncIterator[tuple[JobsStrip, Bench]]:
    bench = Bench()
    made = JobsStrip(bench.service, bench.notices, resender(bench.service), bench.host, kinds=RABBITMQ_JOBS)
    yield made, bench
    bench.close()
    await made.stop()


async def test_the_strip_is_nothing_where_there_is_no_job(strip: tuple[JobsStrip, Bench]) -> None:
    shown, bench = strip
    shown.set_connection(make_connection())
    await until(lambda: bench.api.asked)
    assert shown.isHidden()


async def test_running_jobs_come_first_and_old_ones_are_left_out(strip: tuple[JobsStrip, Bench]) -> None:
    shown, bench = strip
    old = make_job(JobKind.MOVE, JobState.DONE, id="old", ended_at=1)
    failed = make_job(JobKind.MOVE, JobState.FAILED, id="failed", ended_at=1, problem=ProblemDetails("x", "Lost", 502, hint="Try."))
    bench.api.jobs = [old, failed, make_job(JobKind.TAP, id="tap"), make_job(id="p")]
    shown.set_connection(make_connection())
    await until(lambda: len(shown.cards()) == 3)
    assert [card.job.id for card in shown.cards() if card.job is not None] == ["tap", "p", "failed"]
    assert shown.cards()[2].problem() == "Lost\nTry."


async def test_of_jobs_that_ended_well_the_last_alone_takes_room(strip: tuple[JobsStrip, Bench]) -> None:
    shown, bench = strip
    now = time.time_ns()
    bench.api.jobs = [make_job(JobKind.MOVE, JobState.DONE, id=f"done{n}", started_at=now + n, ended_at=now) for n in range(3)]
    bench.api.jobs.append(make_job(JobKind.MOVE, JobState.DONE, id="lost", started_at=1, ended_at=1, counts={"unconfirmed": 3}))
    shown.set_connection(make_connection())
    await until(lambda: len(shown.cards()) == 2)
    assert [card.job.id for card in shown.cards() if card.job is not None] == ["lost", "done2"]
    assert shown._more.text() == "2 more jobs"
    shown._more.click()
    assert len(shown.cards()) == 4


async def test_more_jobs_than_fit_are_counted_and_shown_when_asked_for(strip: tuple[JobsStrip, Bench]) -> None:
    shown, bench = strip
    bench.api.jobs = [make_job(id=f"j{n}", started_at=STARTED + n) for n in range(6)]
    shown.set_connection(make_connection())
    await until(lambda: len(shown.cards()) == 3)
    assert shown._more.text() == "3 more jobs"
    shown._more.click()
    assert len(shown.cards()) == 6


async def test_a_job_is_stopped_and_taken_off_the_list(strip: tuple[JobsStrip, Bench]) -> None:
    shown, bench = strip
    bench.api.jobs = [make_job(id="run"), make_job(JobKind.MOVE, JobState.FAILED, id="bad", problem=ProblemDetails("x", "Lost", 502))]
    shown.set_connection(make_connection())
    await until(lambda: len(shown.cards()) == 2)
    shown.cards()[0].stop_button.click()
    await until(lambda: bench.api.bodies("/jobs/run/stop") == [None])
    shown.cards()[1].forget.click()
    await until(lambda: ("DELETE", "/jobs/bad", None) in bench.api.sent)
    assert len(shown.cards()) == 1


async def test_another_connection_shows_its_own_jobs(strip: tuple[JobsStrip, Bench]) -> None:
    shown, bench = strip
    bench.api.jobs = [make_job()]
    shown.set_connection(make_connection())
    await until(lambda: not shown.isHidden())
    shown.set_connection(None)
    assert shown.isHidden()
    assert bench.api.asked[-1][1] == {"connection": "shop"}


async def test_jobs_of_another_kind_of_broker_are_shown_in_its_own_panel(strip: tuple[JobsStrip, Bench]) -> None:
    shown, bench = strip
    bench.api.jobs = [make_job(kind=JobKind.PRODUCE, id="records"), make_job(id="messages")]
    shown.set_connection(make_connection())
    await until(lambda: bool(shown.cards()))
    assert [card.job.id for card in shown.cards() if card.job] == ["messages"]
