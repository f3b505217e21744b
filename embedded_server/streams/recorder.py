"""Turns what a stream does into journal events and figures. The journal slows the stream, never the other way round."""

import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

import orjson

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.streams import COMMENT_STATUS, FrameType
from embedded_server.core.meter import RateMeter
from embedded_server.journal import Journal, make_event
from embedded_server.streams.masking import SHORT_MASK, mask_headers
from embedded_server.streams.sse_parser import SseComment, SseEvent
from embedded_server.streams.trace import trace_of

REMEMBERED_IDS: Final = 10_000
"""Ids looked through for events that come again after a resume."""


class Recorder:
    """The journal's view of one stream; its name is the connection, its URL the subject."""

    def __init__(self, journal: Journal, name: str, subject: str) -> None:
        self._journal = journal
        self._name = name
        self.subject = subject
        self._meter = RateMeter()
        self.received = 0
        self.sent = 0
        self.bytes = 0
        self.duplicates = 0
        self._ids: deque[str] = deque(maxlen=REMEMBERED_IDS)
        self._before: frozenset[str] = frozenset()

    @property
    def rate(self) -> float:
        """Frames a second."""
        return self._meter.rate()

    def opened(self, kind: Kind, status: str, headers: Mapping[str, str], *, resumed: bool = False) -> None:
        """Note that the connection stands; after a resume, look out for events that come again."""
        self._before = frozenset(self._ids) if resumed else frozenset()
        self._ids.clear()
        shown = orjson.dumps(mask_headers(headers, SHORT_MASK))
        self._journal.append(self._event(kind, status=status, headers=shown, preview="resumed" if resumed else ""))

    def closed(self, kind: Kind, status: str, reason: str) -> None:
        """Note why it ended."""
        self._journal.append(self._event(kind, status=status, preview=reason[:256]))

    async def sse(self, items: Iterable[SseEvent | SseComment]) -> None:
        """Keep what a chunk of an event stream held; waits while the journal has no room."""
        events = [self._comment(item) if isinstance(item, SseComment) else self._sse_event(item) for item in items]
        if events:
            await self._journal.room()
            self._journal.append_many(events)

    async def frame(self, message: str | bytes, id_: str = "") -> None:
        """Keep a WebSocket message that came, with its id where it is the hub's; waits while the journal has no room."""
        body, status = (message.encode(), FrameType.TEXT) if isinstance(message, str) else (message, FrameType.BINARY)
        self.received += 1
        self._count(len(body))
        await self._journal.room()
        self._note_id(id_)
        self._journal.append(self._event(Kind.WS_RECEIVED, status=status, key=id_, body=body))

    def frame_sent(self, body: bytes, type_: FrameType) -> None:
        """Keep a WebSocket message that was sent."""
        self.sent += 1
        self._count(len(body))
        self._journal.append(self._event(Kind.WS_SENT, status=type_, body=body))

    def _sse_event(self, item: SseEvent) -> Event:
        body = item.data.encode()
        self.received += 1
        self._count(len(body) + item.left_out)
        if item.own_id:
            self._note_id(item.id)
        event = self._event(Kind.SSE_EVENT, status=item.name, key=item.id, body=body)
        return event._replace(size=len(body) + item.left_out) if item.left_out else event

    def _comment(self, item: SseComment) -> Event:
        return self._event(Kind.SSE_EVENT, status=COMMENT_STATUS, body=item.text.encode())

    def _note_id(self, id_: str) -> None:
        if id_:
            self.duplicates += id_ in self._before
            self._ids.append(id_)

    def _count(self, size: int) -> None:
        self.bytes += size
        self._meter.add()

    def _event(
        self, kind: Kind, *, status: str, key: str = "", body: bytes = b"", headers: bytes = b"", preview: str | None = None
    ) -> Event:
        trace, joined = trace_of(body)
        return make_event(
            kind,
            self.subject,
            connection=self._name,
            at=time.time_ns(),
            key=key,
            status=status,
            body=body,
            headers=headers,
            trace=trace,
            joined=joined,
            preview=preview,
        )
