"""The columns of a stream's frames."""

from typing import Final

from desktop.core.feed_columns import KEY, PREVIEW, SEQ, SIZE, TIME, TRACE, Column
from desktop.core.i18n import N_, tr
from embedded_server.contracts.events import Kind, Row
from embedded_server.contracts.streams import COMMENT_STATUS

_DIRECTIONS: Final = {
    Kind.SSE_EVENT.value: N_("← received"),
    Kind.WS_RECEIVED.value: N_("← received"),
    Kind.WS_SENT.value: N_("→ sent"),
    Kind.SSE_OPENED.value: N_("opened"),
    Kind.WS_OPENED.value: N_("opened"),
    Kind.SSE_CLOSED.value: N_("closed"),
    Kind.WS_CLOSED.value: N_("closed"),
}
_TONES: Final = {
    Kind.SSE_OPENED.value: "ok",
    Kind.WS_OPENED.value: "ok",
    Kind.WS_SENT.value: "run",
}
_GOOD_ENDS: Final = frozenset({"closed", "1000"})
_CLOSED: Final = frozenset({Kind.SSE_CLOSED.value, Kind.WS_CLOSED.value})


def direction(row: Row) -> str:
    """Answer which way a frame went, in words."""
    if row.status == COMMENT_STATUS:
        return tr("← comment")
    return tr(_DIRECTIONS.get(row.kind, row.kind))


def direction_tone(row: Row) -> str | None:
    """Answer its state colour: none for what merely came."""
    if row.kind in _CLOSED:
        return "wait" if row.status in _GOOD_ENDS else "bad"
    return _TONES.get(row.kind)


def event_name(row: Row) -> str:
    """Answer the event's name, the frame's type or the close code."""
    return "" if row.status == COMMENT_STATUS else row.status


DIRECTION: Final = Column("direction", N_("Direction"), 104, direction, tone=direction_tone, field="-", min_width=104)
EVENT: Final = Column("status", N_("Event"), 112, event_name, mono=True, value=lambda row: row.status, min_width=108, yields=2)
STREAM_COLUMNS: Final = (TIME, DIRECTION, EVENT, KEY, SIZE, TRACE, SEQ, PREVIEW)
