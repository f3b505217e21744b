"""Messages read back from their events: properties, typed headers as rows, deaths, and the same message to publish again."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from desktop.core.rabbitmq_deaths import deaths_of, reason_word
from desktop.core.rabbitmq_message import MAX_ROWS, Row, header_rows, message_of, property_rows, seen_of
from embedded_server.contracts.rabbitmq import BodyForm, FieldType, Header, Properties
from embedded_server.rabbitmq.amqp.fields import Timestamp
from embedded_server.rabbitmq.amqp.headers import headers_of, plain_json, table_of

EVENT = {
    "exchange": "orders",
    "routing_key": "order.paid",
    "queue": "receipts",
    "redelivered": True,
    "job": "j1",
    "reply_code": 312,
    "reply_text": "NO_ROUTE",
    "properties": {"content_type": "application/json", "delivery_mode": 2, "timestamp": 1_795_000_000, "expiration": "500", "app_id": ""},
    "headers": {"at": 5, "cost": "12.50", "list": [1, {"deep": "AAEC"}], "none": None},
    "types": {"at": "timestamp", "cost": "decimal", "list.1.deep": "bytes"},
}


def test_an_event_tells_its_message() -> None:
    seen = seen_of(EVENT)
    assert (seen.exchange, seen.routing_key, seen.queue, seen.redelivered, seen.reply) == (
        "orders",
        "order.paid",
        "receipts",
        True,
        "312 NO_ROUTE",
    )
    assert seen.properties == Properties(
        content_type="application/json", delivery_mode=2, timestamp=1_795_000_000, expiration="500", app_id=""
    )


def test_only_properties_that_are_set_are_listed_an_empty_one_too() -> None:
    assert property_rows(seen_of(EVENT).properties) == [
        Row("content-type", "application/json", ""),
        Row("delivery-mode", "2", "persistent"),
        Row("expiration", "500", "ms"),
        Row("timestamp", "2026-11-18 11:06:40Z", "", raw="1795000000"),
        Row("app-id", "", ""),
    ]


def test_headers_stand_with_their_types_and_what_is_in_them() -> None:
    assert header_rows(seen_of(EVENT).typed_headers()) == [
        Row("at", "1970-01-01 00:00:05Z", "timestamp", raw="5"),
        Row("cost", "12.50", "decimal"),
        Row("list", "", "array"),
        Row("[0]", "1", "integer", 1),
        Row("[1]", "", "table", 1),
        Row("deep", "AAEC", "bytes", 2),
        Row("none", "", "null"),
    ]


def test_a_table_without_end_is_cut_and_says_so() -> None:
    rows = header_rows(seen_of({"headers": {f"h{n}": n for n in range(MAX_ROWS * 2)}}).typed_headers())
    assert len(rows) == MAX_ROWS + 1
    assert rows[-1].name == "…"


def test_a_headers_table_fifty_deep_is_read() -> None:
    nested: object = 1
    for _ in range(50):
        nested = {"in": nested}
    assert header_rows(seen_of({"headers": {"top": nested}}).typed_headers())[-1].depth == 50


def test_an_event_of_another_shape_is_read_as_far_as_it_goes() -> None:
    assert seen_of({"headers": 3, "properties": [], "types": "x", "exchange": None}) == seen_of({})


def test_the_message_to_publish_again_is_the_same() -> None:
    message = message_of(seen_of(EVENT), b'{"a": 1}', "shop")
    assert (message.vhost, message.exchange, message.routing_key) == ("shop", "orders", "order.paid")
    assert (message.body, message.form) == ('{"a": 1}', BodyForm.TEXT)
    assert message.headers[0] == Header("at", FieldType.TIMESTAMP, 5)
    binary = message_of(seen_of(EVENT), b"\xff\x00", "/")
    assert (base64.b64decode(binary.body), binary.form) == (b"\xff\x00", BodyForm.BASE64)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(max_size=6)
    | st.binary(max_size=6)
    | st.integers(0, 2**40).map(Timestamp)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abcxyz-", min_size=1, max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abcxyz-", min_size=1, max_size=5), values, max_size=4))
def test_headers_come_back_from_the_journal_with_the_types_they_went_with(table: dict[str, object]) -> None:
    plain, types = plain_json(table)
    typed = seen_of({"headers": plain, "types": types}).typed_headers()
    assert typed == headers_of(table)
    assert table_of(typed) == table


def test_deaths_are_rows_newest_first_as_the_broker_keeps_them() -> None:
    deaths = deaths_of(
        {
            "x-death": [
                {"queue": "a", "reason": "rejected", "count": 3, "time": 10, "exchange": "x", "routing-keys": ["k", "l"]},
                {"queue": "b", "reason": "maxlen"},
                "nonsense",
            ]
        }
    )
    assert [(one.queue, one.reason, one.times, one.at, one.routing_keys) for one in deaths] == [
        ("a", "rejected", 3, 10_000_000_000, ("k", "l")),
        ("b", "maxlen", 1, 0, ()),
    ]
    assert [reason_word(one.reason) for one in deaths] == ["rejected", "queue was full"]
    assert deaths_of({"x-death": "never"}) == []
