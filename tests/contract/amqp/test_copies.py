"""Messages with further routing keys in their headers (``CC`` and ``BCC``), and dead letters that go round."""

from typing import Any

import pytest
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import channel_error, drained, get, publish, settle, wait_for


def queues(channel: BlockingChannel, count: int, **arguments: object) -> list[str]:
    raw = {f"x-{name.replace('_', '-')}": value for name, value in arguments.items()}
    return [str(channel.queue_declare("", exclusive=True, arguments=raw).method.queue) for _ in range(count)]


def test_copies_go_to_each_key(channel: BlockingChannel) -> None:
    first, second, third = queues(channel, 3)
    publish(channel, first, b"x", headers={"CC": [second, "nowhere"], "BCC": [third], "other": 1})
    for queue in (first, second, third):
        method, properties, body = get(channel, queue)
        assert (body, method.routing_key) == (b"x", first)
        assert properties.headers == {"CC": [second, "nowhere"], "other": 1}


def test_a_queue_gets_one_copy(channel: BlockingChannel) -> None:
    first, second = queues(channel, 2)
    for key in ("a", "b"):
        channel.queue_bind(first, "amq.direct", key)
    channel.queue_bind(second, "amq.direct", "b")
    publish(channel, "a", b"x", exchange="amq.direct", headers={"CC": ["b", "a"]})
    assert drained(channel, second) == [b"x"]
    assert drained(channel, first) == [b"x"]


def test_copies_through_a_topic_exchange(channel: BlockingChannel) -> None:
    first, second = queues(channel, 2)
    channel.queue_bind(first, "amq.topic", "copies.one.*")
    channel.queue_bind(second, "amq.topic", "copies.*.b")
    publish(channel, "copies.one.a", b"x", exchange="amq.topic", headers={"BCC": ["copies.two.b"]})
    assert get(channel, first)[1].headers == {}
    assert drained(channel, second) == [b"x"]


def test_a_copy_may_be_all_that_is_routable(channel: BlockingChannel) -> None:
    channel.confirm_delivery()
    (queue,) = queues(channel, 1)
    for name in ("CC", "BCC"):
        publish(channel, "nowhere", b"x", headers={name: [queue]})
        assert get(channel, queue)[2] == b"x"


@pytest.mark.parametrize(
    ("key", "copies", "reached"),
    [
        ("hit", ["miss"], (1, 0, 0)),
        ("miss", ["hit", "other"], (1, 0, 0)),
        ("miss", ["other"], (0, 1, 1)),
        ("miss", ["miss"], (0, 1, 0)),
        ("miss", ["nowhere"], (0, 1, 0)),
    ],
)
@pytest.mark.parametrize("kind", ["direct", "topic"])
def test_an_alternate_exchange_gets_what_no_key_matches(
    channel: BlockingChannel, name: str, kind: str, key: str, copies: list[str], reached: tuple[int, ...]
) -> None:
    found, missed, other = queues(channel, 3)
    channel.exchange_declare(f"{name}-alt", "direct", auto_delete=True)
    channel.queue_bind(missed, f"{name}-alt", "miss")
    channel.queue_bind(other, f"{name}-alt", "other")
    channel.exchange_declare(name, kind, auto_delete=True, arguments={"alternate-exchange": f"{name}-alt"})
    channel.queue_bind(found, name, "hit")
    publish(channel, key, b"x", exchange=name, headers={"CC": copies})
    assert tuple(len(drained(channel, queue)) for queue in (found, missed, other)) == reached


@pytest.mark.parametrize("name", ["CC", "BCC"])
def test_keys_must_come_in_a_list(channel: BlockingChannel, name: str) -> None:
    def act() -> None:
        publish(channel, "nowhere", b"x", headers={name: "one"})
        settle(channel)

    expected = f'PRECONDITION_FAILED - invalid message: {{unacceptable_type_in_header,"{name}",longstr}}'
    assert channel_error(act) == (406, expected)


def test_dead_letters_keep_their_keys(channel: BlockingChannel) -> None:
    first, second = queues(channel, 2)
    channel.queue_bind(first, "amq.direct", "copies-a")
    channel.queue_bind(second, "amq.direct", "copies-b")
    (doomed,) = queues(channel, 1, max_length=0, dead_letter_exchange="amq.direct")
    publish(channel, "copies-a", b"x", headers={"CC": ["copies-b", doomed]})
    for queue in (first, second):
        _, properties, body = get(channel, queue)
        assert body == b"x"
        assert properties.headers["x-death"][0]["routing-keys"] == ["copies-a", "copies-b", doomed]
        assert properties.headers["CC"] == ["copies-b", doomed]


def test_dead_letters_with_a_key_of_their_own_lose_them(channel: BlockingChannel) -> None:
    (grave,) = queues(channel, 1)
    (doomed,) = queues(channel, 1, max_length=0, dead_letter_exchange="", dead_letter_routing_key=grave)
    publish(channel, doomed, b"x", headers={"CC": ["nowhere"]})
    method, properties, _ = get(channel, grave)
    assert (method.routing_key, "CC" in properties.headers) == (grave, False)
    assert properties.headers["x-death"][0]["routing-keys"] == [doomed, "nowhere"]


def declare_ring(channel: BlockingChannel, names: list[str], **arguments: object) -> None:
    """Queues of which each dead-letters to the next, and the last to the first."""
    for name, following in zip(names, [*names[1:], names[0]], strict=True):
        raw: dict[str, Any] = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": following}
        channel.queue_declare(name, exclusive=True, arguments={**raw, **{f"x-{key.replace('_', '-')}": v for key, v in arguments.items()}})


def test_what_expires_does_not_come_back(channel: BlockingChannel, name: str) -> None:
    declare_ring(channel, [name], message_ttl=30)
    channel.confirm_delivery()
    publish(channel, name, b"x")
    wait_for(channel, lambda: channel.queue_declare(name, passive=True).method.message_count == 0, "it to expire")
    assert drained(channel, name) == []


def test_what_expires_goes_round_once(channel: BlockingChannel, name: str) -> None:
    ring = [f"{name}-{number}" for number in range(3)]
    declare_ring(channel, ring)
    for number, queue in enumerate(ring[1:]):
        channel.queue_delete(queue)
        raw = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": [*ring[1:], ring[0]][number + 1], "x-message-ttl": 30}
        channel.queue_declare(queue, exclusive=True, arguments=raw)
    publish(channel, ring[1], b"x")
    _, properties, body = get(channel, ring[0])
    assert body == b"x"
    assert [death["queue"] for death in properties.headers["x-death"]] == [ring[2], ring[1]]


def test_what_is_rejected_may_come_back(channel: BlockingChannel, name: str) -> None:
    declare_ring(channel, [name])
    publish(channel, name, b"x")
    for count in range(3):
        found: list[Any] = []

        def fetched(found: list[Any] = found) -> bool:
            got = channel.basic_get(name)
            if got[0] is not None:
                found.append(got)
            return bool(found)

        wait_for(channel, fetched, "the message")
        method, properties, _ = found[0]
        assert (properties.headers or {}).get("x-death", [{"count": 0}])[0]["count"] == count
        channel.basic_reject(method.delivery_tag, requeue=False)
