"""What Schema Registry serializers put before the bytes: a zero, the schema's id, and for Protobuf which message it is.

https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
"""

from typing import Final

from embedded_server.kafka.decoding.problems import IndexesInvalid, MagicByteMissing, WireTooShort

HEAD_BYTES: Final = 5
MAGIC: Final = 0
_MOST_INDEXES: Final = 100


def schema_id(data: bytes) -> int:
    """Answer the schema's id. Raises `MagicByteMissing` and `WireTooShort`."""
    if data and data[0] != MAGIC:
        raise MagicByteMissing(byte=data[0])
    if len(data) < HEAD_BYTES:
        raise WireTooShort(size=len(data))
    return int.from_bytes(data[1:HEAD_BYTES], "big")


def head(id: int) -> bytes:
    """Answer what stands before the bytes."""
    return b"\0" + id.to_bytes(4, "big")


def indexes(data: bytes, at: int = HEAD_BYTES) -> tuple[list[int], int]:
    """Answer which message it is, by its number on each level, and where the message begins. Raises `IndexesInvalid`."""
    count, at = _zigzag(data, at)
    if count == 0:
        return [0], at
    if not 0 < count <= _MOST_INDEXES:
        raise IndexesInvalid(reason=f"{count} of them")
    found: list[int] = []
    for _ in range(count):
        one, at = _zigzag(data, at)
        found.append(one)
    return found, at


def indexes_head(path: list[int]) -> bytes:
    """Answer the indexes as they stand before a message; the first message is a single zero."""
    return b"\0" if path == [0] else b"".join(_written(one) for one in (len(path), *path))


def _zigzag(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data):
            raise IndexesInvalid(reason="the bytes end within them")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at
        shift += 7
        if shift > 35:
            raise IndexesInvalid(reason="a number of them does not end")


def _written(number: int) -> bytes:
    value = number << 1
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
