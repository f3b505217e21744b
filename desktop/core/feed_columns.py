"""What a column of a feed table shows of a row, and the columns every list of journal events draws from."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from desktop.core.feed_tones import kind_tone
from desktop.core.formatting import date_time, size, time_text
from desktop.core.i18n import N_


class Align(StrEnum):
    """To which edge of its column a cell leans: numbers to the right."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, its width, and what it shows of a row."""

    key: str
    """Its name in settings and, where ``field`` is not given, in the filter language."""
    title: str
    """Marked with ``N_``; translated where it is shown."""
    width: int
    text: Callable[[Any], str]
    align: Align = Align.LEFT
    mono: bool = False
    tone: Callable[[Any], str | None] | None = None
    """Name of a state colour of the theme; a cell with one gets a dot before its word."""
    dim: bool = False
    field: str = ""
    """The filter field that "filter by this value" uses; ``-`` for none."""
    value: Callable[[Any], str] | None = None
    """The value as the filter language and the clipboard want it, where the cell shows a shortened one."""
    hidden: bool = False
    """Offered in the header's menu, but not shown at first."""
    tooltip: Callable[[Any], str] | None = None
    min_width: int = 0
    """Narrower than this only by the user's hand; 0 for two thirds of ``width``."""
    yields: int = 0
    """Where room is short, the column with the highest number steps aside first; 0 for never."""

    grows: bool = False
    """Widened where what it shows does not fit."""

    @property
    def least(self) -> int:
        """The narrowest width in which the column still says something."""
        return self.min_width or self.width * 2 // 3

    @property
    def filter_field(self) -> str:
        """The filter field of this column, or nothing where it has none."""
        return "" if self.field == "-" else self.field or self.key

    def whole(self, row: Any) -> str:
        """The cell's value unshortened: for filters, copies and tool tips."""
        return (self.value or self.text)(row)


def time_column(at: Callable[[Any], int], *, width: int = 104) -> Column:
    """The column every feed begins with: local time to the millisecond."""
    return Column(
        "time",
        N_("Time"),
        width,
        lambda row: time_text(at(row)),
        mono=True,
        dim=True,
        field="-",
        tooltip=lambda row: date_time(at(row)),
        min_width=width,
        grows=True,
    )


TIME: Final = time_column(lambda row: row.at)
KIND: Final = Column("kind", N_("Kind"), 152, lambda row: row.kind, tone=lambda row: kind_tone(row.kind), min_width=148)
CONNECTION: Final = Column("connection", N_("Connection"), 92, lambda row: row.connection, dim=True, yields=7)
SUBJECT: Final = Column("subject", N_("Subject"), 172, lambda row: row.subject, mono=True, min_width=96)
KEY: Final = Column("key", N_("Key"), 96, lambda row: row.key, mono=True, dim=True, yields=5, min_width=80)
STATUS: Final = Column(
    "status",
    N_("Status"),
    104,
    lambda row: row.status,
    tone=lambda row: None if kind_tone(row.kind) else kind_tone(row.kind, row.status),
    min_width=100,
    yields=2,
)
WORKER: Final = Column("worker", N_("Worker"), 92, lambda row: row.worker, dim=True, yields=6)
SIZE: Final = Column(
    "size",
    N_("Size"),
    72,
    lambda row: size(row.size) if row.size else "",
    align=Align.RIGHT,
    value=lambda row: str(row.size),
    tooltip=lambda row: f"{row.size:,} B",
    min_width=66,
    yields=3,
)
PREVIEW: Final = Column("preview", N_("Preview"), 200, lambda row: row.preview, mono=True, dim=True, field="-", min_width=80, yields=1)
TRACE: Final = Column("trace", N_("Trace"), 120, lambda row: row.trace, mono=True, dim=True, hidden=True, yields=9)
JOINED: Final = Column("joined", N_("Joined by"), 110, lambda row: row.joined, dim=True, field="-", hidden=True, yields=9)
SEQ: Final = Column(
    "seq", N_("Number"), 90, lambda row: f"{row.seq:,}", align=Align.RIGHT, value=lambda row: str(row.seq), hidden=True, yields=8
)
EVENT_COLUMNS: Final = (TIME, KIND, CONNECTION, SUBJECT, KEY, STATUS, WORKER, SIZE, TRACE, JOINED, SEQ, PREVIEW)
