"""Messages of one queue that wait far from its head, several hundred at a time: packed, on disk, or merely numbers into the store.

A waiting message as objects weighs four times its body; packed it weighs hardly more than the body. A segment is unpacked whole when its
turn comes.
"""

import marshal
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Protocol

from embedded_server.brokers.amqp.message import NEVER, Entry, Message
from embedded_server.brokers.amqp.pages import Page, Pages
from embedded_server.brokers.amqp.properties import Properties

SEGMENT_MESSAGES: Final = 512
SEGMENT_BYTES: Final = 256 * 1024
PACKED_BODY_BYTES: Final = 4096
"""Where bodies are larger on average, packing would copy much and save little."""

Numbers = Sequence[int]


class Segment(Protocol):
    """Entries in order, out of the way."""

    @property
    def stored(self) -> Numbers:
        """Which of its messages the store keeps, by number."""
        ...

    def __len__(self) -> int:
        """How many messages it holds."""
        ...

    def entries(self) -> Iterable[Entry]:
        """All of them; the segment stays as it is. Raises ``OSError`` or ``StoreFailed`` where they cannot be read."""
        ...

    def drop(self) -> None:
        """Let go of what they take up."""
        ...


class Kept(Protocol):
    """What reads a queue's stored messages back."""

    def entries(self, numbers: Numbers) -> list[Entry]:
        """The messages *numbers*, in order. Raises ``StoreFailed`` where they cannot be read."""
        ...


class PackedSegment:
    """Messages as one string of bytes, in memory or in a file."""

    __slots__ = ("_count", "_page", "stored")

    def __init__(self, entries: Sequence[Entry], pages: Pages) -> None:
        self._count = len(entries)
        self.stored: Numbers = _stored(entries)
        self._page: Page = pages.put(packed(entries))

    def __len__(self) -> int:
        return self._count

    def entries(self) -> Iterable[Entry]:
        """Unpack them."""
        return unpacked(self._page.read())

    def drop(self) -> None:
        """Let go of the bytes."""
        self._page.drop()


class LooseSegment:
    """Messages with large bodies, as they are."""

    __slots__ = ("_entries", "_pages", "_size")

    def __init__(self, entries: Sequence[Entry], size: int, pages: Pages) -> None:
        self._entries = entries
        self._size = size
        self._pages = pages
        pages.memory_bytes += size

    @property
    def stored(self) -> Numbers:
        """Which of its messages the store keeps, by number."""
        return _stored(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def entries(self) -> Iterable[Entry]:
        """The very objects."""
        return self._entries

    def drop(self) -> None:
        """They count no longer."""
        self._pages.memory_bytes -= self._size


class StoredSegment:
    """Messages that the store keeps anyway: their numbers are enough."""

    __slots__ = ("_kept", "stored")

    def __init__(self, numbers: Numbers, kept: Kept) -> None:
        self.stored = numbers
        self._kept = kept

    def __len__(self) -> int:
        return len(self.stored)

    def entries(self) -> Iterable[Entry]:
        """Read them back."""
        return self._kept.entries(self.stored)

    def drop(self) -> None:
        """They take up nothing but the numbers."""


class Shelf:
    """Puts the waiting messages of one queue away, in the way that suits them."""

    __slots__ = ("_kept", "_pages", "messages")

    def __init__(self, pages: Pages | None = None, kept: Kept | None = None, *, messages: int = SEGMENT_MESSAGES) -> None:
        self._pages = pages or Pages()
        self._kept = kept
        self.messages = messages
        """How many make a segment, where their bodies are small."""

    def put(self, entries: Sequence[Entry], size: int) -> Segment:
        """Put *entries* away, whose bodies have *size* bytes together."""
        large = size > len(entries) * PACKED_BODY_BYTES
        has_room = self._pages.has_room(size)
        if large and has_room:
            return LooseSegment(entries, size, self._pages)
        if not has_room and self._kept is not None and all(entry.stored and not entry.redelivered for entry in entries):
            return StoredSegment(_numbers(entries), self._kept)
        return PackedSegment(entries, self._pages)

    def kept(self, numbers: Numbers, sizes: Numbers) -> Iterator[Segment]:
        """The segments of messages that the store has kept over a restart."""
        assert self._kept is not None
        start, size = 0, 0
        for end, one in enumerate(sizes, 1):
            size += one
            if end - start >= self.messages or size >= SEGMENT_BYTES or end == len(sizes):
                yield StoredSegment(numbers[start:end], self._kept)
                start, size = end, 0


def packed(entries: Sequence[Entry]) -> bytes:
    """*entries* as bytes. What many share, such as a header, is in there once."""
    messages = [entry.message for entry in entries]
    kinds = {message.properties: tuple(message.properties) for message in messages}
    special = [(entry.priority, entry.expires_at, entry.redelivered, entry.stored) for entry in entries if _is_special(entry)]
    if special:
        special = [(entry.priority, entry.expires_at, entry.redelivered, entry.stored) for entry in entries]
    return marshal.dumps(
        (
            [message.id for message in messages],
            [message.exchange for message in messages],
            [message.routing_key for message in messages],
            [message.header for message in messages],
            [message.body for message in messages],
            [kinds[message.properties] for message in messages] if len(kinds) > 1 else list(kinds.values()),
            special,
        )
    )


def unpacked(data: bytes) -> list[Entry]:
    """What ``packed`` made bytes of, by this very process."""
    numbers, exchanges, keys, headers, bodies, kinds, special = marshal.loads(data)  # noqa: S302 - our own bytes, in a file only we may write
    properties = [Properties(*kind) for kind in kinds]
    entries: list[Entry] = []
    for number, exchange, key, header, body, one in zip(
        numbers, exchanges, keys, headers, bodies, properties * len(numbers) if len(kinds) == 1 else properties, strict=True
    ):
        message = Message(exchange, key, header, body, one)
        message.id = number
        entries.append(Entry(message))
    for entry, (priority, expires_at, redelivered, stored) in zip(entries, special, strict=False):
        entry.priority, entry.expires_at, entry.redelivered, entry.stored = priority, expires_at, redelivered, stored
    return entries


def _is_special(entry: Entry) -> bool:
    return entry.stored or entry.redelivered or entry.priority != 0 or entry.expires_at != NEVER


def _stored(entries: Iterable[Entry]) -> Numbers:
    return _numbers(entry for entry in entries if entry.stored)


def _numbers(entries: Iterable[Entry]) -> Numbers:
    return array("Q", (entry.message.id for entry in entries))
