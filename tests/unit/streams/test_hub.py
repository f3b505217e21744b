"""The hub over a real journal: what each topic gets, ids that resume, and what is refused."""

from pathlib import Path

import orjson
import pytest

from embedded_server.contracts.events import Join, Kind
from embedded_server.contracts.server import PartState
from embedded_server.contracts.streams import PublishRequest
from embedded_server.journal import Journal, make_event
from embedded_server.streams import Hub, Subscription, SubscriptionClosed
from embedded_server.streams.frames import Frame
from embedded_server.streams.problems import EventNameInvalid, HubStopped, TooManyTopics, TopicNameInvalid, TopicReserved, TopicsMissing


async def take(client: Subscription, count: int) -> list[Frame]:
    """The next *count* frames of topics, without the greeting."""
    frames: list[Frame] = []
    while len(frames) < count:
        batch = await client.next_batch(5)
        assert batch, f"only {len(frames)} of {count} frames came"
        frames += [frame for frame in batch if frame.seq]
    return frames


async def greeting(client: Subscription) -> Frame:
    return (await client.next_batch(0))[0]


async def test_a_posted_event_reaches_its_topics_clients_as_it_was_posted(hub: Hub) -> None:
    client = hub.subscribe(["orders"])
    published = await hub.publish("orders", PublishRequest({"id": 12345678901234567890123, "text": "總機"}, event="paid", key="k1"))
    (frame,) = await take(client, 1)
    assert frame.sse.decode() == f'id: {published.id}\nevent: paid\ndata: {{"id":12345678901234567890123,"text":"總機"}}\n\n'
    assert frame.text == (
        f'{{"id":"{published.id}","event":"paid","topic":"orders","data":{{"id":12345678901234567890123,"text":"總機"}},"key":"k1"}}'
    )


async def test_one_client_follows_several_topics_in_one_order(hub: Hub, journal: Journal) -> None:
    client = hub.subscribe(["a,tasks", "server"])
    journal.append_many(
        [
            make_event(Kind.TASK_SENT, "demo.add", key="t1"),
            make_event(Kind.CUSTOM, "a", body=b"1"),
            make_event(Kind.CUSTOM, "b", body=b"2"),
            make_event(Kind.SERVER_LOG, "server", body=b"noise"),
            make_event(Kind.WORKER_ONLINE, "w1"),
            make_event(Kind.SERVER_LIFECYCLE, "brokers", status="started"),
        ]
    )
    frames = await take(client, 4)
    assert [(frame.topic, frame.name) for frame in frames] == [
        ("tasks", "task.sent"),
        ("a", "message"),
        ("tasks", "worker.online"),
        ("server", "server.lifecycle"),
    ]
    assert orjson.loads(frames[0].data)["key"] == "t1"


async def test_clients_share_one_encoding(hub: Hub) -> None:
    one, two = hub.subscribe(["a"]), hub.subscribe(["a"])
    await hub.publish("a", PublishRequest(1))
    assert (await take(one, 1))[0] is (await take(two, 1))[0]


async def test_resuming_gives_what_came_after_the_id_once_and_goes_on(hub: Hub) -> None:
    ids = [(await hub.publish("a", PublishRequest(n))).id for n in range(5)]
    client = hub.subscribe(["a"], last_event_id=ids[1])
    await hub.publish("a", PublishRequest(5))
    assert [frame.data for frame in await take(client, 4)] == [b"2", b"3", b"4", b"5"]


async def test_an_id_taken_from_a_publish_that_is_not_yet_dispatched_is_not_repeated(hub: Hub) -> None:
    first = await hub.publish("a", PublishRequest(1))
    client = hub.subscribe(["a"], last_event_id=first.id)
    await hub.publish("a", PublishRequest(2))
    assert [frame.data for frame in await take(client, 1)] == [b"2"]


async def test_ids_survive_a_restart_of_the_server(tmp_path: Path) -> None:
    async def run(last_id: str) -> tuple[list[bytes], str]:
        journal = Journal(tmp_path / "again.db")
        hub = Hub(journal)
        journal.open()
        await hub.start()
        client = hub.subscribe(["a"], last_event_id=last_id)
        first = await hub.publish("a", PublishRequest("x"))
        await hub.publish("a", PublishRequest("y"))
        got = [frame.data for frame in await take(client, 3 if last_id else 2)]
        await hub.stop()
        journal.close()
        return got, first.id

    got, middle = await run("")
    assert got == [b'"x"', b'"y"']
    got, _ = await run(middle)
    assert got == [b'"y"', b'"x"', b'"y"']


