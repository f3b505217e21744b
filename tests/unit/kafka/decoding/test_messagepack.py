"""MessagePack: read as msgpack reads it, exactly, with the byte that is wrong; and written again."""

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.kafka.decoding.json_exact import dumps
from embedded_server.kafka.decoding.messagepack import pack, unpack
from embedded_server.kafka.decoding.problems import NestedTooDeeply, NotWritable, TooManyValues, Undecodable

_scalars = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_values = st.recursive(_scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(_values)
def test_what_msgpack_packs_is_read_as_it_was(value: Any) -> None:
    assert unpack(msgpack.packb(value)) == value


@given(_values.filter(lambda value: "base64" not in str(value)))
def test_what_is_written_is_what_msgpack_reads(value: Any) -> None:
    assert msgpack.unpackb(pack(dumps(value)), strict_map_key=False) == value


@st.composite
def _damaged(draw: st.DrawFn) -> bytes:
    """MessagePack with some bytes changed: further into it than random bytes would come."""
    data = bytearray(msgpack.packb(draw(_values)))
    for at, byte in draw(st.lists(st.tuples(st.integers(0, len(data) - 1), st.integers(0, 255)), max_size=3)):
        data[at] = byte
    return bytes(data)


@given(st.binary(max_size=300) | _damaged())
def test_any_bytes_are_read_or_refused_in_words(data: bytes) -> None:
    try:
        dumps(unpack(data))
        unpack(data, preview=True)
    except Undecodable:
        return


def test_bytes_extensions_and_times_are_shown_and_written_again() -> None:
    value = {"raw": b"\x00\xff", "ext": msgpack.ExtType(5, b"abc"), "at": msgpack.Timestamp(1_795_521_078, 123_456_789)}
    shown = unpack(msgpack.packb(value))
    assert shown == {"raw": {"base64": "AP8="}, "ext": {"ext": 5, "base64": "YWJj"}, "at": "2026-11-24T11:51:18.123456789Z"}
    again = msgpack.unpackb(pack(dumps(shown)))
    assert (again["raw"], again["ext"]) == (value["raw"], value["ext"])


def test_numbers_of_64_bits_are_exact() -> None:
    assert dumps(unpack(msgpack.packb([2**64 - 1, -(2**63), 2**53 + 1]))) == "[18446744073709551615,-9223372036854775808,9007199254740993]"


def test_keys_that_are_no_text_are_written_as_json() -> None:
    assert unpack(msgpack.packb({2: "a", None: "b", True: "c"})) == {"2": "a", "null": "b", "true": "c"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xc1", "0xc1 is never used at byte 0"),
        (b"\x92\x01", "the bytes end too early at byte 2"),
        (b"\x01\x02", "the value has ended, and there is more at byte 1"),
        (b"\xa2\xff\xff", "a text is not UTF-8 at byte 1"),
        (b"", "the bytes end too early at byte 0"),
    ],
)
def test_what_is_wrong_is_told_with_its_byte(data: bytes, said: str) -> None:
    with pytest.raises(Undecodable, match=said):
        unpack(data)


def test_depth_and_number_are_bounded() -> None:
    with pytest.raises(NestedTooDeeply):
        unpack(b"\x91" * 100_000)
    with pytest.raises(TooManyValues):
        unpack(b"\xdd\x00\x20\x00\x00" + b"\x80" * 2**21)


def test_what_does_not_fit_is_told_with_its_path() -> None:
    with pytest.raises(NotWritable, match=r"At \$\.a\[1\]: a whole number has at most 64 bits"):
        pack('{"a": [1, 18446744073709551616]}')
    with pytest.raises(NotWritable, match=r"At \$\.b\.base64: expected Base64"):
        pack('{"b": {"base64": "*"}}')
