"""The route preview follows a message as the embedded broker does, whatever the bindings."""

import time
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from embedded_server.brokers.amqp.exchange import Binding, DestinationKind, ExchangeType, make_exchange
from embedded_server.brokers.amqp.exchange import Destination as BrokerDestination
from embedded_server.contracts.rabbitmq import BindingInfo, FieldType, Header
from embedded_server.rabbitmq.holdings.routing import Destination, Junction, Letter, letter_of, matcher_of, walk

WORDS = st.sampled_from(["a", "b", "*", "#", ""])
KEYS = st.lists(WORDS, max_size=4).map(".".join)
NAMES = st.sampled_from(["h", "g", "x-h"])
VALUES = st.sampled_from(["1", 1, 2, True, False, 1.0, None])
TABLES = st.dictionaries(NAMES, VALUES, max_size=3)
MODES = st.sampled_from([{}, *({"x-match": mode} for mode in ("all", "any", "all-with-x", "any-with-x"))])
ARGUMENTS = st.builds(lambda table, mode: table | mode, TABLES, MODES)
TYPES = {bool: FieldType.BOOLEAN, int: FieldType.INTEGER, float: FieldType.FLOAT, str: FieldType.STRING, type(None): FieldType.NULL}


def binding(destination: str, key: str = "", arguments: Mapping[str, Any] | None = None, *, to_queue: bool = True) -> BindingInfo:
    return BindingInfo("/", "x", destination, to_queue, key, dict(arguments or {}))


def letter(key: str = "", headers: Mapping[str, Any] | None = None) -> Letter:
    return letter_of(key, [Header(name, TYPES[type(value)], value) for name, value in (headers or {}).items()])


def junction(name: str, type_: str, *bindings: BindingInfo, alternate: str = "") -> Junction:
    return Junction(name, matcher_of(type_, bindings), alternate)


@given(st.sampled_from(list(ExchangeType)), st.lists(st.tuples(KEYS, ARGUMENTS), max_size=6), KEYS, TABLES)
@example(ExchangeType.HEADERS, [("", {"h": 1.0})], "", {"h": 1})
def test_an_exchange_matches_as_the_embedded_broker_matches(
    type_: ExchangeType, bindings: list[tuple[str, dict[str, Any]]], key: str, headers: dict[str, Any]
) -> None:
    exchange = make_exchange("x", type_)
    ours = []
    for number, (pattern, arguments) in enumerate(bindings):
        exchange.bind(Binding("x", BrokerDestination(DestinationKind.QUEUE, f"q{number}"), pattern, arguments))
        ours.append(binding(f"q{number}", pattern, arguments))
    theirs = {destination.name for destination in exchange.match(key, lambda: headers)}
    assert {found.name for found in matcher_of(type_.value, ours).match(letter(key, headers))} == theirs


def test_a_message_goes_from_exchange_to_exchange_and_ends_in_a_circle() -> None:
    junctions = {
        "a": junction("a", "fanout", binding("b", to_queue=False), binding("q1")),
        "b": junction("b", "topic", binding("a", "#", to_queue=False), binding("q2", "k.*"), binding("q1", "#")),
    }
    found = walk("a", letter("k.1"), junctions)
    assert (sorted(found.queues), found.exchanges, found.exact) == (["q1", "q2"], ["a", "b"], True)


def test_the_alternate_exchange_gets_only_what_matches_nothing() -> None:
    junctions = {
        "a": junction("a", "direct", binding("q1", "k"), alternate="rest"),
        "rest": junction("rest", "fanout", binding("q2")),
    }
    assert walk("a", letter("k"), junctions).queues == ["q1"]
    assert walk("a", letter("other"), junctions).queues == ["q2"]


def test_an_alternate_exchange_that_is_not_there_drops_the_message() -> None:
    found = walk("a", letter(), {"a": junction("a", "direct", alternate="gone"), "gone": None})
    assert (found.queues, found.exchanges) == ([], ["a"])


def test_exchanges_that_have_to_be_read_first_are_named() -> None:
    found = walk("a", letter("k"), {"a": junction("a", "fanout", binding("b", to_queue=False))})
    assert (found.unknown, found.exchanges) == (["b"], ["a"])


def test_the_type_of_a_plug_in_is_no_exact_answer() -> None:
    found = walk("a", letter("k"), {"a": junction("a", "x-consistent-hash", binding("q1", "1"), binding("q2", "1"))})
    assert (sorted(found.queues), found.exact) == (["q1", "q2"], False)


def test_further_keys_come_from_cc_and_bcc() -> None:
    copies = [
        Header("CC", FieldType.ARRAY, [{"name": "", "type": "string", "value": "b"}]),
        Header("BCC", FieldType.ARRAY, [Header("", FieldType.STRING, "c")]),
    ]
    direct = {"a": junction("a", "direct", binding("q1", "b"), binding("q2", "c"), binding("q3", "a"), binding("q4", "d"))}
    assert sorted(walk("a", letter_of("a", copies), direct).queues) == ["q1", "q2", "q3"]


@pytest.mark.parametrize(
    ("header", "argument", "matches"),
    [
        (Header("h", FieldType.TIMESTAMP, 5), 5, True),
        (Header("h", FieldType.TABLE, [Header("k", FieldType.INTEGER, 1)]), {"k": 1}, True),
        (Header("h", FieldType.TABLE, [Header("k", FieldType.INTEGER, 2)]), {"k": 1}, False),
        (Header("h", FieldType.ARRAY, [Header("", FieldType.INTEGER, 1)]), [1], True),
        (Header("h", FieldType.BYTES, "YQ=="), "YQ==", False),
        (Header("h", FieldType.BYTES, "YQ=="), None, True),
    ],
)
def test_headers_are_compared_with_their_types(header: Header, argument: object, matches: bool) -> None:
    found = list(matcher_of("headers", [binding("q", arguments={"h": argument})]).match(letter_of("", [header])))
    assert found == ([Destination(to_queue=True, name="q")] if matches else [])


@pytest.mark.parametrize("type_", ["direct", "topic", "fanout", "headers"])
def test_thousands_of_bindings_are_walked_in_an_instant(type_: str) -> None:
    bindings = [binding(f"q{n}", f"shop.{n}.*.#", {"h": n}) for n in range(20_000)]
    matcher = matcher_of(type_, bindings)
    began = time.process_time()
    for n in range(10):
        list(matcher.match(letter(f"shop.{n}.paid", {"h": n})))
    assert time.process_time() - began < 2
