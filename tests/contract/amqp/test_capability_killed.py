"""``kill -9`` of the broker under the capability: nothing confirmed is lost, what has no answer is kept, and reading goes on."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.rabbitmq import BulkPublish, ConsumeRequest, Message, Properties, TapRequest
from embedded_server.rabbitmq.messages.problems import NothingToResend
from tests.helpers.broker_processes import NEEDS_RABBITMQ, EmbeddedBroker, RealRabbitMQ, find_rabbitmq_server
from tests.helpers.capability import C, Side, capability, profile_of
from tests.helpers.server import until

COUNT = 10_000
PERSISTENT = Properties(delivery_mode=2)
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def own_embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(Path(tmp_path_factory.mktemp("killed")))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def own_rabbitmq() -> Iterator[RealRabbitMQ]:
    if find_rabbitmq_server() is None:
        pytest.skip(NEEDS_RABBITMQ)
    broker = RealRabbitMQ()
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()


@pytest.fixture(params=["own_embedded", pytest.param("own_rabbitmq", marks=pytest.mark.real_broker)])
def mortal(request: pytest.FixtureRequest) -> EmbeddedBroker | RealRabbitMQ:
    found: EmbeddedBroker | RealRabbitMQ = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def side(mortal: EmbeddedBroker | RealRabbitMQ, tmp_path: Path) -> AsyncIterator[Side]:
    async with capability(profile_of(mortal.port), tmp_path) as side:
        yield side


def kill_and_start(mortal: EmbeddedBroker | RealRabbitMQ) -> None:
    mortal.kill()
    mortal.start()


async def reached(side: Side, job_id: str, count: int) -> bool:
    return side.jobs.job(job_id).done >= count or side.jobs.job(job_id).state.is_over


async def in_state(side: Side, job_id: str, state: JobState) -> bool:
    return side.jobs.job(job_id).state is state


async def test_every_confirmed_message_is_there_and_the_others_are_offered_again(
    mortal: EmbeddedBroker | RealRabbitMQ, side: Side, name: str
) -> None:
    queue = await side.queue(name)
    message = Message("/", "", queue, "{{n}}", properties=PERSISTENT)
    started = await side.service.messages.bulk(C, BulkPublish(message, COUNT))
    await until(lambda: reached(side, started.id, 2_000))
    mortal.kill()
    await until(lambda: in_state(side, started.id, JobState.WAITING))
    waiting = side.jobs.job(started.id).snapshot()
    assert waiting.problem is not None
    assert side.service.health(C).state.value in {"waiting", "connecting"}
    await asyncio.to_thread(mortal.start)
    job = await side.over(started)
    assert (job.state, job.done) == (JobState.DONE, COUNT)
    assert job.counts["confirmed"] + job.counts["unconfirmed"] == COUNT
    assert job.counts["unconfirmed"] > 0
    assert job.counts.get("not_kept", 0) == 0

    there = {int(body) for body in await side.bodies(queue)}
    await side.journal.flush()
    rows = (await side.journal.query(f"{job.filter} status:confirmed", limit=2 * COUNT)).rows
    confirmed = {int(row.preview) for row in rows}
    assert len(confirmed) == job.counts["confirmed"]
    assert not confirmed - there, "confirmed messages are missing"

    again = await side.over(await side.service.messages.bulk(C, BulkPublish(message, 1, resend_of=job.id)))
    assert (again.state, again.counts["confirmed"]) == (JobState.DONE, job.counts["unconfirmed"])
    resent = {int(body) for body in await side.bodies(queue)}
    assert confirmed | resent == set(range(1, COUNT + 1))
    with pytest.raises(NothingToResend):
        await side.service.messages.bulk(C, BulkPublish(message, 1, resend_of=job.id))


async def test_a_consume_goes_on_and_nothing_is_lost(mortal: EmbeddedBroker | RealRabbitMQ, side: Side, name: str) -> None:
    queue = await side.queue(name)
    await side.publish(queue, *[b"%d" % number for number in range(3_000)])
    started = await side.service.messages.consume(C, ConsumeRequest("/", queue, prefetch=100))
    await until(lambda: reached(side, started.id, 500))
    await asyncio.to_thread(kill_and_start, mortal)

    async def empty() -> bool:
        assert not side.jobs.job(started.id).state.is_over, side.jobs.job(started.id).problem
        if not await in_state(side, started.id, JobState.RUNNING):
            return False
        async with await side.channel() as channel:
            return (await channel.declare_queue(queue, passive=True)).messages == 0

    await until(empty, limit_s=60)
    job = await side.jobs.stop(started.id)
    assert job.state is JobState.STOPPED
    await side.journal.flush()
    rows = (await side.journal.query(job.filter, limit=10_000)).rows
    assert {int(row.preview) for row in rows} == set(range(3_000))


async def test_a_tap_sees_again_and_the_journal_says_that_there_was_a_gap(
    mortal: EmbeddedBroker | RealRabbitMQ, side: Side, name: str
) -> None:
    await side.exchange(name, "topic")
    started = await side.service.messages.tap(C, TapRequest("/", name))
    await until(lambda: in_state(side, started.id, JobState.RUNNING))
    await side.service.messages.publish(C, Message("/", name, "before", "1"))
    await until(lambda: reached(side, started.id, 1))
    await asyncio.to_thread(kill_and_start, mortal)

    async def seen() -> bool:
        return await in_state(side, started.id, JobState.RUNNING) and side.jobs.job(started.id).counts.get("gaps", 0) == 1

    await until(seen, limit_s=60)
    await side.service.messages.publish(C, Message("/", name, "after", "2"))
    await until(lambda: reached(side, started.id, 2))
    await side.journal.flush()
    gaps = (await side.journal.query("status:gap")).rows
    assert [gap.subject for gap in gaps] == [f"tap {name}"] * 2
    assert "nobody knows" in gaps[1].preview
