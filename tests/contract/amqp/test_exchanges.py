"""Exchanges of each type, bindings, and what happens to messages that fit nowhere."""

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import Client, channel_error, connection_error, drained, get, publish, settle, wait_for


@pytest.mark.parametrize(
    ("pattern", "key", "fits"),
    [
        ("a.b", "a.b", True),
        ("a.*", "a.b", True),
        ("a.*", "a", False),
        ("a.*", "a.b.c", False),
        ("a.#", "a", True),
        ("a.#", "a.b.c", True),
        ("#", "", True),
        ("#", "x.y", True),
        ("*", "", False),
        ("*.*", "a", False),
        ("#.z", "z", True),
        ("#.z", "x.y.z", True),
        ("a.#.z", "a.z", True),
        ("a.#.z", "a.b.c.z", True),
        ("a.#.z", "a.b.c", False),
        ("#.#", "a", True),
        ("a..b", "a..b", True),
        ("a.*.b", "a..b", True),
    ],
)
def test_topic_patterns(channel: BlockingChannel, queue: str, name: str, pattern: str, key: str, fits: bool) -> None:
    channel.exchange_declare(name, "topic", auto_delete=True)
    channel.queue_bind(queue, name, pattern)
    publish(channel, key, b"x", exchange=name)
    assert drained(channel, queue) == ([b"x"] if fits else [])


@pytest.mark.parametrize(
    ("wanted", "present", "fits"),
    [
        ({"x-match": "all", "a": 1, "b": "t"}, {"a": 1, "b": "t", "c": 3}, True),
        ({"x-match": "all", "a": 1, "b": "t"}, {"a": 1}, False),
        ({"x-match": "any", "a": 1, "b": "t"}, {"a": 2, "b": "t"}, True),
        ({"x-match": "any", "a": 1, "b": "t"}, {"a": 2}, False),
        ({"a": 1}, {"a": 1}, True),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": None}, {"a": "whatever"}, True),
        ({"a": None}, {}, False),
        ({"x-match": "all", "x-a": 1}, {}, True),
        ({"x-match": "all-with-x", "x-a": 1}, {}, False),
        ({"x-match": "any-with-x", "x-a": 1}, {"x-a": 1}, True),
        ({}, {}, True),
        ({"x-match": "any"}, {"a": 1}, False),
    ],
)
def test_headers_match(
    channel: BlockingChannel, queue: str, name: str, wanted: dict[str, object], present: dict[str, object], fits: bool
) -> None:
    channel.exchange_declare(name, "headers", auto_delete=True)
    channel.queue_bind(queue, name, "", wanted)
    publish(channel, "", b"x", exchange=name, headers=present)
    assert drained(channel, queue) == ([b"x"] if fits else [])


def test_unknown_x_match_is_refused(channel: BlockingChannel, queue: str) -> None:
    code, text = channel_error(lambda: channel.queue_bind(queue, "amq.headers", "", {"x-match": "some"}))
    assert code == 406
    assert text.startswith("PRECONDITION_FAILED - Invalid x-match field value")


def test_direct_matches_the_key_and_fanout_everything(channel: BlockingChannel) -> None:
    first, second = (channel.queue_declare("", exclusive=True).method.queue for _ in range(2))
    for exchange in ("amq.direct", "amq.fanout"):
        channel.queue_bind(first, exchange, "one")
        channel.queue_bind(second, exchange, "two")
    publish(channel, "one", b"direct", exchange="amq.direct")
    publish(channel, "any", b"fanout", exchange="amq.fanout")
    assert drained(channel, first) == [b"direct", b"fanout"]
    assert drained(channel, second) == [b"fanout"]


def test_two_bindings_to_one_queue_deliver_once(channel: BlockingChannel, queue: str) -> None:
    channel.queue_bind(queue, "amq.topic", "a.*")
    channel.queue_bind(queue, "amq.topic", "*.b")
    publish(channel, "a.b", b"x", exchange="amq.topic")
    assert drained(channel, queue) == [b"x"]


def test_unbound_queue_gets_nothing_more(channel: BlockingChannel, queue: str) -> None:
    channel.queue_bind(queue, "amq.direct", "k")
    channel.queue_unbind(queue, "amq.direct", "k")
    publish(channel, "k", b"x", exchange="amq.direct")
    assert drained(channel, queue) == []
    channel.queue_unbind(queue, "amq.direct", "never bound")


def test_exchanges_may_be_bound_to_exchanges_in_a_circle(channel: BlockingChannel, queue: str, name: str) -> None:
    first, second = f"{name}-a", f"{name}-b"
    for exchange in (first, second):
        channel.exchange_declare(exchange, "topic")
    channel.exchange_bind(second, first, "#")
    channel.exchange_bind(first, second, "#")
    channel.queue_bind(queue, second, "k")
    publish(channel, "k", b"x", exchange=first)
    assert drained(channel, queue) == [b"x"]
    channel.exchange_unbind(second, first, "#")
    publish(channel, "k", b"x", exchange=first)
    assert drained(channel, queue) == []
    for exchange in (first, second):
        channel.exchange_delete(exchange)


def test_alternate_exchange_gets_what_fits_nowhere(channel: BlockingChannel, queue: str, name: str) -> None:
    channel.exchange_declare(name, "direct", auto_delete=True, arguments={"alternate-exchange": "amq.fanout"})
    channel.queue_bind(queue, "amq.fanout")
    other = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(other, name, "known")
    publish(channel, "known", b"1", exchange=name)
    publish(channel, "unknown", b"2", exchange=name)
    assert drained(channel, queue) == [b"2"]
    assert drained(channel, other) == [b"1"]


