"""The tables of a group: how far it is in each partition, and who its members are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionViewItem, QWidget

from desktop.core.formatting import number
from desktop.core.i18n import N_, tr
from desktop.core.kafka_group import assignment_words, member_name
from desktop.views.theme import theme
from desktop.views.widgets.small_table import Cell, SmallColumn, SmallModel, SmallTable
from embedded_server.contracts.kafka import GroupMember, GroupOffset

BAR_PX: Final = 6
BAR_COLUMN: Final = 5


@dataclass(frozen=True, slots=True)
class OffsetRow:
    """A partition, who reads it, and how its lag compares."""

    offset: GroupOffset
    member: str
    share: float
    """Of the largest lag of the group."""


def _figure(value: int | None) -> str:
    return "\u2013" if value is None else number(value)


def _why_no_lag(row: OffsetRow) -> str:
    if row.offset.committed is None:
        return tr("Nothing has been committed here yet")
    if row.offset.start is not None and row.offset.committed < row.offset.start:
        return tr("The committed offset is gone: reading goes on where the group's clients are told to, mostly at the end")
    return row.offset.metadata


OFFSET_COLUMNS: Final = (
    SmallColumn[OffsetRow](N_("Topic"), 140, lambda row: row.offset.topic, mono=True, share=2, tip=lambda row: row.offset.topic),
    SmallColumn[OffsetRow](N_("Partition"), 68, lambda row: str(row.offset.partition), mono=True, right=True),
    SmallColumn[OffsetRow](N_("Committed"), 100, lambda row: _figure(row.offset.committed), mono=True, right=True, tip=_why_no_lag),
    SmallColumn[OffsetRow](N_("End"), 100, lambda row: _figure(row.offset.end), mono=True, right=True),
    SmallColumn[OffsetRow](N_("Lag"), 84, lambda row: _figure(row.offset.lag), mono=True, right=True, tip=_why_no_lag),
    SmallColumn[OffsetRow]("", 72, lambda _row: ""),
    SmallColumn[OffsetRow](
        N_("Member"), 120, lambda row: row.member or tr("nobody"), mono=True, share=2, tip=lambda row: row.offset.member
    ),
)
MEMBER_COLUMNS: Final = (
    SmallColumn[GroupMember](N_("Client"), 120, lambda row: row.client_id or row.id, mono=True, share=2, tip=lambda row: row.id),
    SmallColumn[GroupMember](N_("Host"), 96, lambda row: row.host.lstrip("/"), mono=True, share=1),
    SmallColumn[GroupMember](N_("Instance"), 96, lambda row: row.instance_id or "\u2013", mono=True, share=1),
    SmallColumn[GroupMember](N_("Assignment"), 160, assignment_words, mono=True, share=3, tip=assignment_words),
)


def rows_of(offsets: Sequence[GroupOffset], members: Sequence[GroupMember]) -> list[OffsetRow]:
    """Answer the rows of the offsets, by topic and partition."""
    most = max((offset.lag or 0 for offset in offsets), default=0)
    ordered = sorted(offsets, key=lambda offset: (offset.topic, offset.partition))
    return [OffsetRow(one, member_name(one, members), (one.lag or 0) / most if most else 0.0) for one in ordered]


class OffsetsTable(SmallTable[OffsetRow]):
    """How far the group is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(OFFSET_COLUMNS, name=tr("Offsets"), parent=parent)
        self._bars = LagBar(self)
        self.setItemDelegateForColumn(BAR_COLUMN, self._bars)

    def chosen(self) -> GroupOffset | None:
        """Answer the offset that is chosen."""
        row = self.currentIndex().row()
        rows = self.small_model.rows()
        return rows[row].offset if 0 <= row < len(rows) else None


class MembersTable(SmallTable[GroupMember]):
    """Who is in the group."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(MEMBER_COLUMNS, name=tr("Members"), parent=parent)

    def chosen(self) -> GroupMember | None:
        """Answer the member that is chosen."""
        row = self.currentIndex().row()
        rows = self.small_model.rows()
        return rows[row] if 0 <= row < len(rows) else None


class LagBar(Cell):
    """A bar as long as the lag is, of the largest there is."""

    # -- Qt overrides

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Draw the groove and the bar in it, over what shows that its row is chosen."""
        super().paint(painter, option, index)
        model = index.model()
        rows: list[OffsetRow] = model.rows() if isinstance(model, SmallModel) else []
        if not 0 <= index.row() < len(rows):
            return
        share = rows[index.row()].share
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        room = QRectF(option.rect).adjusted(4, 0, -8, 0)
        groove = QRectF(room.left(), room.center().y() - BAR_PX / 2, room.width(), BAR_PX)
        painter.setBrush(theme().color("line"))
        painter.drawRoundedRect(groove, BAR_PX / 2, BAR_PX / 2)
        if share > 0:
            painter.setBrush(theme().color("accent"))
            painter.drawRoundedRect(
                QRectF(groove.left(), groove.top(), max(BAR_PX, groove.width() * share), BAR_PX), BAR_PX / 2, BAR_PX / 2
            )
        painter.restore()
