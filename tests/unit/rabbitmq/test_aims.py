"""Where copies go, and that nothing of a message changes but the headers that are taken off."""

import string
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.contracts.rabbitmq import MoveRequest, Properties, RedriveRequest
from embedded_server.rabbitmq.amqp.content import NO_CONTENT, decode_content, encode_content
from embedded_server.rabbitmq.amqp.content_edit import has_user_id, without_headers
from embedded_server.rabbitmq.amqp.fields import FieldFault, Timestamp, encode_table
from embedded_server.rabbitmq.amqp.receiver import Delivery
from embedded_server.rabbitmq.transfer.aims import Aim, aim_of_move, aim_of_redrive

NAMES = st.text(string.ascii_lowercase + "-", min_size=1, max_size=6)
SCALARS = st.one_of(
    st.text(max_size=8),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.none(),
    st.binary(max_size=8),
    st.integers(0, 2**40).map(Timestamp),
    st.integers(-999, 999).map(lambda number: Decimal(number).scaleb(-2)),
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8)
TABLES = st.dictionaries(NAMES, VALUES, max_size=5)
PROPERTIES = st.builds(
    Properties,
    content_type=st.none() | st.text(max_size=8),
    content_encoding=st.none() | st.just("gzip"),
    priority=st.none() | st.integers(0, 9),
    user_id=st.none() | st.just("guest"),
    timestamp=st.none() | st.integers(0, 2**40),
    cluster_id=st.none() | st.just("c"),
)


@given(PROPERTIES, TABLES, st.sets(NAMES, max_size=3))
def test_only_the_unwanted_headers_go(properties: Properties, table: dict[str, Any], unwanted: set[str]) -> None:
    content = encode_content(properties, table)
    unwanted |= set(list(table)[:1])
    left = {name: value for name, value in table.items() if name not in unwanted}
    assert without_headers(content, unwanted.__contains__) == encode_content(properties, left)
    assert without_headers(content, lambda _: False) == content
    assert has_user_id(content) == (properties.user_id is not None)


def test_types_that_we_would_not_write_ourselves_stay_as_they_are() -> None:
    raw = b"\x01aB\x07\x01bs\x00\x01\x01cf\x3f\x80\x00\x00\x01dL\x00\x00\x00\x00\x00\x00\x00\x01\x01xI\x00\x00\x00\x05"
    content = b"\x20\x00" + len(raw).to_bytes(4, "big") + raw
    assert without_headers(content, {"x"}.__contains__) == b"\x20\x00" + (len(raw) - 7).to_bytes(4, "big") + raw[:-7]


@given(st.binary(min_size=2, max_size=60))
def test_random_bytes_are_a_fault_and_no_surprise(content: bytes) -> None:
    try:
        without_headers(content, lambda name: len(name) % 2 == 0)
    except FieldFault:
        return


def delivery(headers: dict[str, Any] | None = None, exchange: str = "shop", key: str = "paid") -> Delivery:
    return Delivery(exchange, key, False, 1, "", encode_content(Properties(message_id="m"), headers), b"body")


def death(queue: str, exchange: str = "shop", key: str = "paid", reason: str = "rejected", time: int = 0) -> dict[str, Any]:
    return {"queue": queue, "exchange": exchange, "routing-keys": [key], "reason": reason, "count": 1, "time": Timestamp(time)}


def test_a_move_keeps_each_messages_own_key_or_sends_all_to_one() -> None:
    own = aim_of_move(MoveRequest("/", "q", exchange="other"))
    copied = delivery({"CC": ["audit"], "kept": 1})
    assert own(copied) == Aim("other", "paid", copied.content)
    one = aim_of_move(MoveRequest("/", "q", routing_key="target"))(copied)
    assert one is not None
    assert one[:2] == ("", "target")
    assert decode_content(one.content).headers == {"kept": 1}


def test_a_redrive_goes_to_the_first_of_several_deaths() -> None:
    newest, middle = death("retry", "", "retry", "expired", 30), death("work", reason="expired", time=20)
    first = death("work", "shop", "paid", "rejected", 10)
    named = {"x-first-death-queue": "work", "x-first-death-reason": "rejected", "x-first-death-exchange": "shop"}
    dead = delivery({"x-death": [newest, middle, first], **named, "x-last-death-queue": "retry", "tenant": 7}, "", "dead")
    straight = aim_of_redrive(RedriveRequest("/", "dead"))(dead)
    assert straight is not None
    assert straight[:2] == ("", "work")
    assert decode_content(straight.content).headers == {"tenant": 7}
    through = aim_of_redrive(RedriveRequest("/", "dead", to_queue=False, strip_death=False))(dead)
    assert through == Aim("shop", "paid", dead.content)


def test_without_the_first_deaths_headers_the_oldest_death_counts() -> None:
    dead = delivery({"x-death": [death("newest", time=30), death("oldest", time=10), death("middle", time=20)]})
    aim = aim_of_redrive(RedriveRequest("/", "dead"))(dead)
    assert aim is not None
    assert aim.routing_key == "oldest"


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        {"x-death": []},
        {"x-death": "text"},
        {"x-death": [1]},
        {"x-death": [{}]},
        {"x-death": [{"queue": 5}]},
        {"x-death": [death("dead")]},
    ],
)
def test_what_never_died_or_died_here_stays(headers: dict[str, Any] | None) -> None:
    dead = delivery(headers)
    assert aim_of_redrive(RedriveRequest("/", "dead"))(dead) is None


def test_headers_that_cannot_be_read_stay_as_they_are() -> None:
    broken = Delivery("", "k", False, 1, "", b"\x20\x00\x00\x00\x00\xff", b"")
    assert aim_of_redrive(RedriveRequest("/", "q"))(broken) is None
    assert aim_of_move(MoveRequest("/", "q", routing_key="t"))(broken) == Aim("", "t", broken.content)
    bare = Delivery("", "k", False, 1, "", NO_CONTENT, b"")
    assert aim_of_move(MoveRequest("/", "q", routing_key="t"))(bare) == Aim("", "t", NO_CONTENT)
    assert encode_table({}) == b"\0\0\0\0"