def test_auto_delete_exchange_goes_with_its_last_binding(client: Client, channel: BlockingChannel, queue: str, name: str) -> None:
    channel.exchange_declare(name, "direct", auto_delete=True)
    channel.queue_bind(queue, name, "k")
    channel.queue_unbind(queue, name, "k")
    expected = f"NOT_FOUND - no exchange '{name}' in vhost '/'"
    assert channel_error(lambda: client.channel().exchange_declare(name, passive=True)) == (404, expected)


def test_mandatory_message_that_fits_nowhere_comes_back(channel: BlockingChannel) -> None:
    returned: list[tuple[int, str, str, str, bytes]] = []
    channel.add_on_return_callback(
        lambda _channel, method, _properties, body: returned.append(
            (method.reply_code, method.reply_text, method.exchange, method.routing_key, body)
        )
    )
    channel.basic_publish("amq.direct", "nowhere", b"back", mandatory=True)
    wait_for(channel, lambda: bool(returned), "the return")
    assert returned == [(312, "NO_ROUTE", "amq.direct", "nowhere", b"back")]


def test_publishing_to_no_exchange_closes_the_channel(channel: BlockingChannel) -> None:
    def act() -> None:
        publish(channel, "k", b"x", exchange="none")
        settle(channel)

    assert channel_error(act) == (404, "NOT_FOUND - no exchange 'none' in vhost '/'")


def test_internal_exchange_cannot_be_published_to(channel: BlockingChannel, name: str) -> None:
    channel.exchange_declare(name, "fanout", internal=True, auto_delete=True)

    def act() -> None:
        publish(channel, "k", b"x", exchange=name)
        settle(channel)

    assert channel_error(act) == (403, f"ACCESS_REFUSED - cannot publish to internal exchange '{name}' in vhost '/'")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"exchange_type": "fanout"}, "inequivalent arg 'type' for exchange '{0}' in vhost '/': received 'fanout' but current is 'direct'"),
        ({"durable": True}, "inequivalent arg 'durable' for exchange '{0}' in vhost '/': received 'true' but current is 'false'"),
        ({"internal": True}, "inequivalent arg 'internal' for exchange '{0}' in vhost '/': received 'true' but current is 'false'"),
    ],
)
def test_another_declaration_is_refused(
    client: Client, channel: BlockingChannel, name: str, options: dict[str, object], reason: str
) -> None:
    channel.exchange_declare(name, "direct")
    expected = f"PRECONDITION_FAILED - {reason.format(name)}"
    assert channel_error(lambda: client.channel().exchange_declare(name, **options)) == (406, expected)
    channel.exchange_delete(name)


def test_reserved_names_are_refused(client: Client) -> None:
    expected = (403, "ACCESS_REFUSED - exchange name 'amq.mine' contains reserved prefix 'amq.*'")
    assert channel_error(lambda: client.channel().exchange_declare("amq.mine")) == expected
    expected = (403, "ACCESS_REFUSED - deletion of system exchange 'amq.direct' in vhost '/' not allowed")
    assert channel_error(lambda: client.channel().exchange_delete("amq.direct")) == expected


def test_default_exchange_cannot_be_touched(client: Client, channel: BlockingChannel, queue: str) -> None:
    expected = (403, "ACCESS_REFUSED - operation not permitted on the default exchange")
    assert channel_error(lambda: channel.connection.channel().queue_bind(queue, "", "k")) == expected
    assert channel_error(lambda: channel.connection.channel().queue_unbind(queue, "", queue)) == expected
    assert channel_error(lambda: client.channel().exchange_delete("")) == expected
    assert channel_error(lambda: client.channel().exchange_bind("amq.direct", "", "k")) == expected
    assert channel_error(lambda: client.channel().exchange_bind("", "amq.direct", "k")) == expected


def test_binding_needs_both_ends(client: Client, channel: BlockingChannel, queue: str) -> None:
    own = channel.connection
    assert channel_error(lambda: own.channel().queue_bind(queue, "none")) == (404, "NOT_FOUND - no exchange 'none' in vhost '/'")
    assert channel_error(lambda: own.channel().queue_bind("none", "amq.direct")) == (404, "NOT_FOUND - no queue 'none' in vhost '/'")
    expected = (404, "NOT_FOUND - no exchange 'none' in vhost '/'")
    assert channel_error(lambda: own.channel().exchange_bind("amq.direct", "none")) == expected
    assert channel_error(lambda: own.channel().exchange_bind("none", "amq.direct")) == expected


def test_delete_if_unused(client: Client, channel: BlockingChannel, queue: str, name: str) -> None:
    channel.exchange_declare(name, "direct")
    channel.queue_bind(queue, name, "k")
    expected = (406, f"PRECONDITION_FAILED - exchange '{name}' in vhost '/' in use")
    assert channel_error(lambda: client.channel().exchange_delete(name, if_unused=True)) == expected
    channel.exchange_delete(name)
    channel.exchange_delete(name)


def test_unknown_type_closes_the_connection(client: Client) -> None:
    code, text = connection_error(lambda: client.channel().exchange_declare("x", "no-such-type"))
    assert (code, text) == (503, "COMMAND_INVALID - unknown exchange type 'no-such-type'")


def test_key_of_any_bytes_up_to_255(channel: BlockingChannel, queue: str) -> None:
    key = "k" * 255
    channel.queue_bind(queue, "amq.direct", key)
    channel.basic_publish("amq.direct", key, b"x", pika.BasicProperties())
    assert get(channel, queue)[0].routing_key == key
