"""Before and after of each partition's offset, with the lag it will have; what was clamped, or cannot be set, is said."""

from typing import Final

from PySide6.QtWidgets import QWidget

from desktop.core.formatting import number
from desktop.core.i18n import N_, tr
from desktop.core.kafka_group import move_words
from desktop.core.problems import hint_of, title_of
from desktop.views.widgets.small_table import SmallColumn, SmallTable
from embedded_server.contracts.kafka import OffsetChange


def _note(change: OffsetChange) -> str:
    if change.problem is not None:
        return title_of(change.problem)
    if change.clamped:
        return tr("clamped")
    return ""


def _note_tip(change: OffsetChange) -> str:
    if change.problem is not None:
        return f"{title_of(change.problem)}\n{hint_of(change.problem)}"
    there = tr("There is {start} … {end}", start=number(change.start), end=number(change.end))
    return tr("The wish lay outside of what is there. {there}", there=there) if change.clamped else there


def _before(change: OffsetChange) -> str:
    return "\u2013" if change.before is None else number(change.before)


COLUMNS: Final = (
    SmallColumn[OffsetChange](N_("Topic"), 72, lambda row: row.topic, mono=True, share=2, tip=lambda row: row.topic),
    SmallColumn[OffsetChange](N_("Partition"), 64, lambda row: str(row.partition), mono=True, right=True),
    SmallColumn[OffsetChange](N_("Before"), 84, _before, mono=True, right=True),
    SmallColumn[OffsetChange](N_("Afterwards"), 88, lambda row: number(row.after), mono=True, right=True),
    SmallColumn[OffsetChange](N_("Moves"), 72, move_words, mono=True, right=True),
    SmallColumn[OffsetChange](N_("Lag after"), 92, lambda row: number(row.lag_after), mono=True, right=True),
    SmallColumn[OffsetChange]("", 56, _note, share=3, tip=_note_tip),
)


class ChangesTable(SmallTable[OffsetChange]):
    """Rows in the server's order: by topic and partition."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(COLUMNS, name=tr("Before and after"), parent=parent)
