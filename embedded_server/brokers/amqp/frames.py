"""Frames out of a stream of bytes, and whole messages where they come in one piece.

A publisher sends three frames for a message, and nearly always the same two before each body: those are compared as bytes, not read.
"""

import struct
from typing import Final

from embedded_server.brokers.amqp.codec import (
    FRAME_BODY,
    FRAME_END,
    FRAME_HEAD,
    FRAME_HEADER,
    FRAME_MAX_SIZE,
    FRAME_METHOD,
    FRAME_OVERHEAD,
    HEADER_MIN_SIZE,
)
from embedded_server.brokers.amqp.errors import AmqpError, Reply, odd_frame

_PUBLISH_INDEX: Final = b"\x00\x3c\x00\x28"
_ULONG: Final = struct.Struct(">Q")


class Opening:
    """What comes before a message's body: the payloads of its method and of its content header, undecoded.

    A publisher that repeats itself, as most do, gets the very same object for each message, so what was read out of it need not be again.
    """

    __slots__ = ("header", "method")

    def __init__(self, method: bytes, header: bytes) -> None:
        self.method = method
        self.header = header


Frame = tuple[int, int, bytes, Opening | None]
"""One frame as it came: its type, its channel, its payload undecoded. Where a published message came in one piece, its three frames are
one: that of its body, with their opening. A plain tuple: one or three are made for each message."""


def three_frames(frame: Frame) -> list[Frame]:
    """A message that came in one piece as the frames it came in."""
    kind, channel, body, opening = frame
    assert opening is not None
    return [(FRAME_METHOD, channel, opening.method, None), (FRAME_HEADER, channel, opening.header, None), (kind, channel, body, None)]


class FrameReader:
    """Cuts a stream of bytes into frames; what is incomplete waits for the next bytes."""

    def __init__(self) -> None:
        self.frame_max = FRAME_MAX_SIZE
        """Bytes of a whole frame, its head and end included."""
        self.error: AmqpError | None = None
        """Why the stream cannot be read on; the frames before the fault have been answered."""
        self._rest = b""
        self._last = _NO_MESSAGE

    def feed(self, data: bytes) -> list[Frame]:
        """Frames that *data* completes. After a fault ``error`` is set and there are no more."""
        if self.error is not None:
            return []
        buffer = self._rest + data if self._rest else data
        frames: list[Frame] = []
        position, available, largest = 0, len(buffer), self.frame_max - FRAME_OVERHEAD
        before, length, size, channel, opening = self._last
        while available - position >= FRAME_OVERHEAD:
            end = position + length + size
            if opening is not None and end < available and buffer.startswith(before, position) and buffer[end] == FRAME_END:
                frames.append((FRAME_BODY, channel, buffer[position + length : end], opening))
                position = end + 1
                continue
            kind, number, octets = FRAME_HEAD.unpack_from(buffer, position)
            if octets > largest:
                self.error = odd_frame(Reply.FRAME_ERROR, kind, b"", f"{{frame_too_large,{octets},{largest}}}")
                break
            end = position + FRAME_OVERHEAD - 1 + octets
            if end >= available:
                break
            if buffer[end] != FRAME_END:
                reason = f"{{invalid_frame_end_marker,{buffer[end]}}}"
                self.error = odd_frame(Reply.FRAME_ERROR, kind, buffer[position + 7 : end], reason)
                break
            if kind == FRAME_METHOD and buffer.startswith(_PUBLISH_INDEX, position + 7):
                whole = _whole_message(buffer, position, end, number, largest)
                if whole is not None:
                    before, length, size, channel, opening = whole
                    continue
            frames.append((kind, number, buffer[position + 7 : end], None))
            position = end + 1
        self._rest = buffer[position:]
        self._last = (before, length, size, channel, opening)
        return frames


_LastMessage = tuple[bytes, int, int, int, Opening | None]
"""All bytes of a message's frames before its body, how many they are, the body's size, the channel, and the opening."""
_NO_MESSAGE: Final[_LastMessage] = (b"", 0, 0, 0, None)


def _whole_message(buffer: bytes, start: int, method_end: int, channel: int, largest: int) -> _LastMessage | None:
    """The message whose ``basic.publish`` begins at *start*, where all of it is there and its body is one frame."""
    header_at = method_end + 1
    if len(buffer) - header_at < FRAME_OVERHEAD + HEADER_MIN_SIZE:
        return None
    kind, number, size = FRAME_HEAD.unpack_from(buffer, header_at)
    header_end = header_at + 7 + size
    body_at = header_end + 1
    if kind != FRAME_HEADER or number != channel or not HEADER_MIN_SIZE <= size <= largest or len(buffer) - body_at < FRAME_OVERHEAD:
        return None
    announced = _ULONG.unpack_from(buffer, header_at + 11)[0]
    kind, number, size = FRAME_HEAD.unpack_from(buffer, body_at)
    end = body_at + 7 + size
    if kind != FRAME_BODY or number != channel or size != announced or not 0 < size <= largest or end >= len(buffer):
        return None
    if buffer[header_end] != FRAME_END or buffer[end] != FRAME_END:
        return None
    opening = Opening(buffer[start + 7 : method_end], buffer[header_at + 7 : header_end])
    return buffer[start : body_at + 7], body_at + 7 - start, size, channel, opening
