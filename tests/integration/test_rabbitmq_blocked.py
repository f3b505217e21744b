"""A broker that takes no messages for now (``connection.blocked``): jobs say so, wait, lose nothing, and can be stopped."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from embedded_server.brokers.amqp.broker import Broker
from embedded_server.brokers.amqp.server import AmqpServer
from embedded_server.brokers.ports import listen
from embedded_server.contracts.jobs import Job, JobState
from embedded_server.contracts.rabbitmq import BulkPublish, ConsumeRequest, Message, MessageStatus, MoveRequest
from embedded_server.core.jobs import RunningJob
from embedded_server.rabbitmq.amqp.outstanding import Outstanding
from embedded_server.rabbitmq.messages import publish
from embedded_server.rabbitmq.problems import BrokerBlocked
from embedded_server.rabbitmq.transfer import copies
from tests.helpers.capability import C, Side, capability, profile_of
from tests.helpers.server import until

COUNT = 3_000
BODIES = [b"%d" % number for number in range(COUNT)]
REASON = "low on disk"
HELLO = Message("/", "", "source", "hello")


@pytest.fixture
async def server() -> AsyncIterator[AmqpServer]:
    """The embedded broker in this process, so that a test can let it be short of disk."""
    server = AmqpServer(Broker())
    await server.start(listen(0))
    yield server
    await server.stop()


@pytest.fixture
async def side(server: AmqpServer, tmp_path: Path) -> AsyncIterator[Side]:
    async with capability(profile_of(server.port), tmp_path) as side:
        await side.queue("source")
        await side.queue("target")
        yield side


def block(server: AmqpServer) -> None:
    server.broker.block(REASON)
    server.schedule_turn()


def unblock(server: AmqpServer) -> None:
    server.broker.unblock()
    server.schedule_turn()


async def waits(job: RunningJob) -> None:
    """Wait until a job waits, and see that it says why."""

    async def is_waiting() -> bool:
        return job.state is JobState.WAITING

    await until(is_waiting)
    assert job.problem is not None
    assert REASON in job.problem.title
    assert job.problem.hint


async def begun(side: Side, job: Job, count: str) -> RunningJob:
    """Wait until a job has dealt with some messages."""
    running = side.jobs.job(job.id)

    async def is_on() -> bool:
        return running.counts.get(count, 0) > 0

    await until(is_on)
    return running


async def ended(job: RunningJob) -> Job:
    await asyncio.wait_for(job.ended(), 20)
    return job.snapshot()


async def test_a_bulk_waits_and_then_goes_on_with_every_message(server: AmqpServer, side: Side) -> None:
    running = await begun(side, await side.service.messages.bulk(C, BulkPublish(HELLO, 20_000, generate=False)), "confirmed")
    block(server)
    await waits(running)
    unblock(server)
    job = await ended(running)
    assert (job.state, job.problem, job.counts["confirmed"]) == (JobState.DONE, None, 20_000)
    assert len(await side.bodies("source")) == 20_000


async def test_a_bulk_begun_while_the_broker_takes_nothing_waits_too_and_can_be_stopped(server: AmqpServer, side: Side) -> None:
    await side.service.messages.publish(C, HELLO)
    block(server)
    running = side.jobs.job((await side.service.messages.bulk(C, BulkPublish(HELLO, 3, generate=False))).id)
    await waits(running)
    job = await asyncio.wait_for(side.jobs.stop(running.id), 2)
    assert (job.state, job.counts["confirmed"]) == (JobState.STOPPED, 0)


async def test_a_consume_goes_on_meanwhile(server: AmqpServer, side: Side) -> None:
    await side.publish("source", *BODIES)
    await side.service.messages.publish(C, Message("/", "", "target", "x"))
    block(server)
    job = await ended(side.jobs.job((await side.service.messages.consume(C, ConsumeRequest("/", "source", limit=COUNT))).id))
    assert (job.state, job.done) == (JobState.DONE, COUNT)


async def test_a_move_waits_and_loses_and_doubles_nothing(server: AmqpServer, side: Side) -> None:
    await side.publish("source", *BODIES)
    running = await begun(side, await side.holdings.mover.move(C, MoveRequest("/", "source", routing_key="target")), "moved")
    block(server)
    await waits(running)
    unblock(server)
    job = await ended(running)
    assert (job.state, job.problem, job.counts) == (JobState.DONE, None, {"moved": COUNT, "left": 0})
    assert await side.bodies("target") == BODIES


async def test_a_move_that_is_stopped_meanwhile_keeps_every_original(server: AmqpServer, side: Side) -> None:
    await side.publish("source", *BODIES)
    running = await begun(side, await side.holdings.mover.move(C, MoveRequest("/", "source", routing_key="target")), "moved")
    block(server)
    await waits(running)
    assert (await asyncio.wait_for(side.jobs.stop(running.id), 12)).state is JobState.STOPPED
    unblock(server)

    async def all_are_there() -> bool:
        async with await side.service.links.channel(C, "/") as channel:
            there = [(await channel.declare_queue(name, passive=True)).messages for name in ("source", "target")]
        return sum(there) >= COUNT

    await until(all_are_there)
    assert set(await side.bodies("source") + await side.bodies("target")) == set(BODIES)


async def test_a_move_is_not_begun_and_a_dry_run_counts_all_the_same(server: AmqpServer, side: Side) -> None:
    await side.publish("source", *BODIES[:10])
    await side.service.messages.publish(C, Message("/", "", "target", "x"))
    block(server)
    refused = await side.over(await side.holdings.mover.move(C, MoveRequest("/", "source", routing_key="target")))
    assert refused.state is JobState.FAILED
    assert refused.problem is not None
    assert REASON in refused.problem.title
    counted = await side.over(await side.holdings.mover.move(C, MoveRequest("/", "source", "amq.fanout", dry_run=True)))
    assert (counted.state, counted.counts["matched"], counted.counts["left"]) == (JobState.DONE, 10, 10)


async def test_a_single_publish_is_refused_at_once_or_said_to_be_unconfirmed(
    server: AmqpServer, side: Side, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(publish, "CONFIRM_LIMIT_S", 0)
        outcome = await side.service.messages.publish(C, HELLO)
    assert (outcome.status, outcome.reply_text) == (MessageStatus.UNCONFIRMED, "No answer within 0 s")
    block(server)
    assert (await side.service.messages.publish(C, HELLO)).status is MessageStatus.CONFIRMED  # who has not published is not told before
    for _ in range(2):
        with pytest.raises(BrokerBlocked) as raised:
            await asyncio.wait_for(side.service.messages.publish(C, HELLO), 3)
        assert REASON in str(raised.value)
    unblock(server)

    async def is_taken() -> bool:
        try:
            return (await side.service.messages.publish(C, HELLO)).status is MessageStatus.CONFIRMED
        except BrokerBlocked:
            return False

    await until(is_taken)


async def test_a_move_to_a_broker_that_keeps_silent_ends_with_its_originals_in_place(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "CONFIRM_LIMIT_S", 0.3)
    monkeypatch.setattr(Outstanding, "confirmed", lambda *_: [])
    await side.publish("source", *BODIES[:10])
    job = await side.over(await side.holdings.mover.move(C, MoveRequest("/", "source", routing_key="target")))
    assert job.state is JobState.FAILED
    assert job.problem is not None
    assert "confirmed nothing" in job.problem.title

    async def all_are_back() -> bool:
        async with await side.service.links.channel(C, "/") as channel:
            return (await channel.declare_queue("source", passive=True)).messages == 10

    await until(all_are_back)
