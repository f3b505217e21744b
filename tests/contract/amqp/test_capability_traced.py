"""The firehose on both brokers, shown as the messages that passed; and streams, which only RabbitMQ has."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.rabbitmq import FieldType, Header, Message, Properties, StreamRead, TapRequest
from embedded_server.rabbitmq.messages.problems import NotAStream, OffsetInvalid
from embedded_server.rabbitmq.problems import NoSuchObject
from tests.helpers.broker_processes import EmbeddedBroker, RealRabbitMQ
from tests.helpers.capability import C, Side, capability, profile_for
from tests.helpers.server import until


@pytest.fixture
async def side(broker: EmbeddedBroker | RealRabbitMQ, tmp_path: Path) -> AsyncIterator[Side]:
    async with capability(profile_for(broker), tmp_path) as side:
        yield side


@pytest.fixture
async def real_side(real_rabbitmq: RealRabbitMQ, tmp_path: Path) -> AsyncIterator[Side]:
    async with capability(profile_for(real_rabbitmq), tmp_path) as side:
        yield side


async def test_the_firehose_shows_what_is_published_and_what_is_delivered(side: Side, name: str) -> None:
    queue = await side.queue(name)
    await side.exchange(f"{name}-x", "fanout")
    await side.holdings.administrator.trace(C, "/", on=True)
    try:
        started = await side.service.messages.tap(C, TapRequest("/", firehose=True))

        async def running() -> bool:
            return side.jobs.job(started.id).state is JobState.RUNNING

        await until(running)
        message = Message(
            "/", "", queue, "seen", properties=Properties(message_id="m-1", timestamp=7), headers=[Header("h", FieldType.INTEGER, 5)]
        )
        await side.service.messages.publish(C, message)
        await side.drain(queue)

        async def seen() -> bool:
            return side.jobs.job(started.id).done >= 2

        await until(seen)
        await side.jobs.stop(started.id)
    finally:
        await side.holdings.administrator.trace(C, "/", on=False)
    await side.journal.flush()
    rows = (await side.journal.query(f"{started.filter} key:m-1")).rows
    assert [(row.kind, row.subject, row.status, row.worker, row.preview) for row in rows] == [
        ("message.published", f"(default) → {queue}", "traced", "firehose", "seen"),
        ("message.delivered", f"(default) → {queue}", "traced", queue, "seen"),
    ]
    stored = await side.journal.read(rows[0].seq)
    assert stored is not None
    assert b'"headers":{"h":5}' in stored.event.headers


async def read(side: Side, queue: str, offset: str, limit: int = 0) -> list[str]:
    """What a reading brings, until its limit."""
    job = await side.over(await side.service.messages.read_stream(C, StreamRead("/", queue, offset, limit)))
    assert job.state is JobState.DONE, job.problem
    await side.journal.flush()
    return [row.preview for row in (await side.journal.query(f"{job.filter} status:read", limit=10_000)).rows]


@pytest.mark.real_broker
async def test_a_stream_is_read_from_any_place_and_keeps_its_messages(real_side: Side, name: str) -> None:
    side = real_side
    queue = await side.queue(name, x_queue_type="stream", x_max_age="1h")
    await side.publish(queue, *[b"%d" % number for number in range(2_500)])
    everything = [str(number) for number in range(2_500)]
    assert await read(side, queue, "first", 2_500) == everything
    assert await read(side, queue, "2000", 500) == everything[2_000:]
    assert await read(side, queue, "1h", 3) == everything[:3]
    assert await read(side, queue, "2020-01-01T00:00:00Z", 2_500) == everything


@pytest.mark.real_broker
async def test_the_next_message_of_a_stream_is_waited_for(real_side: Side, name: str) -> None:
    side = real_side
    queue = await side.queue(name, x_queue_type="stream")
    await side.publish(queue, b"old")
    started = await side.service.messages.read_stream(C, StreamRead("/", queue))

    async def running() -> bool:
        return side.jobs.job(started.id).state is JobState.RUNNING

    await until(running)
    await side.publish(queue, b"new")

    async def came() -> bool:
        return side.jobs.job(started.id).done == 1

    await until(came)
    await side.jobs.stop(started.id)
    await side.journal.flush()
    assert [row.preview for row in (await side.journal.query(f"{started.filter} status:read")).rows] == ["new"]


@pytest.mark.real_broker
async def test_a_queue_that_is_no_stream_is_not_read_like_one(real_side: Side, name: str) -> None:
    side = real_side
    queue = await side.queue(name)
    await side.publish(queue, b"kept")
    with pytest.raises(NotAStream):
        await side.service.messages.read_stream(C, StreamRead("/", queue, "first"))
    with pytest.raises(NoSuchObject):
        await side.service.messages.read_stream(C, StreamRead("/", "missing", "first"))
    [kept] = await side.drain(queue)
    assert (kept.body, kept.redelivered) == (b"kept", False)


async def test_a_place_that_is_none_is_told_before_anything_is_asked(side: Side) -> None:
    for offset in ("", "yesterday", "-1", "1 hour", "2026-13-01"):
        with pytest.raises(OffsetInvalid):
            await side.service.messages.read_stream(C, StreamRead("/", "q", offset))