@pytest.mark.parametrize(
    ("last_id", "reason"),
    [
        ("0000:1", "unknown-epoch"),
        ("{epoch}:999", "in-the-future"),
        ("nonsense", "not-an-id"),
        ("{epoch}:x", "not-an-id"),
        ("{epoch}:²", "not-an-id"),
    ],
)
async def test_an_id_that_leads_nowhere_resets_the_client_and_it_listens_from_now(
    hub: Hub, journal: Journal, last_id: str, reason: str
) -> None:
    await hub.publish("a", PublishRequest("old"))
    client = hub.subscribe(["a"], last_event_id=last_id.format(epoch=journal.epoch))
    reset = await greeting(client)
    assert reset.name == "reset"
    assert orjson.loads(reset.data)["reason"] == reason
    assert reset.id.startswith(journal.epoch)
    await hub.publish("a", PublishRequest("new"))
    assert (await take(client, 1))[-1].data == b'"new"'


async def test_resuming_through_large_bodies_reads_page_by_page(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.streams.history.PAGE_BYTES", 100)
    first = await hub.publish("a", PublishRequest("begin"))
    for n in range(5):
        await hub.publish("a", PublishRequest(f"{n}" * 80))
    client = hub.subscribe(["a"], last_event_id=first.id)
    await client.next_batch(0)
    assert len(await client.next_batch(0)) == 2
    assert [frame.data[1:2] for frame in await take(client, 3)] == [b"2", b"3", b"4"]


async def test_stopping_lets_every_client_go(hub: Hub) -> None:
    client = hub.subscribe(["a"])
    await hub.stop()
    with pytest.raises(SubscriptionClosed):
        await client.next_batch(5)
    assert hub.status().state is PartState.STOPPED
    with pytest.raises(HubStopped):
        hub.subscribe(["a"])


async def test_leaving_one_topic_keeps_the_others(hub: Hub) -> None:
    client = hub.subscribe(["a", "b"])
    await hub.publish("a", PublishRequest(1))
    hub.leave(client, frozenset({"a"}))
    await hub.publish("a", PublishRequest(2))
    await hub.publish("b", PublishRequest(3))
    assert [frame.data for frame in await take(client, 1)] == [b"3"]
    hub.unsubscribe(client)
    assert hub.clients == 0


async def test_topics_are_listed_with_their_newest_id_and_followers(hub: Hub) -> None:
    published = await hub.publish("orders", PublishRequest(1))
    hub.subscribe(["waiting", "tasks"])
    topics = {topic.name: topic for topic in await hub.topics()}
    assert list(topics) == ["tasks", "server", "orders", "waiting"]
    assert topics["orders"].last_id == published.id
    assert topics["tasks"].subscribers == 1
    assert topics["waiting"].last_id == ""


async def test_a_traceparent_in_the_data_becomes_the_events_trace(hub: Hub, journal: Journal) -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    published = await hub.publish("a", PublishRequest({"traceparent": parent}))
    stored = await journal.read(int(published.id.rpartition(":")[2]))
    assert stored is not None
    assert (stored.event.trace, stored.event.joined) == ("0af7651916cd43dd8448eb211c80319c", Join.TRACEPARENT)


@pytest.mark.parametrize("name", ["", "a b", "-a", "x" * 65, "a/b", "a\nb", "ä"])
async def test_wrong_topic_names_are_refused(hub: Hub, name: str) -> None:
    with pytest.raises(TopicNameInvalid):
        await hub.publish(name, PublishRequest(1))


@pytest.mark.parametrize("name", ["tasks", "server"])
async def test_nobody_posts_to_the_servers_own_topics(hub: Hub, name: str) -> None:
    with pytest.raises(TopicReserved):
        await hub.publish(name, PublishRequest(1))


@pytest.mark.parametrize("name", ["", "a\nb", "open", "error", "gap", "x" * 129])
async def test_event_names_that_would_break_the_stream_are_refused(hub: Hub, name: str) -> None:
    with pytest.raises(EventNameInvalid):
        await hub.publish("a", PublishRequest(1, event=name))


async def test_a_subscription_names_some_topics_but_not_too_many(hub: Hub) -> None:
    with pytest.raises(TopicsMissing):
        hub.subscribe([" , "])
    with pytest.raises(TooManyTopics):
        hub.subscribe(f"t{n}" for n in range(33))
