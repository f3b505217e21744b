"""Moves and redrives on both brokers: what goes, what stays, in which order, and with every byte."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from embedded_server.contracts.connections import Environment, Secret
from embedded_server.contracts.jobs import Job, JobState
from embedded_server.contracts.rabbitmq import BindingRequest, Destroy, MoveRequest, Properties, RedriveRequest, Target
from embedded_server.core.profiles import ConnectionReadOnly, NameNotTyped
from embedded_server.journal import FilterError
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.content import Content, encode_content
from embedded_server.rabbitmq.amqp.fields import Timestamp
from embedded_server.rabbitmq.transfer import transfer
from embedded_server.rabbitmq.transfer.moves import MoveToItself
from tests.helpers.broker_processes import EmbeddedBroker, RealRabbitMQ
from tests.helpers.capability import C, Side, capability, profile_for
from tests.helpers.server import until

ODD_HEADERS: dict[str, Any] = {
    "text": "ü",
    "whole": 2**40,
    "half": 0.5,
    "money": Decimal("12.50"),
    "when": Timestamp(1_790_000_000),
    "raw": b"\x00\xff",
    "nothing": None,
    "yes": True,
    "table": {"inner": [1, "two", {"three": 3}]},
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
}
PROPERTIES = Properties(
    content_type="application/json",
    delivery_mode=2,
    priority=3,
    correlation_id="c",
    message_id="m",
    timestamp=1_790_000_000,
    type="t",
    app_id="a",
)


@pytest.fixture
async def side(broker: EmbeddedBroker | RealRabbitMQ, tmp_path: Path) -> AsyncIterator[Side]:
    async with capability(profile_for(broker), tmp_path) as side:
        yield side


async def move(side: Side, queue: str, target: str = "", **request: Any) -> Job:
    return await side.over(await side.holdings.mover.move(C, MoveRequest("/", queue, routing_key=target, **request)))


async def redrive(side: Side, queue: str, **request: Any) -> Job:
    return await side.over(await side.holdings.mover.redrive(C, RedriveRequest("/", queue, **request)))


async def two_queues(side: Side, name: str, *bodies: bytes) -> tuple[str, str]:
    source, target = await side.queue(f"{name}-source"), await side.queue(f"{name}-target")
    await side.publish(source, *bodies)
    return source, target


async def test_all_messages_move_in_their_order(side: Side, name: str) -> None:
    bodies = [b"%d" % number for number in range(1_200)]
    source, target = await two_queues(side, name, *bodies)
    job = await move(side, source, target)
    assert (job.state, job.done, job.total, job.counts) == (JobState.DONE, 1_200, 1_200, {"moved": 1_200, "left": 0})
    assert await side.bodies(target) == bodies
    events = await side.statuses(job.filter)
    assert len(events) == 1_200
    assert set(events) == {(f"(default) → {target}", "moved")}


async def test_what_does_not_match_keeps_its_place_and_is_marked_redelivered(side: Side, name: str) -> None:
    source, target = await two_queues(side, name, *[b'{"n": %d}' % number for number in range(40)])
    job = await move(side, source, target, filter="body.n:10..19 OR body.n:>=35")
    assert job.counts == {"moved": 15, "skipped": 25, "left": 25}
    assert [delivery.body for delivery in await side.drain(target)] == [b'{"n": %d}' % n for n in (*range(10, 20), *range(35, 40))]
    stayed = await side.drain(source)
    assert [delivery.body for delivery in stayed] == [b'{"n": %d}' % n for n in (*range(10), *range(20, 35))]
    assert all(delivery.redelivered for delivery in stayed)


async def test_a_dry_run_counts_by_target_and_leaves_everything(side: Side, name: str) -> None:
    source, target = await two_queues(side, name, b"a", b"b", b"a")
    await side.publish("other", b"b", exchange="")
    job = await move(side, source, target, filter="body:a", dry_run=True)
    assert job.dry_run
    assert job.counts == {"matched": 2, f"to (default) → {target}": 2, "skipped": 1, "left": 3}
    assert (await side.bodies(source), await side.bodies(target)) == ([b"a", b"b", b"a"], [])


async def test_a_dry_run_of_all_to_one_place_looks_at_no_message(side: Side, name: str) -> None:
    source, target = await two_queues(side, name, b"a", b"b")
    job = await move(side, source, target, dry_run=True)
    assert (job.state, job.counts) == (JobState.DONE, {"matched": 2, f"to (default) → {target}": 2, "left": 2})
    assert (await move(side, source, target, dry_run=True, limit=1)).counts["matched"] == 1
    assert [delivery.redelivered for delivery in await side.drain(source)] == [False, False]
    assert (await move(side, source, target, dry_run=True)).counts == {"left": 0}


async def test_a_dry_run_says_where_it_stopped_looking(side: Side, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "MOST_HELD", 300)
    source, target = await two_queues(side, name, *[b"%d" % number for number in range(3_000)])
    job = await move(side, source, target, filter="size:>0", dry_run=True)
    assert job.state is JobState.DONE
    assert job.problem is not None
    assert "300" in job.problem.title
    assert (job.total, job.counts["left"]) == (3_000, 3_000)
    assert job.done == job.counts["matched"] < 1_000


@pytest.mark.parametrize("filter", ["", "body:a"])
async def test_a_limit_bounds_what_is_moved(side: Side, name: str, filter: str) -> None:
    source, target = await two_queues(side, name, *[b"a%d" % number for number in range(50)])
    job = await move(side, source, target, limit=7, filter=filter)
    assert (job.counts["moved"], job.counts["left"]) == (7, 43)
    assert await side.bodies(target) == [b"a%d" % number for number in range(7)]
    assert await side.bodies(source) == [b"a%d" % number for number in range(7, 50)]


async def test_what_is_left_is_counted_once_all_of_it_is_back(side: Side, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """RabbitMQ puts back when it comes to it: here, a moment after the channel's end. More lies unread than was held."""
    close = Channel.close

    async def close_later(channel: Channel) -> None:
        async def later() -> None:
            await asyncio.sleep(0.2)
            await close(channel)

        ending.create_task(later())

    source, target = await two_queues(side, name, *[b"a"] * 200)
    async with asyncio.TaskGroup() as ending:
        monkeypatch.setattr(Channel, "close", close_later)
        job = await move(side, source, target, limit=7, filter="body:a")
    assert (job.counts["moved"], job.counts["left"]) == (7, 193)


