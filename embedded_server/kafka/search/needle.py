"""A text looked for in records as they are read: key, value, header names and header values.

Most records are text that is read as it stands. A whole run of them is looked into at once: all their bytes end to end, with a byte
between that is in no text. Only where something in the run is not such text, or may be found in another form than it stands in, are its
records read one by one. What is found is the same either way; a test compares the two.
"""

import base64
from collections.abc import Sequence
from typing import Final

from embedded_server.kafka.decoding.sides import SideReader, unescaped
from embedded_server.kafka.records.batches import RawRecord

_BETWEEN: Final = b"\0"
_AS_IT_STANDS: Final = bytes(set(range(0x20, 0x100)) | set(b"\t\n\r\x0c\x1b\0")).replace(b"\\", b"").replace(b"\x7f", b"")
"""Bytes of text that is shown as it is; a backslash may be JSON's escape of what is looked for."""


class Needle:
    """One text, and how keys and values are read. For one thread."""

    def __init__(self, text: str, key: SideReader, value: SideReader, *, match_case: bool = False) -> None:
        self._case = match_case
        self._key = key
        self._value = value
        self._ascii = text.isascii()
        self._text = text if match_case else text.lower() if self._ascii else text.casefold()
        self._bytes = self._text.encode("utf-8", "surrogatepass")
        self._by_runs = key.is_verbatim and value.is_verbatim and "\0" not in text
        self._find = self.in_bytes if self._ascii or match_case else self._in_decoded

    def found(self, records: Sequence[RawRecord]) -> list[RawRecord]:
        """Answer the records that have it."""
        if not self._by_runs:
            return [record for record in records if self.is_in(record)]
        run = self._run(records)
        if run is None:
            return [record for record in records if self._is_in_quickly(record)]
        if not self._find(run):
            return []
        return [record for record in records if self._is_in_verbatim(record)]

    def is_in(self, record: RawRecord) -> bool:
        """Answer whether one record has it, reading it whole."""
        _, _, key, value, headers = record
        if value and self.in_text(self._value.text(value)):
            return True
        if key and self.in_text(self._key.text(key)):
            return True
        return any(self.in_text(name) or (content and self.in_text(header_text(content))) for name, content in headers)

    # -- in one text

    def in_text(self, text: str) -> bool:
        """Answer whether a text has it."""
        if self._case:
            return self._text in text
        if self._ascii:
            return self._bytes in text.encode("utf-8", "surrogatepass").lower()  # of bytes, so that only ASCII's letters change
        return self._text in text.casefold()

    def in_bytes(self, data: bytes) -> bool:
        """The same in UTF-8, for a text that is ASCII or whose case matters."""
        return self._bytes in (data if self._case else data.lower())

    def _in_decoded(self, data: bytes) -> bool:
        return self._text in data.decode("utf-8", "surrogatepass").casefold()

    # -- in many records

    @staticmethod
    def _run(records: Sequence[RawRecord]) -> bytes | None:
        """Answer all that the records hold, end to end; None where some of it is not text that is shown as it stands."""
        parts: list[bytes] = [record[3] for record in records if record[3]]
        parts += [record[2] for record in records if record[2]]
        for record in records:
            if record[4]:
                for name, content in record[4]:
                    parts.append(name.encode("utf-8", "surrogatepass"))
                    if content:
                        parts.append(content)
        run = _BETWEEN.join(parts)
        return run if _stands(run) and run.count(_BETWEEN) == max(0, len(parts) - 1) else None

    def _is_in_verbatim(self, record: RawRecord) -> bool:
        _, _, key, value, headers = record
        if (value and self._find(value)) or (key and self._find(key)):
            return True
        return any(self.in_text(name) or (content and self._find(content)) for name, content in headers)

    def _is_in_quickly(self, record: RawRecord) -> bool:
        """Look at each part as it stands where it is read so, and read the rest."""
        _, _, key, value, headers = record
        if value and self._is_in_part(value, self._value):
            return True
        if key and self._is_in_part(key, self._key):
            return True
        return any(self.in_text(name) or (content and self.in_text(header_text(content))) for name, content in headers)

    def _is_in_part(self, data: bytes, reader: SideReader) -> bool:
        if _BETWEEN not in data:
            if _stands(data):
                return self._find(data)
            if b"\\" in data and _stands(data.replace(b"\\", b"")):
                return self._find(data) or self._find(unescaped(data))
        return self.in_text(reader.text(data))


def _stands(data: bytes) -> bool:
    """Whether bytes are text that is shown as it is: UTF-8 without control characters, and without a backslash."""
    if data.translate(None, _AS_IT_STANDS):
        return False
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def header_text(data: bytes) -> str:
    """Answer a header's value as it is shown: text, or Base64."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()
