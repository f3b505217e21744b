"""Messages through the rabbitmq capability: published, tapped, got and consumed alike on both brokers, and all of it in the journal."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from embedded_server.contracts.events import Event, Join, Kind
from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.problems import UserFacingError
from embedded_server.contracts.rabbitmq import (
    BindingRequest,
    BulkPublish,
    ConsumeRequest,
    Destroy,
    FieldType,
    GetMode,
    GetRequest,
    Header,
    Message,
    MessageStatus,
    Properties,
    TapRequest,
    Target,
)
from embedded_server.core.profiles import ConnectionReadOnly
from embedded_server.rabbitmq.amqp.content import decode_content
from embedded_server.rabbitmq.amqp.headers import table_of
from embedded_server.rabbitmq.messages.problems import ConsumerCancelled, DefaultExchangeNotTappable, NothingToTap
from embedded_server.rabbitmq.messages.service import Messages
from embedded_server.rabbitmq.problems import Disconnected, MessageTooLarge, NoSuchObject
from tests.helpers.broker_processes import EmbeddedBroker, RealRabbitMQ
from tests.helpers.capability import C, Side, capability, profile_for
from tests.helpers.server import until

DEEP = 50


@pytest.fixture
async def side(broker: EmbeddedBroker | RealRabbitMQ, tmp_path: Path) -> AsyncIterator[Side]:
    async with capability(profile_for(broker), tmp_path) as side:
        yield side


@pytest.fixture
def messages(side: Side) -> Messages:
    return side.service.messages


def nested(depth: int) -> Header:
    inner: dict[str, Any] = {"name": "end", "type": "string", "value": "here"}
    for level in range(depth):
        inner = {"name": f"level-{level}", "type": "table", "value": [inner]}
    return Header(inner["name"], FieldType.TABLE, inner["value"])


HEADERS = [
    Header("text", FieldType.STRING, "grüße"),
    Header("whole", FieldType.INTEGER, -(2**63)),
    Header("half", FieldType.FLOAT, 0.5),
    Header("money", FieldType.DECIMAL, "12.50"),
    Header("yes", FieldType.BOOLEAN, value=True),
    Header("when", FieldType.TIMESTAMP, 1_790_000_000),
    Header("raw", FieldType.BYTES, "AP8="),
    Header("nothing", FieldType.NULL),
    Header("list", FieldType.ARRAY, [{"name": "", "type": "integer", "value": 1}, {"name": "", "type": "table", "value": []}]),
    nested(DEEP),
]


async def events(side: Side, filter: str) -> list[Event]:
    await side.journal.flush()
    page = await side.journal.query(filter, limit=20_000)
    found = [await side.journal.read(row.seq) for row in page.rows]
    return [stored.event for stored in found if stored is not None]


async def done(side: Side, job_id: str, count: int) -> None:
    async def reached() -> bool:
        return side.jobs.job(job_id).done >= count or side.jobs.job(job_id).state.is_over

    await until(reached)


async def test_a_published_message_arrives_with_every_property_and_typed_header(side: Side, messages: Messages, name: str) -> None:
    queue = await side.queue(name)
    properties = Properties("text/plain", "utf-8", 1, 4, "c-1", "reply", "60000", "m-1", 1_790_000_000, "kind", "guest", "app", "")
    outcome = await messages.publish(C, Message("/", "", queue, "hello", properties=properties, headers=HEADERS))
    assert outcome.status is MessageStatus.CONFIRMED
    [delivery] = await side.drain(queue)
    assert delivery.body == b"hello"
    content = decode_content(delivery.content)
    assert (content.properties, content.headers) == (properties, table_of(HEADERS))
    [event] = await events(side, "status:confirmed")
    assert (event.kind, event.subject, event.key, event.trace) == (Kind.MESSAGE_PUBLISHED, f"(default) → {queue}", "m-1", "c-1")
    assert event.joined is Join.CORRELATION_ID


async def test_what_no_queue_takes_comes_back_with_the_brokers_words(side: Side, messages: Messages, name: str) -> None:
    await side.exchange(name, "topic")
    outcome = await messages.publish(C, Message("/", name, "nobody.listens", "x"))
    assert (outcome.status, outcome.reply_code, outcome.reply_text) == (MessageStatus.RETURNED, 312, "NO_ROUTE")
    [event] = await events(side, "kind:message.returned")
    assert event.status == "returned"
    assert b'"reply_text":"NO_ROUTE"' in event.headers
    outcome = await messages.publish(C, Message("/", name, "nobody.listens", "x", mandatory=False))
    assert outcome.status is MessageStatus.CONFIRMED


async def test_an_unknown_exchange_is_told_and_publishing_goes_on(side: Side, messages: Messages, name: str) -> None:
    with pytest.raises(NoSuchObject, match="no exchange 'missing'"):
        await messages.publish(C, Message("/", "missing", "k", "x"))
    queue = await side.queue(name)
    assert (await messages.publish(C, Message("/", "", queue, "x"))).status is MessageStatus.CONFIRMED


async def test_a_full_queue_that_refuses_makes_the_publish_refused(side: Side, messages: Messages, name: str) -> None:
    queue = await side.queue(name, x_max_length=1, x_overflow="reject-publish")
    outcomes = [(await messages.publish(C, Message("/", "", queue, "x"))).status for _ in range(2)]
    assert outcomes == [MessageStatus.CONFIRMED, MessageStatus.REFUSED]


async def test_a_bulk_fills_its_fields_and_counts_every_end(side: Side, messages: Messages, name: str) -> None:
    await side.exchange(name, "topic")
    queue = await side.queue(name)
    await side.holdings.declarer.bind(C, BindingRequest("/", name, queue, routing_key="go.*"))
    message = Message("/", name, "{{choice:go.a:go.b:lost}}", '{"n": {{n}}}', headers=[Header("n", FieldType.INTEGER, "{{n}}")])
    job = await side.over(await messages.bulk(C, BulkPublish(message, 600, seed=5)))
    assert job.state is JobState.DONE
    counts = job.counts
    assert counts["confirmed"] + counts["returned"] == 600 == job.done
    assert counts["returned"] > 100
    drained = await side.drain(queue)
    assert len(drained) == counts["confirmed"]
    numbers = [(delivery.decoded().headers or {})["n"] for delivery in drained]
    assert [b'{"n": %d}' % number for number in numbers] == [delivery.body for delivery in drained]
    returned = await events(side, f"{job.filter} kind:message.returned")
    assert len(returned) == counts["returned"]
    assert {event.subject for event in returned} == {f"{name} → lost"}


async def test_a_bulk_of_equal_messages_is_all_there_and_all_in_the_journal(side: Side, messages: Messages, name: str) -> None:
    queue = await side.queue(name)
    job = await side.over(await messages.bulk(C, BulkPublish(Message("/", "", queue, "same"), 5_000, generate=False)))
    assert (job.state, job.counts["confirmed"]) == (JobState.DONE, 5_000)
    async with await side.channel() as channel:
        assert (await channel.declare_queue(queue, passive=True)).messages == 5_000
    assert len(await side.statuses(job.filter)) == 5_000


async def test_a_rate_is_kept_and_a_stop_waits_for_what_is_under_way(side: Side, messages: Messages, name: str) -> None:
    queue = await side.queue(name)
    started = await messages.bulk(C, BulkPublish(Message("/", "", queue, "x"), 100_000, rate=200.0))
    await done(side, started.id, 40)
    job = await side.jobs.stop(started.id)
    assert job.state is JobState.STOPPED
    assert 40 <= job.done == job.counts["confirmed"] < 2_000
    assert len(await side.drain(queue)) == job.done


async def test_a_bulk_to_an_exchange_that_is_not_there_fails_with_the_brokers_words(side: Side, messages: Messages) -> None:
    job = await side.over(await messages.bulk(C, BulkPublish(Message("/", "missing", "k", "x"), 10)))
    assert job.state is JobState.FAILED
    assert job.problem is not None
    assert "no exchange 'missing'" in job.problem.title
    assert job.counts["unconfirmed"] == 10


async def test_a_tap_copies_and_takes_nothing(side: Side, messages: Messages, name: str) -> None:
    await side.exchange(name, "topic")
    queue = await side.queue(name)
    await side.holdings.declarer.bind(C, BindingRequest("/", name, queue, routing_key="#"))
    tapped = await messages.tap(C, TapRequest("/", name, routing_keys=["order.*"]))
    both = await messages.tap(C, TapRequest("/", queue=queue))
    await until(lambda: _running(side, tapped.id, both.id))
    for key in ("order.paid", "other"):
        await messages.publish(C, Message("/", name, key, key, properties=Properties(message_id=key)))
    await done(side, both.id, 2)
    await done(side, tapped.id, 1)
    assert [event.key for event in await events(side, f'queue:"tap {name}" {tapped.filter}')] == ["order.paid"]
    assert [event.key for event in await events(side, both.filter)] == ["order.paid", "other"]
    job = await side.jobs.stop(tapped.id)
    assert (job.state, job.done) == (JobState.STOPPED, 1)
    assert len(await side.drain(queue)) == 2


async def _running(side: Side, *ids: str) -> bool:
    return all(side.jobs.job(id_).state is JobState.RUNNING for id_ in ids)


async def test_a_taps_queue_is_gone_when_it_stops(side: Side, messages: Messages, name: str) -> None:
    await side.exchange(name, "fanout")
    started = await messages.tap(C, TapRequest("/", name))
    await until(lambda: _running(side, started.id))
    await side.jobs.stop(started.id)
    assert (await messages.publish(C, Message("/", name, "k", "x"))).status is MessageStatus.RETURNED


async def test_a_tap_that_falls_behind_says_that_its_queue_drops_messages(
    side: Side, messages: Messages, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded_server.rabbitmq.messages.gaps.LOOK_S", 0.02)
    room = asyncio.Event()
    await side.exchange(name, "fanout")
    started = await messages.tap(C, TapRequest("/", name, max_length=10))
    await until(lambda: _running(side, started.id))
    monkeypatch.setattr(side.journal, "room", room.wait)
    async with await side.channel(confirms=True) as channel:
        for number in range(100):
            await channel.publish_confirmed(name, "k", b"%d" % number)

    async def behind() -> bool:
        return side.jobs.job(started.id).counts.get("overflows") == 1

    await until(behind)
    room.set()

    async def caught_up() -> bool:
        return len(await events(side, "status:gap")) == 2

    await until(caught_up)
    told = [event.preview for event in await events(side, "status:gap")]
    assert ("falls behind" in told[0], "caught up" in told[1]) == (True, True)


async def test_what_cannot_be_tapped_says_so_with_a_way_out(side: Side, messages: Messages, name: str) -> None:
    with pytest.raises(DefaultExchangeNotTappable) as told:
        await messages.tap(C, TapRequest("/", ""))
    assert "firehose" in told.value.problem().hint
    queue = await side.queue(name)
    with pytest.raises(NothingToTap):
        await messages.tap(C, TapRequest("/", queue=queue))
    with pytest.raises(NoSuchObject):
        await messages.tap(C, TapRequest("/", "missing"))


@pytest.mark.parametrize(
    ("mode", "left", "redelivered"),
    [(GetMode.REQUEUE, 5, True), (GetMode.REJECT_REQUEUE, 5, True), (GetMode.ACK, 2, False), (GetMode.REJECT, 2, False)],
)
async def test_a_get_does_with_messages_what_its_mode_says(
    side: Side, messages: Messages, name: str, mode: GetMode, left: int, redelivered: bool
) -> None:
    queue = await side.queue(name)
    await side.publish(queue, *[b"%d" % number for number in range(5)])
    got = await messages.get(C, GetRequest("/", queue, 3, mode))
    assert (got.count, got.left) == (3, 2)
    found = await events(side, got.filter)
    assert [event.body for event in found] == [b"0", b"1", b"2"]
    assert {event.worker for event in found} == {queue}
    removed = mode in {GetMode.ACK, GetMode.REJECT}
    assert {event.kind for event in found} == {Kind.MESSAGE_CONSUMED if removed else Kind.MESSAGE_DELIVERED}
    drained = await side.drain(queue)
    assert len(drained) == left
    assert drained[0].redelivered is redelivered


async def test_a_get_of_more_than_there_is_ends_at_the_last(side: Side, messages: Messages, name: str) -> None:
    queue = await side.queue(name)
    assert (await messages.get(C, GetRequest("/", queue, 10))).count == 0
    await side.publish(queue, *[b"%d" % number for number in range(150)])
    got = await messages.get(C, GetRequest("/", queue, 1_000, GetMode.ACK))
    assert (got.count, got.left) == (150, 0)
    with pytest.raises(NoSuchObject):
        await messages.get(C, GetRequest("/", "missing", 1))


async def test_consuming_takes_all_into_the_journal_and_stops_at_its_limit(side: Side, messages: Messages, name: str) -> None:
    queue = await side.queue(name)
    await side.publish(queue, *[b"%d" % number for number in range(1_000)])
    job = await side.over(await messages.consume(C, ConsumeRequest("/", queue, prefetch=50, limit=700)))
    assert (job.state, job.done) == (JobState.DONE, 700)
    assert [event.body for event in await events(side, job.filter)] == [b"%d" % number for number in range(700)]
    async with await side.channel() as channel:
        assert (await channel.declare_queue(queue, passive=True)).messages == 300


async def test_a_consumer_whose_queue_is_deleted_fails_and_says_so(side: Side, messages: Messages, name: str) -> None:
    queue = await side.queue(name)
    started = await messages.consume(C, ConsumeRequest("/", queue))
    await until(lambda: _running(side, started.id))
    await side.holdings.destroyer.destroy(C, Destroy("/", Target.QUEUE, queue))
    job = await side.over(started)
    assert job.state is JobState.FAILED
    assert job.problem is not None
    assert job.problem.title == str(ConsumerCancelled(queue=queue))


async def test_a_queue_in_exclusive_use_is_not_called_a_lack_of_permission(side: Side, messages: Messages, name: str) -> None:
    queue = await side.queue(name)
    holder = await side.channel()
    await holder.consume(queue, lambda _: None, exclusive=True)
    job = await side.over(await messages.consume(C, ConsumeRequest("/", queue)))
    assert job.state is JobState.FAILED
    assert job.problem is not None
    assert job.problem.type.endswith("in-exclusive-use")


async def test_a_large_body_goes_and_comes_whole(side: Side, messages: Messages, name: str) -> None:
    queue = await side.queue(name)
    body = "ü" * 1_000_000
    await messages.publish(C, Message("/", "", queue, body))
    got = await messages.get(C, GetRequest("/", queue, 1, GetMode.ACK))
    [event] = await events(side, got.filter)
    assert event.body.decode() == body


async def test_read_only_refuses_what_takes_or_changes_and_lets_taps_be(side: Side, messages: Messages, name: str) -> None:
    await side.exchange(name, "fanout")
    side.change(read_only=True)
    refused: list[Any] = [
        messages.publish(C, Message("/", name, "", "x")),
        messages.bulk(C, BulkPublish(Message("/", name, "", "x"), 1)),
        messages.get(C, GetRequest("/", name)),
        messages.consume(C, ConsumeRequest("/", name)),
    ]
    for act in refused:
        with pytest.raises(ConnectionReadOnly):
            await act
    job = await messages.tap(C, TapRequest("/", name))
    await until(lambda: _running(side, job.id))


async def test_a_disconnected_connection_ends_its_jobs_and_stays_so(side: Side, messages: Messages, name: str) -> None:
    await side.exchange(name, "fanout")
    job = await messages.tap(C, TapRequest("/", name))
    await side.service.disconnect(C)
    assert side.jobs.job(job.id).state is JobState.STOPPED
    with pytest.raises(Disconnected):
        await messages.publish(C, Message("/", name, "", "x"))
    await side.service.reconnect(C)
    assert (await messages.publish(C, Message("/", name, "", "x"))).status is MessageStatus.RETURNED


async def test_a_wrong_password_is_told_once_and_not_tried_again(side: Side, messages: Messages) -> None:
    side.profile = profile_for_wrong(side)
    problems: list[str] = []
    for _ in range(2):
        with pytest.raises(UserFacingError) as told:
            await messages.publish(C, Message("/", "", "q", "x"))
        problems.append(str(told.value))
    assert problems[0] == problems[1]
    assert "refuses the user" in problems[0]
    health = side.service.health(C)
    assert (health.state.value, health.retry_at) == ("failed", 0)


def profile_for_wrong(side: Side) -> Any:
    from dataclasses import replace

    from embedded_server.contracts.connections import Secret

    return replace(side.profile, secrets={Secret.PASSWORD: "wrong"})


async def test_a_body_beyond_the_brokers_limit_is_refused_with_its_words(side: Side, messages: Messages, name: str) -> None:
    queue = await side.queue(name)
    channel = await side.channel(confirms=True)
    with pytest.raises(MessageTooLarge, match="134217729"):
        await channel.publish_confirmed("", queue, bytes(128 * 1024**2 + 1))
    assert (await messages.publish(C, Message("/", "", queue, "x"))).status is MessageStatus.CONFIRMED


async def test_a_bulk_of_large_bodies_goes_through_within_its_window(side: Side, messages: Messages, name: str) -> None:
    queue = await side.queue(name, x_max_length=1)
    body = "x" * 6_000_000
    job = await side.over(await messages.bulk(C, BulkPublish(Message("/", "", queue, body), 12, generate=False)))
    assert (job.state, job.counts["confirmed"]) == (JobState.DONE, 12)
    assert [len(one) for one in await side.bodies(queue)] == [len(body)]
