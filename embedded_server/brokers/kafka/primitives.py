"""The plain fields of Kafka's internal records, as the protocol guide's "Protocol Primitive Types" has them: written and read."""

import struct
from typing import Final

from embedded_server.brokers.kafka.log.batch import Buffer

_SHORT: Final = struct.Struct(">h")
_INT: Final = struct.Struct(">i")
_LONG: Final = struct.Struct(">q")


class BadFields(ValueError):
    """Bytes that are not the fields they should be."""


class Writer:
    """Puts fields one behind the other."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def done(self) -> bytes:
        """Everything written."""
        return b"".join(self._parts)

    def int8(self, value: int) -> "Writer":
        """One byte."""
        self._parts.append(value.to_bytes(1, "big", signed=True))
        return self

    def int16(self, value: int) -> "Writer":
        """Two bytes."""
        self._parts.append(_SHORT.pack(value))
        return self

    def int32(self, value: int) -> "Writer":
        """Four bytes; also how many there are of something."""
        self._parts.append(_INT.pack(value))
        return self

    def int64(self, value: int) -> "Writer":
        """Eight bytes."""
        self._parts.append(_LONG.pack(value))
        return self

    def string(self, value: str | None) -> "Writer":
        """A text of up to 32,767 bytes, or null."""
        if value is None:
            return self.int16(-1)
        data = value.encode()
        self._parts += (_SHORT.pack(len(data)), data)
        return self

    def blob(self, value: bytes) -> "Writer":
        """Bytes of any length."""
        self._parts += (_INT.pack(len(value)), value)
        return self


class Reader:
    """Takes fields one after the other. Every method raises ``BadFields`` where they end too early."""

    def __init__(self, data: Buffer) -> None:
        self._data = bytes(data)
        self._at = 0

    def int8(self) -> int:
        """One byte."""
        return int.from_bytes(self._take(1), "big", signed=True)

    def int16(self) -> int:
        """Two bytes."""
        return int.from_bytes(self._take(2), "big", signed=True)

    def int32(self) -> int:
        """Four bytes."""
        return int.from_bytes(self._take(4), "big", signed=True)

    def int64(self) -> int:
        """Eight bytes."""
        return int.from_bytes(self._take(8), "big", signed=True)

    def count(self) -> int:
        """How many there are of something; none where that is null."""
        found = self.int32()
        if found > len(self._data):
            raise BadFields(f"{found} of something in {len(self._data)} bytes")
        return max(found, 0)

    def text(self) -> str:
        """A text; null is an empty one."""
        return self.string() or ""

    def string(self) -> str | None:
        """A text or null."""
        length = self.int16()
        try:
            return None if length < 0 else self._take(length).decode()
        except UnicodeDecodeError as exc:
            raise BadFields("A text is not UTF-8") from exc

    def blob(self) -> bytes:
        """Bytes; null is none."""
        length = self.int32()
        return b"" if length < 0 else self._take(length)

    def _take(self, size: int) -> bytes:
        found = self._data[self._at : self._at + size]
        if len(found) < size:
            raise BadFields("The fields end too early")
        self._at += size
        return found
