"""What members of a consumer group were assigned, out of the consumer protocol's bytes. No input and output.

Source: Kafka's ConsumerProtocolAssignment: version int16, then [topic string, [partition int32]], then user data. It is cut by hand,
because clients in other languages write any version, and a member of something else than consumers (Kafka Connect) writes what it likes.
"""

import struct
from typing import Final

from embedded_server.contracts.kafka import Assigned

CONSUMER: Final = "consumer"
_MAX: Final = 1_000_000
"""Partitions of one member; beyond it the bytes are something else."""


def assignment_of(data: bytes | None) -> list[Assigned]:
    """Answer topics and partitions, in the order of their names; nothing for bytes that are no assignment."""
    if not data:
        return []
    try:
        return _read(bytes(data))
    except (struct.error, UnicodeDecodeError, ValueError):
        return []


def _read(data: bytes) -> list[Assigned]:
    (topics,) = struct.unpack_from(">i", data, 2)
    at, left = 6, _MAX
    found: dict[str, list[int]] = {}
    for _ in range(max(0, topics)):
        (length,) = struct.unpack_from(">h", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        if length < 0 or len(data) < at + 2 + length:
            raise ValueError("a name that does not end")
        at += 2 + length
        (count,) = struct.unpack_from(">i", data, at)
        left -= count
        if count < 0 or left < 0:
            raise ValueError("too many partitions")
        found.setdefault(name, []).extend(struct.unpack_from(f">{count}i", data, at + 4))
        at += 4 + 4 * count
    return [Assigned(name, sorted(set(found[name]))) for name in sorted(found)]
