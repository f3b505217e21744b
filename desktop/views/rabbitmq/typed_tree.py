"""The rows of typed headers or arguments: a click or a key begins to type, and what is wrong is marked in its cell."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from desktop.core.i18n import tr
from desktop.core.rabbitmq_message import TYPE_WORDS
from desktop.models.rabbitmq_typed_model import FAULT_ROLE, NAME, TYPE, TYPE_ROLE, VALUE, TypedModel
from desktop.views.theme import theme
from desktop.views.widgets.focus_ring import FocusRing
from desktop.views.widgets.form_sheet import MonoLine
from embedded_server.contracts.rabbitmq import FieldType

Index = QModelIndex | QPersistentModelIndex
ROW_PX: Final = 30
"""Room for the fields that edit a cell."""
MOST_ROWS: Final = 10
MOST_OPENED: Final = 500
TYPE_PX: Final = 104
HINTS: Final = {
    FieldType.INTEGER: "42",
    FieldType.FLOAT: "1.5",
    FieldType.DECIMAL: "12.50",
    FieldType.TIMESTAMP: "now, 1795000000, 2026-11-24 14:30",
    FieldType.BYTES: "aGVsbG8=, 0x68656c6c6f",
}


class TypedTree(QTreeView):
    """The rows. A click or a key begins to type; Tab goes from cell to cell, and out of the last one."""

    remove_requested = Signal()

    def __init__(self, model: TypedModel, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._typed = model
        self.setModel(model)
        self.setAccessibleName(name)
        self.setItemDelegate(_Cells(self))
        self.setUniformRowHeights(True)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.AllEditTriggers & ~QAbstractItemView.EditTrigger.CurrentChanged)
        self.setExpandsOnDoubleClick(False)
        header = self.header()
        header.setStretchLastSection(True)
        header.setSectionsMovable(False)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(TYPE, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(NAME, 172)
        header.resizeSection(TYPE, TYPE_PX)
        FocusRing(self)
        self.clicked.connect(self.edit)
        theme().changed.connect(self.viewport().update)

    def visible_rows(self) -> int:
        """Answer how many rows are open to sight, or `MOST_ROWS` where there are more."""
        return self._count(QModelIndex())

    def open_all(self) -> None:
        """Open what holds others, the first of a great many."""
        opened = 0
        waiting = [QModelIndex()]
        while waiting and opened < MOST_OPENED:
            index = waiting.pop(0)
            inner = [self._typed.index(row, NAME, index) for row in range(min(self._typed.rowCount(index), MOST_OPENED))]
            waiting += [child for child in inner if self._typed.is_nested(child)]
            if index.isValid():
                self.expand(index)
                opened += 1

    def _count(self, parent: QModelIndex) -> int:
        rows = self._typed.rowCount(parent)
        for row in range(rows):
            if rows >= MOST_ROWS:
                return MOST_ROWS
            index = self._typed.index(row, NAME, parent)
            if self.isExpanded(index):
                rows += self._count(index)
        return rows

    def _step(self, index: QModelIndex, by: int) -> QModelIndex:
        """The next cell that can be edited, in reading order; none behind the last."""
        while index.isValid():
            column = index.column() + by
            if NAME <= column <= VALUE:
                index = index.siblingAtColumn(column)
            else:
                row = self.indexBelow(index) if by > 0 else self.indexAbove(index)
                index = row.siblingAtColumn(NAME if by > 0 else VALUE)
            if index.isValid() and index.flags() & Qt.ItemFlag.ItemIsEditable:
                return index
        return QModelIndex()

    # -- Qt overrides

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Go from cell to cell while editing."""
        if action is QAbstractItemView.CursorAction.MoveNext:
            return self._step(self.currentIndex(), 1)
        if action is QAbstractItemView.CursorAction.MovePrevious:
            return self._step(self.currentIndex(), -1)
        return super().moveCursor(action, modifiers)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Remove a row; edit a cell by Enter; leave Ctrl+Enter and Tab to the form."""
        key = event.key()
        if key == Qt.Key.Key_Delete:
            self.remove_requested.emit()
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.modifiers():
            if self.state() is not QAbstractItemView.State.EditingState:  # else it is the Enter that ends the editing
                self.edit(self.currentIndex())
        elif key in {Qt.Key.Key_Left, Qt.Key.Key_Right} and not event.modifiers() and self._moved(1 if key == Qt.Key.Key_Right else -1):
            event.accept()
        else:
            super().keyPressEvent(event)

    def _moved(self, by: int) -> bool:
        """Whether the arrow went to the next cell of the row; at its ends it opens and closes."""
        index = self.currentIndex()
        column = index.column() + by
        if not index.isValid() or not NAME <= column <= VALUE:
            return False
        self.setCurrentIndex(index.siblingAtColumn(column))
        return True


class _Cells(QStyledItemDelegate):
    """Draws a cell, with a wave under what is wrong, and edits it with what its type asks for."""

    # -- Qt overrides

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, index: Index) -> QWidget:
        """A choice for types and booleans, a line for the rest; what is typed counts at once."""
        type_ = index.data(TYPE_ROLE)
        if index.column() == TYPE:
            return self._choice(parent, [(word.value, tr(text)) for word, text in TYPE_WORDS.items()], tr("Type"))
        if index.column() == VALUE and type_ == FieldType.BOOLEAN:  # a model hands its enums out as plain text
            return self._choice(parent, [("true", "true"), ("false", "false")], tr("Value"))
        line = MonoLine(parent)
        line.setFrame(False)
        line.setPlaceholderText("x-retries" if index.column() == NAME else HINTS.get(type_, ""))
        line.setAccessibleName(tr("Name") if index.column() == NAME else tr("Value"))
        line.textEdited.connect(lambda: self.commitData.emit(line))
        return line

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Show the cell's text, unless that is what was just typed."""
        value = str(index.data(Qt.ItemDataRole.EditRole))
        if isinstance(editor, QComboBox):
            editor.setCurrentIndex(max(0, editor.findData(value)))
        elif isinstance(editor, QLineEdit) and editor.text() != value:
            editor.setText(value)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """Take it."""
        value = editor.currentData() if isinstance(editor, QComboBox) else editor.text() if isinstance(editor, QLineEdit) else ""
        model.setData(index, value)

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        """Ctrl+Enter is the form's, also while a cell is edited; Escape ends the cell first, and not the form."""
        if isinstance(event, QKeyEvent):
            if event.type() is QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
            if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                return False
        return super().eventFilter(editor, event)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Answer a row's height."""
        return QSize(super().sizeHint(option, index).width(), ROW_PX)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:
        """Fill the cell."""
        area: QRect = option.rect
        editor.setGeometry(area)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw the text, dim where it is not typed, and what is wrong."""
        opt: Any = option  # the stubs leave its fields out
        painter.save()
        if opt.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(opt.rect, theme().selection())
        inner = opt.rect.adjusted(4, 0, -4, 0)
        fault = index.data(FAULT_ROLE)
        fixed = not index.flags() & Qt.ItemFlag.ItemIsEditable
        tone = "bad" if fault else "dim" if fixed or index.column() == TYPE else "text"
        painter.setFont(theme().font() if index.column() == TYPE else theme().mono_font())
        text = str(index.data() or "").split("\n", 1)[0][:400]
        if fixed and index.column() == NAME:
            text = str(index.row())
        if not text and index.column() == NAME:
            text, tone = tr("name"), "bad" if fault else "dim"
        painter.setPen(theme().color(tone))
        fitted = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, fitted)
        if fault:
            painter.setPen(QPen(theme().color("bad"), 1, Qt.PenStyle.DashLine))
            width = min(max(painter.fontMetrics().horizontalAdvance(fitted), 24), inner.width())
            painter.drawLine(inner.left(), inner.bottom() - 3, inner.left() + width, inner.bottom() - 3)
        painter.restore()

    def _choice(self, parent: QWidget, choices: Sequence[tuple[str, str]], name: str) -> QComboBox:
        box = QComboBox(parent)
        box.setAccessibleName(name)
        for key, word in choices:
            box.addItem(word, key)
        box.activated.connect(lambda: self.commitData.emit(box))
        return box
