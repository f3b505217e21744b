"""Turns the bytes of an event stream into events: pure, incremental, bounded.

It follows the WHATWG HTML standard, section 9.2 "Server-sent events" (9.2.5 parsing, 9.2.6 interpreting). Beyond the standard it keeps
comments, since whoever watches a stream wants to see its heartbeats, and it bounds what one event may hold.
"""

import re
from typing import Final, NamedTuple

MAX_EVENT_BYTES: Final = 32 * 1024**2
"""Data of one event that is kept; the rest is counted and left out."""

_LINE_END: Final = re.compile(rb"\r\n|\n|\r")
_BOM: Final = b"\xef\xbb\xbf"
_FIELD_ROOM: Final = 16
"""A line may be longer than its data by its field's name, a colon and a space."""


class SseEvent(NamedTuple):
    """One dispatched event."""

    name: str
    """``message`` where the stream gave none."""
    data: str
    id: str
    """The last event id at the time of dispatch; it persists from event to event."""
    own_id: bool = False
    """Whether the event itself gave the id."""
    left_out: int = 0
    """Bytes of data beyond the bound."""


class SseComment(NamedTuple):
    """A line that began with a colon: heartbeats, mostly."""

    text: str


class SseParser:
    """Feed it bytes as they come; it answers the events and comments they complete, in order.

    Memory is bounded by *max_event_bytes*, however long a line, an event or the wait for its blank line.
    """

    def __init__(self, *, last_event_id: str = "", max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self.last_event_id = last_event_id
        """What a reconnecting client sends as ``Last-Event-ID``."""
        self.retry_ms: int | None = None
        """The reconnection time the stream asked for, if it did."""
        self._max = max_event_bytes
        self._start: bytes | None = b""
        """What may still turn out to be a byte order mark; None once that is settled."""
        self._line = bytearray()
        """The beginning of a line whose end has not come yet."""
        self._line_left_out = 0
        self._skip_lf = False
        self._id = last_event_id
        self._data = bytearray()
        self._has_data = False
        self._own_id = False
        self._left_out = 0
        self._name = ""
        self._unfinished = 0
        """Bytes of fields since the last blank line."""

    def feed(self, data: bytes) -> list[SseEvent | SseComment]:
        """Answer what *data* completes; never raises."""
        if self._start is not None:
            data = self._settle_bom(data)
        found: list[SseEvent | SseComment] = []
        if self._skip_lf and data:
            self._skip_lf = False
            if data.startswith(b"\n"):  # the second half of a CRLF whose CR ended the chunk before
                data = data[1:]
        position = 0
        for end in _LINE_END.finditer(data):
            self._take_line(data[position : end.start()], found)
            position = end.end()
        if position < len(data):
            self._keep(data[position:])
        elif data.endswith(b"\r"):
            self._skip_lf = True
        return found

    def end(self) -> int:
        """Tell that the stream has ended; the answer is how many bytes of an unfinished event are dropped (section 9.2.6)."""
        unfinished = len(self._line) + self._line_left_out + len(self._start or b"") + self._unfinished
        self._line.clear()
        self._line_left_out = 0
        self._start = None
        self._clear_event()
        return unfinished

    def _settle_bom(self, data: bytes) -> bytes:
        data = (self._start or b"") + data
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._start = data
            return b""
        self._start = None
        return data.removeprefix(_BOM)

    def _keep(self, part: bytes) -> None:
        room = self._max + _FIELD_ROOM - len(self._line)
        self._line += part[:room]
        self._line_left_out += max(0, len(part) - room)

    def _take_line(self, line: bytes, found: list[SseEvent | SseComment]) -> None:
        if self._line or len(line) > self._max:
            self._keep(line)
            line = bytes(self._line)
            self._line.clear()
        left_out, self._line_left_out = self._line_left_out, 0
        if not line:
            self._dispatch(found)
            return
        name, _, value = line.partition(b":")
        if not name:
            found.append(SseComment(value.removeprefix(b" ").decode(errors="replace")))
            return
        self._unfinished += len(line) + left_out
        self._take_field(name, value.removeprefix(b" "), left_out)

    def _take_field(self, name: bytes, value: bytes, left_out: int) -> None:
        match name:
            case b"data":
                self._take_data(value, left_out)
            case b"event":
                self._name = value.decode(errors="replace")
            case b"id":
                if b"\0" not in value:
                    self._id = value.decode(errors="replace")
                    self._own_id = True
            case b"retry":
                if value.isdigit() and len(value) <= 18:
                    self.retry_ms = int(value)
            case _:
                pass  # unknown fields are ignored

    def _take_data(self, value: bytes, left_out: int) -> None:
        if self._has_data:
            value = b"\n" + value
        room = self._max - len(self._data)
        self._data += value[:room]
        self._left_out += left_out + max(0, len(value) - room)
        self._has_data = True

    def _dispatch(self, found: list[SseEvent | SseComment]) -> None:
        self.last_event_id = self._id  # even where there is no data to dispatch
        if self._has_data:
            data = self._data.decode(errors="replace")
            found.append(SseEvent(self._name or "message", data, self._id, self._own_id, self._left_out))
        self._clear_event()

    def _clear_event(self) -> None:
        self._data = bytearray()
        self._name = ""
        self._left_out = 0
        self._has_data = False
        self._own_id = False
        self._unfinished = 0
