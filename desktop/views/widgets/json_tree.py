"""A tree of a JSON value: opened as far as wanted, copied by value or by path."""

from typing import Any, Final, cast

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QHeaderView, QMenu, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView, QWidget

from desktop.core.i18n import tr
from desktop.core.json_text import JsonKind, NotJson, Span, root_of
from desktop.models.feed_json_model import KIND_ROLE, JsonModel
from desktop.views.theme import theme
from desktop.views.widgets.focus_ring import FocusRing
from desktop.views.widgets.row_keys import RowKeys
from embedded_server.contracts.concurrency import Notify

ROW_PX: Final = 22
OPENED_ROWS: Final = 40
"""A value with fewer lines is shown wholly open."""

FITTED_ROWS: Final = 60
"""The column of keys fits so many rows beside those in sight: to look at Qt's 1,000 took 40 ms, after each slice that arrived."""

_TONES: Final = {JsonKind.NUMBER: "accent", JsonKind.WORD: "accent", JsonKind.OBJECT: "dim", JsonKind.ARRAY: "dim"}


class JsonTree(QTreeView):
    """Shows JSON text. Numbers stand as they were written."""

    path_filter_requested = Signal(str, str)
    """The user wants events with this value at this path: path and raw value."""

    def __init__(self, *, notify: Notify, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        RowKeys(self)
        FocusRing(self)
        self._model = JsonModel(notify=notify, parent=self)
        self.setModel(self._model)
        self.setItemDelegate(_JsonDelegate(self))
        self.setUniformRowHeights(True)
        self.setIndentation(14)
        self.setHeaderHidden(True)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.setAccessibleName(tr("Body as a tree"))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu_requested)
        header = self.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(0, 150)
        header.setResizeContentsPrecision(FITTED_ROWS)
        self._model.slice_arrived.connect(self._fit_keys)
        self.expanded.connect(self._fit_keys)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        theme().changed.connect(self.viewport().update)

    def set_json(self, text: str) -> bool:
        """Show *text*; False, and an empty tree, where it is no JSON."""
        try:
            root = root_of(text)
        except NotJson:
            self.set_root("", None)
            return False
        self.set_root(text, root)
        return True

    def set_root(self, text: str, root: Span | None) -> None:
        """Show the value at *root* of *text*."""
        self._model.set_text(text, root)
        if len(text) < 4000 and text.count(",") + text.count("{") + text.count("[") < OPENED_ROWS:
            self._open_below(QModelIndex())
        self._fit_keys()

    @property
    def json_model(self) -> JsonModel:
        """The model, with its own type."""
        return self._model

    def copy_value(self) -> None:
        """Copy the current value as it stands in the text; a string without its quotes."""
        index = self.currentIndex()
        if index.isValid():
            is_string = index.data(KIND_ROLE) == JsonKind.STRING
            value = str(index.siblingAtColumn(1).data()) if is_string and len(self._model.raw(index)) < 4000 else self._model.raw(index)
            QGuiApplication.clipboard().setText(value)

    def copy_path(self) -> None:
        """Copy the path of the current value."""
        if self.currentIndex().isValid():
            QGuiApplication.clipboard().setText(self._model.path(self.currentIndex()))

    def _open_below(self, index: QModelIndex, depth: int = 12) -> None:
        """Open a node and what is in it; Qt's own way opens only what has been found already."""
        if self._model.canFetchMore(index):
            self._model.fetchMore(index)
        self.expand(index)
        for row in range(self._model.rowCount(index) if depth else 0):
            child = self._model.index(row, 0, index)
            if self._model.hasChildren(child):
                self._open_below(child, depth - 1)

    def _fit_keys(self) -> None:
        self.resizeColumnToContents(0)
        self.header().resizeSection(0, min(self.header().sectionSize(0) + 8, max(120, self.width() // 2)))

    def _on_scrolled(self, value: int) -> None:
        """Ask for more of each node whose last known child is in sight, and of the root somewhat before."""
        if value >= self.verticalScrollBar().maximum() - self.viewport().height():
            self._model.find_more(QModelIndex())
        index = self.indexAt(QPoint(4, 0))
        for _ in range(self.viewport().height() // ROW_PX + 2):
            if not index.isValid():
                break
            parent = index.parent()
            if index.row() == self._model.rowCount(parent) - 1:
                self._model.find_more(parent)
            index = self.indexBelow(index)

    def _on_menu_requested(self, where: QPoint) -> None:
        index = self.indexAt(where)
        if not index.isValid():
            return
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction(tr("Copy the value")).triggered.connect(self.copy_value)
        menu.addAction(tr("Copy the path")).triggered.connect(self.copy_path)
        if index.data(KIND_ROLE) not in {JsonKind.OBJECT, JsonKind.ARRAY}:
            path, raw = self._model.path(index), self._model.raw(index)
            find = menu.addAction(tr("Only events with this value here"))
            find.triggered.connect(lambda: self.path_filter_requested.emit(path, raw))
        menu.addSeparator()
        menu.addAction(tr("Open all below")).triggered.connect(lambda: self._open_below(index, 4))
        menu.addAction(tr("Close all")).triggered.connect(self.collapseAll)
        menu.popup(self.viewport().mapToGlobal(where))

    # -- Qt overrides

    def drawBranches(self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        """The selection's colour reaches to the left edge."""
        if self.selectionModel().isSelected(cast("QModelIndex", index)):
            painter.fillRect(rect, theme().selection())
        super().drawBranches(painter, rect, index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_value()
        else:
            super().keyPressEvent(event)


class _JsonDelegate(QStyledItemDelegate):
    """Keys plain, values in the colour of their kind, all in the monospaced font."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        opt: Any = option  # the stubs leave its fields out
        rect = opt.rect
        if opt.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme().selection())
        painter.setFont(theme().mono_font())
        inner = rect.adjusted(4, 0, -4, 0)
        text = str(index.data())
        if index.column() == 0:
            painter.setPen(theme().color("text"))
        else:
            painter.setPen(theme().color(_TONES.get(index.data(KIND_ROLE), "text")))
        first_line = text.split("\n", 1)[0] + ("…" if "\n" in text else "")
        fitted = painter.fontMetrics().elidedText(first_line[:400], Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, fitted)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        hint = super().sizeHint(option, index)
        return QSize(hint.width() + 12, ROW_PX)
