"""A record's event: where it is, its key and headers, its trace, and how it is shown."""

import base64
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.contracts.events import MAX_PREVIEW_CHARS, Event, Join, Kind
from embedded_server.contracts.kafka import EMPTY_PREVIEW, NULL_PREVIEW, Compression, RecordStatus, Side
from embedded_server.kafka.records.batches import Batch, RawRecord
from embedded_server.kafka.records.events import PlainPreviews, RecordEvents

TRACEPARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def event_of(record: RawRecord, *, previews: Any = None, topic: str = "orders") -> tuple[Event, dict[str, Any]]:
    maker = RecordEvents("id", "my kafka", topic, previews or PlainPreviews(), job="j1")
    (event,) = maker.read(3, Batch([record], record[0] + 1, 5, append_time=False, compression=Compression.ZSTD), RecordStatus.TAILED)
    return event, orjson.loads(event.headers)


def test_an_event_says_where_the_record_is() -> None:
    event, headers = event_of((17, 1_700_000_000_123, b"k1", b'{"a": 1}', ()))
    assert (event.connection, event.kind, event.subject, event.worker) == ("my kafka", Kind.RECORD_READ, "orders[3]", "17")
    assert (event.key, event.status, event.size, event.preview, event.body) == ("k1", "tailed", 8, '{"a": 1}', b'{"a": 1}')
    assert event.at == 1_700_000_000_123_000_000
    assert headers == {
        "topic": "orders",
        "partition": 3,
        "job": "j1",
        "leader_epoch": 5,
        "timestamp_type": "create",
        "compression": "zstd",
        "offset": 17,
        "timestamp": 1_700_000_000_123,
        "key": "k1",
        "key_null": False,
        "value_null": False,
        "headers": [],
    }


def test_null_is_told_from_empty() -> None:
    event, headers = event_of((0, 1, None, None, ()))
    assert (headers["key_null"], headers["value_null"], headers["key"]) == (True, True, None)
    assert (event.key, event.preview, event.body, event.size) == ("", NULL_PREVIEW, b"", 0)
    event, headers = event_of((0, 1, b"", b"", ()))
    assert (event.key, event.preview, event.body, event.size) == ("", EMPTY_PREVIEW, b"", 0)
    assert (headers["key_null"], headers["value_null"], headers["key"]) == (False, False, "")


texts = st.none() | st.binary(max_size=300) | st.text(max_size=100).map(str.encode)


@given(texts, texts, st.lists(st.tuples(st.text(max_size=20), texts), max_size=4), st.text(max_size=20))
def test_keys_and_headers_are_exact_whatever_they_are(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes | None]], topic: str
) -> None:
    event, told = event_of((1, 2, key, value, headers), topic=topic.encode("utf-8", "replace").decode())
    kept = None if told["key_null"] else base64.b64decode(told["key_base64"]) if "key_base64" in told else told["key"].encode()
    assert kept == key
    assert event.body == (value or b"")
    assert len(event.key) <= MAX_PREVIEW_CHARS
    assert len(event.preview) <= MAX_PREVIEW_CHARS
    assert [(one["name"], _bytes_of(one)) for one in told["headers"]] == headers


def _bytes_of(header: dict[str, str | None]) -> bytes | None:
    if (encoded := header.get("base64")) is not None:
        return base64.b64decode(encoded)
    text = header["value"]
    return None if text is None else text.encode()


@pytest.mark.parametrize(
    ("headers", "trace", "joined"),
    [
        ([("traceparent", TRACEPARENT), ("correlation_id", b"c")], "4bf92f3577b34da6a3ce929d0e0e4736", Join.TRACEPARENT),
        ([("traceparent", b"nonsense"), ("correlation_id", b"c-1")], "c-1", Join.CORRELATION_ID),
        ([("root_id", b"r-1")], "r-1", Join.CELERY_ROOT),
        ([("root_id", b"r"), ("correlation_id", b"c")], "c", Join.CORRELATION_ID),
        ([("correlation_id", b"\xff\xfe")], "", Join.NONE),
        ([("other", b"x")], "", Join.NONE),
    ],
)
def test_the_trace_is_taken_from_the_headers(headers: list[tuple[str, bytes | None]], trace: str, joined: Join) -> None:
    event, _ = event_of((0, 1, None, b"x", headers))
    assert (event.trace, event.joined) == (trace, joined)


class Decoded(PlainPreviews):
    """A topic for which the user has chosen a format."""

    def preview(self, connection: str, topic: str, side: Side, data: bytes) -> str:
        return f"{connection} {topic} {side.value} {len(data)}"

    def is_plain(self, connection: str, topic: str, side: Side) -> bool:
        return False


def test_what_is_read_otherwise_is_shown_so_and_kept_as_it_is() -> None:
    event, headers = event_of((0, 1, b"key", b"value", ()), previews=Decoded())
    assert (event.key, event.preview) == ("id orders key 3", "id orders value 5")
    assert headers["key"] == "key"


def test_one_record_over_and_over_is_described_once_and_each_is_where_it_is() -> None:
    maker = RecordEvents("id", "k", "orders", PlainPreviews())
    key, value, headers = b"k", b"v", [("a", b"1")]
    made = maker.produced(1, [(n, 5 + n, key, value, headers) for n in range(3)], RecordStatus.ACKNOWLEDGED, Compression.NONE)
    assert [event.worker for event in made] == ["0", "1", "2"]
    assert [orjson.loads(event.headers)["offset"] for event in made] == [0, 1, 2]
    assert {event.kind for event in made} == {Kind.RECORD_PRODUCED}
    (other,) = maker.produced(1, [(3, 8, key, b"w", headers)], RecordStatus.ACKNOWLEDGED, Compression.NONE)
    assert other.preview == "w"