async def test_an_unroutable_copy_leaves_its_original(side: Side, name: str) -> None:
    source, target = await two_queues(side, name)
    exchange = (await side.exchange(f"{name}-x", "direct")).name
    await side.holdings.declarer.bind(C, BindingRequest("/", exchange, target, routing_key="known"))
    for number, key in enumerate(["known", "unknown", "known", "unknown"]):
        await side.holdings.declarer.bind(C, BindingRequest("/", f"{name}-x", source, routing_key=key))
        await side.publish(key, b"%d" % number, exchange=exchange)
        await side.holdings.declarer.unbind(C, BindingRequest("/", f"{name}-x", source, routing_key=key))
    await side.bodies(target)
    job = await move(side, source, exchange=exchange)
    assert job.counts == {"moved": 2, "returned": 2, "left": 2}
    assert (await side.bodies(target), await side.bodies(source)) == ([b"0", b"2"], [b"1", b"3"])
    assert (await side.statuses(f"{job.filter} status:returned")) == [(f"{exchange} → unknown", "returned")] * 2


async def test_a_target_that_nothing_reaches_ends_it_soon(side: Side, name: str) -> None:
    source, _ = await two_queues(side, name, *[b"x"] * 2_000)
    job = await move(side, source, f"{name}-nowhere")
    assert job.state is JobState.FAILED
    assert job.problem is not None
    assert "reached a queue" in job.problem.title
    assert transfer.MOST_RETURNED <= job.counts["returned"] < 1_000
    assert job.counts["left"] == 2_000


async def test_a_target_that_leads_back_is_not_moved_twice(side: Side, name: str) -> None:
    source, _ = await two_queues(side, name, b"1", b"2", b"3")
    exchange = (await side.exchange(f"{name}-x", "fanout")).name
    await side.holdings.declarer.bind(C, BindingRequest("/", exchange, source))
    job = await move(side, source, exchange=exchange)
    assert job.counts == {"moved": 3, "left": 3}
    assert await side.bodies(source) == [b"1", b"2", b"3"]
    with pytest.raises(MoveToItself):
        await move(side, source, source)


