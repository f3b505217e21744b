"""A table for some dozens of rows held in memory: a task's steps, the workers. Feeds have their own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTableView, QWidget

from desktop.core.i18n import tr
from desktop.views.theme import ROW_PX, theme
from desktop.views.widgets.focus_ring import FocusRing
from desktop.views.widgets.row_keys import RowKeys

Index = QModelIndex | QPersistentModelIndex
R = TypeVar("R")
DOT_PX = 7
LEAST_COLUMN_PX = 56
NO_INDEX = QModelIndex()


@dataclass(frozen=True)
class SmallColumn(Generic[R]):
    """One column: title marked with ``N_``, width (0 takes what is left), and what it shows of a row.

    With *share* it takes so many parts of the room that the widths leave, and gives as many where they need more than there is.
    """

    title: str
    width: int
    text: Callable[[R], str]
    tone: Callable[[R], str] | None = None
    mono: bool = False
    right: bool = False
    tip: Callable[[R], str] | None = None
    share: int = 0


class SmallModel(QAbstractTableModel, Generic[R]):
    """Rows as they were given; a new list of the same length only repaints, so that the selection stays."""

    def __init__(self, columns: Sequence[SmallColumn[R]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._rows: list[R] = []

    def rows(self) -> list[R]:
        """Answer what is shown."""
        return self._rows

    def set_rows(self, rows: Sequence[R]) -> None:
        """Show *rows*; those that follow what is shown already are appended."""
        before = len(self._rows)
        if len(rows) < before:
            self.beginResetModel()
            self._rows = list(rows)
            self.endResetModel()
            return
        if len(rows) > before:
            self.beginInsertRows(NO_INDEX, before, len(rows) - 1)
            self._rows = list(rows)
            self.endInsertRows()
        self._rows = list(rows)
        if before:
            self.dataChanged.emit(self.index(0, 0), self.index(before - 1, len(self._columns) - 1))

    # -- Qt overrides

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        """Answer how many rows there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NO_INDEX) -> int:
        """Answer how many columns there are."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Answer a cell's text, colour, font or dot."""
        if not index.isValid():
            return None
        column, row = self._columns[index.column()], self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().color(column.tone(row)) if column.tone else None
        if role == Qt.ItemDataRole.DecorationRole:
            return _dot(column.tone(row), theme().is_dark) if column.tone else None
        if role == Qt.ItemDataRole.FontRole:
            return theme().mono_font() if column.mono else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip(row) if column.tip else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return Qt.AlignmentFlag.AlignVCenter | side
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Answer a column's title."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(column.title)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return Qt.AlignmentFlag.AlignVCenter | side
        return None


class SmallTable(QTableView, Generic[R]):
    """Shows a `SmallModel` without grid lines, whole rows selectable."""

    def __init__(self, columns: Sequence[SmallColumn[R]], *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.small_model: SmallModel[R] = SmallModel(columns, self)
        self._columns = tuple(columns)
        self.setModel(self.small_model)
        self.setAccessibleName(name)
        self.setItemDelegate(Cell(self))
        self.setIconSize(QSize(DOT_PX, DOT_PX))
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows = self.verticalHeader()
        rows.setVisible(False)
        rows.setMinimumSectionSize(ROW_PX)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_PX)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        for number, column in enumerate(columns):
            if column.width:
                self.setColumnWidth(number, column.width)
            else:
                head.setSectionResizeMode(number, QHeaderView.ResizeMode.Stretch)
        RowKeys(self)
        FocusRing(self)
        theme().changed.connect(self.viewport().update)

    def set_rows(self, rows: Sequence[R]) -> None:
        """Show *rows*."""
        self.small_model.set_rows(rows)

    def hide_column(self, number: int, *, hidden: bool) -> None:
        """Leave a column out, or show it again; the others share its room."""
        self.setColumnHidden(number, hidden)
        self._share_out()

    def _share_out(self) -> None:
        """Give the columns that share their parts of the room, or take them."""
        shown = [(number, column) for number, column in enumerate(self._columns) if not self.isColumnHidden(number)]
        parts = sum(column.share for _, column in shown)
        if parts:
            left = self.viewport().width() - sum(column.width for _, column in shown)
            for number, column in shown:
                if column.share:
                    self.setColumnWidth(number, max(LEAST_COLUMN_PX, column.width + left * column.share // parts))

    # -- Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room out anew."""
        super().resizeEvent(event)
        self._share_out()


class Cell(QStyledItemDelegate):
    """A cell whose state colour stays readable where its row is chosen."""

    # -- Qt overrides

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the ground of a chosen row, and on it the cell as it is otherwise."""
        opt: Any = QStyleOptionViewItem(option)  # the stubs leave its fields out
        if opt.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(opt.rect, theme().selection())
            opt.state &= ~QStyle.StateFlag.State_Selected
        super().paint(painter, opt, index)


@cache
def _dot(tone: str, _dark: bool) -> QIcon:
    pixmap = QPixmap(DOT_PX * 2, DOT_PX * 2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().color(tone))
    painter.drawEllipse(QRectF(0, 0, DOT_PX * 2, DOT_PX * 2))
    painter.end()
    pixmap.setDevicePixelRatio(2)
    return QIcon(pixmap)
