"""A text in records: what the quick way over many records finds is what reading each of them finds."""

from pathlib import Path

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.contracts.kafka import Format, Reading
from embedded_server.kafka.decoding.local import LocalSchemas
from embedded_server.kafka.decoding.sides import SideReader
from embedded_server.kafka.records.batches import RawRecord
from embedded_server.kafka.search.needle import Needle

LOCAL = LocalSchemas(Path("unused.json"))
_texts = st.text(alphabet='aAbB \\"é\u0130ß0\n\x01', max_size=6)
_bytes = st.one_of(
    st.none(),
    _texts.map(str.encode),
    st.binary(max_size=6),
    _texts.map(lambda text: msgpack.packb({"a": text})),
    _texts.map(lambda text: ('{"a":"' + "".join(f"\\u{ord(one):04x}" for one in text) + '"}').encode()),
)
_headers = st.lists(st.tuples(_texts, _bytes), max_size=2)
_records = st.lists(st.tuples(st.integers(0, 9), st.just(1), _bytes, _bytes, _headers), max_size=5)


def needle(text: str, format: Format = Format.AUTO, *, match_case: bool = False) -> Needle:
    reader = SideReader(Reading(format), None, LOCAL)
    return Needle(text, reader, reader, match_case=match_case)


def record(value: bytes | None = None, key: bytes | None = None, *headers: tuple[str, bytes | None]) -> RawRecord:
    return (0, 1, key, value, headers)


@given(_records, _texts.filter(bool), st.booleans(), st.sampled_from([Format.AUTO, Format.JSON, Format.TEXT, Format.HEX, Format.MSGPACK]))
def test_the_quick_way_finds_what_reading_each_finds(records: list[RawRecord], text: str, match_case: bool, format: Format) -> None:
    sought = needle(text, format, match_case=match_case)
    assert sought.found(records) == [one for one in records if sought.is_in(one)]


@pytest.mark.parametrize(
    "where",
    [
        record(b'{"name": "Ada"}'),
        record(b"x", b"ADA-1"),
        record(b"x", None, ("ada", None)),
        record(b"x", None, ("h", b"to ada")),
        record(msgpack.packb({"name": "Ada"})),
        record(b'{"name": "\\u0041da"}'),
    ],
    ids=["value", "key", "header name", "header value", "msgpack", "escaped"],
)
def test_it_is_found_wherever_people_read_it(where: RawRecord) -> None:
    others = [record(b"nothing"), record(b'{"n": "Bob"}', b"k")]
    assert needle("ada").found([*others, where, *others]) == [where]
    assert needle("adb").found([*others, where, *others]) == []


def test_it_is_found_as_a_tree_shows_it() -> None:
    records = [record(b'{"said": "a \\"b\\"\\nC:\\\\new"}'), record(b'{"said": "\\\\\\""}')]
    assert needle('a "b"').found(records) == records[:1]
    assert needle('b"\nc:\\new').found(records) == records[:1]
    assert needle('\\"').found(records) == records


def test_case_matters_only_when_asked() -> None:
    records = [record("Ärger".encode()), record("ärger".encode())]
    assert needle("ÄRGER").found(records) == records
    assert needle("Ärger", match_case=True).found(records) == records[:1]


def test_what_is_shown_as_hex_is_found_as_hex() -> None:
    records = [record(b"\x00\x01\xca\xfe")]
    assert needle("ca fe").found(records) == records
    assert needle("\xca").found(records) == []


def test_a_text_is_not_found_across_two_records() -> None:
    assert needle("ab").found([record(b"a"), record(b"b"), record(b"a", b"b")]) == []
