"""The newest offset of each key in a piece of a log, in bounded memory."""

from hashlib import blake2b
from typing import Final

MAX_KEYS: Final = 200_000
"""About 40 MB. A log with more of them is compacted piece by piece, as Kafka does with its map."""
SHORT_KEY_BYTES: Final = 16
"""Longer keys are kept as a digest of as many bytes."""


class KeyOffsets:
    """Keys to offsets."""

    def __init__(self, limit: int = MAX_KEYS) -> None:
        self._limit = limit
        self._newest: dict[bytes, int] = {}
        self.end = -1
        """Everything before this offset is in it."""

    @property
    def is_full(self) -> bool:
        """Whether another key might not find room."""
        return len(self._newest) >= self._limit

    def put(self, key: bytes, offset: int) -> None:
        """Take note that *key* is at *offset*, which is larger than all before."""
        self._newest[_short(key)] = offset

    def has_newer(self, key: bytes, offset: int) -> bool:
        """Whether *key* is somewhere behind *offset*."""
        newest = self._newest.get(_short(key))
        return newest is not None and newest > offset


def _short(key: bytes) -> bytes:
    return key if len(key) < SHORT_KEY_BYTES else blake2b(key, digest_size=SHORT_KEY_BYTES).digest()