async def test_a_copy_has_every_property_and_every_type(side: Side, name: str) -> None:
    source, target = await two_queues(side, name)
    await side.publish(source, b"body", content=encode_content(PROPERTIES, ODD_HEADERS))
    [before] = await two_reads(side, source)
    await move(side, source, target)
    [after] = await side.drain(target)
    assert (after.content, after.body) == (before, b"body")
    assert after.decoded() == Content(PROPERTIES, ODD_HEADERS)
    assert type((after.decoded().headers or {})["when"]) is Timestamp


async def two_reads(side: Side, queue: str) -> list[bytes]:
    """Content headers as they lie in the queue."""
    async with await side.channel() as channel:
        delivery = await channel.get(queue)
        assert delivery is not None
        return [delivery.content]


async def test_a_copy_goes_nowhere_but_to_the_target(side: Side, name: str) -> None:
    source, target = await two_queues(side, name)
    elsewhere = await side.queue(f"{name}-elsewhere")
    await side.publish(source, b"1", content=encode_content(Properties(), {"CC": [elsewhere], "kept": 1}))
    assert await side.bodies(elsewhere) == [b"1"]
    await move(side, source, target)
    [moved] = await side.drain(target)
    assert moved.decoded().headers == {"kept": 1}
    assert await side.bodies(elsewhere) == []


async def test_a_message_in_another_users_name_stays(side: Side, name: str) -> None:
    source, target = await two_queues(side, name)
    management = await side.holdings.pool.of(C)
    await management.put(f"users/{name}", {"password": name, "tags": ""})
    await management.put(f"permissions/%2F/{name}", {"configure": ".*", "write": ".*", "read": ".*"})
    me = side.profile
    for user, password in ((name, name), ("guest", "guest")):
        settings = replace(me.spec.rabbitmq, user=user) if me.spec.rabbitmq else None
        side.profile = replace(me, spec=replace(me.spec, rabbitmq=settings), secrets={Secret.PASSWORD: password})
        await side.service.links.drop(C)
        await side.publish(source, user.encode(), content=encode_content(Properties(user_id=user)))
    assert (await move(side, source, target)).counts == {"moved": 1, "refused": 1, "left": 1}
    assert (await side.bodies(target), await side.bodies(source)) == ([b"guest"], [name.encode()])


async def test_a_queue_or_an_exchange_that_is_not_there_fails_in_the_brokers_words(side: Side, name: str) -> None:
    source, _ = await two_queues(side, name, b"1")
    for job in (await move(side, f"{name}-gone", "x"), await move(side, source, exchange=f"{name}-gone")):
        assert job.state is JobState.FAILED
        assert job.problem is not None
        assert f"{name}-gone" in job.problem.title
    assert await side.bodies(source) == [b"1"]


async def test_huge_bodies_are_moved_one_after_the_other(side: Side, name: str) -> None:
    source, target = await two_queues(side, name, *[bytes([number]) * 9_000_000 for number in range(4)])
    assert (await move(side, source, target)).counts == {"moved": 4, "left": 0}
    assert [(body[0], len(body)) for body in await side.bodies(target)] == [(number, 9_000_000) for number in range(4)]


async def test_most_of_a_large_queue_is_not_held(side: Side, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "MOST_HELD", 300)
    source, target = await two_queues(side, name, *[b"%d" % number for number in range(3_000)])
    job = await move(side, source, target, filter="body:nothing")
    assert job.state is JobState.FAILED
    assert job.problem is not None
    assert "300" in job.problem.title
    assert 300 <= job.counts["skipped"] <= 1_000
    assert job.counts["left"] == 3_000
    assert await side.bodies(source) == [b"%d" % number for number in range(3_000)]


async def test_stopping_leaves_the_rest_where_it_is(side: Side, name: str) -> None:
    bodies = [b"%d" % number for number in range(8_000)]
    source, target = await two_queues(side, name, *bodies)
    started = await side.holdings.mover.move(C, MoveRequest("/", source, routing_key=target))
    running = side.jobs.job(started.id)

    async def moved_some() -> bool:
        return bool(running.counts.get("moved"))

    await until(moved_some)
    job = await side.jobs.stop(started.id)
    assert job.state is JobState.STOPPED
    moved = await side.bodies(target)
    assert 0 < len(moved) == job.counts["moved"] < len(bodies)
    assert moved + await side.bodies(source) == bodies


async def test_what_must_not_be_is_refused_before_anything_is_read(side: Side, name: str) -> None:
    source, target = await two_queues(side, name, b"1")
    with pytest.raises(FilterError):
        await move(side, source, target, filter="nonsense:1")
    side.change(environment=Environment.PRODUCTION)
    with pytest.raises(NameNotTyped):
        await move(side, source, target)
    with pytest.raises(NameNotTyped):
        await redrive(side, source, typed_name="else")
    assert (await move(side, source, target, dry_run=True)).counts["matched"] == 1
    assert (await move(side, source, target, typed_name=source)).counts["moved"] == 1
    side.change(read_only=True)
    with pytest.raises(ConnectionReadOnly):
        await move(side, target, source, dry_run=True)


# -- redrive


async def dead_letters(side: Side, name: str, *bodies: bytes) -> tuple[str, str]:
    """Messages that were published to an exchange, rejected in a work queue, and lie in a dead letter queue."""
    dead = await side.queue(f"{name}-dead")
    work = await side.queue(f"{name}-work", x_dead_letter_exchange="", x_dead_letter_routing_key=dead)
    exchange = (await side.exchange(f"{name}-x", "topic")).name
    await side.holdings.declarer.bind(C, BindingRequest("/", exchange, work, routing_key="job.#"))
    await side.publish("job.run", *bodies, exchange=exchange, content=encode_content(PROPERTIES, ODD_HEADERS))
    async with await side.channel() as channel:
        while (delivery := await channel.get(work)) is not None:
            channel.reject(delivery.delivery_tag, requeue=False)

    async def all_died() -> bool:
        return (await side.holdings.queues.one(C, "/", dead)).ready == len(bodies)

    await until(all_died)
    return dead, work


async def test_dead_letters_go_back_to_the_queue_they_died_in(side: Side, name: str) -> None:
    dead, work = await dead_letters(side, name, b"1", b"2", b"3")
    dry = await redrive(side, dead, dry_run=True)
    assert dry.counts == {"matched": 3, f"to (default) → {work}": 3, "left": 3}
    job = await redrive(side, dead)
    assert (job.state, job.counts) == (JobState.DONE, {"redriven": 3, "left": 0})
    back = await side.drain(work)
    assert [delivery.body for delivery in back] == [b"1", b"2", b"3"]
    assert back[0].decoded() == Content(PROPERTIES, ODD_HEADERS)
    traced = await side.statuses(f"{job.filter} trace:0af7651916cd43dd8448eb211c80319c")
    assert traced == [(f"(default) → {work}", "redriven")] * 3


async def test_dead_letters_go_through_their_first_exchange_again(side: Side, name: str) -> None:
    dead, work = await dead_letters(side, name, b"1")
    audit = await side.queue(f"{name}-audit")
    await side.holdings.declarer.bind(C, BindingRequest("/", f"{name}-x", audit, routing_key="*.run"))
    await redrive(side, dead, to_queue=False, strip_death=False)
    for queue in (work, audit):
        [found] = await side.drain(queue)
        assert (found.exchange, found.routing_key) == (f"{name}-x", "job.run")
        assert (found.decoded().headers or {})["x-death"][0]["queue"] == work


async def test_a_queue_that_is_gone_gets_nothing_and_the_dead_letter_stays(side: Side, name: str) -> None:
    dead, work = await dead_letters(side, name, b"1")
    await side.holdings.destroyer.destroy(C, Destroy("/", Target.QUEUE, work))
    job = await redrive(side, dead)
    assert job.counts == {"returned": 1, "left": 1}
    [kept] = await side.drain(dead)
    assert (kept.decoded().headers or {})["x-first-death-queue"] == work


async def test_what_never_died_stays(side: Side, name: str) -> None:
    dead, work = await dead_letters(side, name, b"died")
    await side.publish(dead, b"published here")
    assert (await redrive(side, dead)).counts == {"redriven": 1, "skipped": 1, "left": 1}
    assert (await side.bodies(work), await side.bodies(dead)) == ([b"died"], [b"published here"])
