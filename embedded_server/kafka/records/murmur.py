"""Which partition a key goes to: the 32-bit Murmur2 hash as the Java client computes it (Apache Kafka's ``Utils.murmur2``)."""

from struct import unpack_from
from typing import Final

_SEED: Final = 0x9747B28C
_MIX: Final = 0x5BD1E995
_MASK: Final = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """Answer the hash, from 0 to 2^32 - 1."""
    length = len(data)
    hashed = _SEED ^ length
    whole = length // 4
    for word in unpack_from(f"<{whole}I", data):
        mixed = word * _MIX & _MASK
        hashed = (hashed * _MIX & _MASK) ^ ((mixed ^ mixed >> 24) * _MIX & _MASK)
    rest = data[whole * 4 :]
    if rest:
        hashed = (hashed ^ int.from_bytes(rest, "little")) * _MIX & _MASK
    hashed = (hashed ^ hashed >> 13) * _MIX & _MASK
    return hashed ^ hashed >> 15


def partition_of(key: bytes, partitions: int) -> int:
    """Answer the partition of a key in a topic of so many."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions
