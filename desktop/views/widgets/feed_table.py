"""The live table: fixed rows, painted by `FeedPainter`, at its tail only while the user is there, steady under the eye otherwise."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

from PySide6.QtCore import QItemSelectionModel, QItemSelectionRange, QModelIndex, QPersistentModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QAbstractScrollArea, QHeaderView, QTableView, QWidget

from desktop.core.i18n import tr
from desktop.models.feed_model import FeedModel
from desktop.views.theme import ROW_PX, theme
from desktop.views.widgets.feed_painter import FeedPainter, Place
from desktop.views.widgets.feed_pill import NewsPill
from desktop.views.widgets.focus_ring import FocusRing
from embedded_server.contracts.feeds import Tick

_ROOT: Final = QModelIndex()
_STEPS: Final = {Qt.Key.Key_J: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_K: -1, Qt.Key.Key_Up: -1}


class FeedTable(QTableView):
    """A table over a `FeedModel`. Hand it each tick with `take_tick`: one model update, one scroll, one paint."""

    row_selected = Signal(object)
    """The current row's content, once it is known; None where there is none."""
    opened = Signal()
    """Enter or a double click: show the detail."""
    copy_requested = Signal()
    menu_requested = Signal(QModelIndex, QPoint)
    """Where, and the global position for a context menu."""
    tail_requested = Signal()
    """The user wants to be where the news is."""
    pause_requested = Signal()
    news_changed = Signal(int)
    """Rows that came in while the user was away from the tail."""

    def __init__(self, model: FeedModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._following = True
        self._moving = False
        """The table scrolls by itself now: this says nothing about where the user wants to be."""
        self._shift = 0
        self._seen = 0
        self._awaited = -1
        self._shown: Any = None
        self._from_end = 0
        self.setModel(model)
        self._painter = FeedPainter(model, self)
        self.setItemDelegate(self._painter)
        self.pill = NewsPill(self.viewport())
        self.pill.clicked.connect(self.tail_requested)
        FocusRing(self)
        self._set_up_looks()
        self._set_up_header()
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.selectionModel().currentRowChanged.connect(self._on_current_changed)
        model.rowsInserted.connect(self._on_inserted)
        model.rowsRemoved.connect(self._on_removed)
        model.modelAboutToBeReset.connect(self._on_about_to_reset)
        model.rows_loaded.connect(self._on_loaded)
        self.doubleClicked.connect(lambda _index: self.opened.emit())
        theme().changed.connect(self._follow_theme)

    def _set_up_looks(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setAccessibleName(tr("Events"))
        self.viewport().setMouseTracking(False)  # no hover: a flood repaints often enough
        self.verticalScrollBar().setSingleStep(ROW_PX)

    def _set_up_header(self) -> None:
        # Fixed and hidden: with any other mode Qt keeps eight bytes for each of ten million rows and measures them.
        rows = self.verticalHeader()
        rows.hide()
        rows.setMinimumSectionSize(ROW_PX)
        rows.setDefaultSectionSize(ROW_PX)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        columns = self.horizontalHeader()
        columns.setSectionsMovable(True)
        columns.setStretchLastSection(True)
        columns.setHighlightSections(False)
        # Of the table's own it would ask at each paint whether every row is selected: with all of ten million, for minutes.
        columns.setSelectionModel(QItemSelectionModel(self._model, columns))
        columns.setMinimumSectionSize(40)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        columns.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    # -- what the feed view says

    def take_tick(self, tick: Tick) -> None:
        """Show what a tick brought: at the tail follow it, elsewhere keep the same rows under the eye."""
        self._moving = True
        self._shift = 0
        try:
            self._model.apply_tick(tick)
            self._settle()
        finally:
            self._moving = False
        self._report_visible()
        self._count_news()

    def set_paused(self, paused: bool) -> None:
        """Hold the rows still, or catch up."""
        self._moving = True
        self._shift = 0
        try:
            self._model.set_paused(paused)
            self._settle()
        finally:
            self._moving = False
        self._report_visible()
        self._count_news()

    def go_to_tail(self) -> None:
        """Show the newest row, and follow it from now on."""
        self._following = True
        self._scroll_to_end()
        self._count_news()

    def set_dimmed(self, dimmed: bool) -> None:
        """Show that the rows are kept from before."""
        self._painter.set_dimmed(dimmed)
        self.viewport().update()

    @property
    def feed_model(self) -> FeedModel:
        """The model, with its own type."""
        return self._model

    @property
    def is_following(self) -> bool:
        """Whether the user is at the tail."""
        return self._following

    def selected_rows(self) -> Iterator[int]:
        """Answer the selected rows from the top, without a list of ten million."""
        for top, bottom in sorted((r.top(), r.bottom()) for r in self._selected_ranges()):
            yield from range(top, bottom + 1)

    def selected_count(self) -> int:
        """How many rows are selected."""
        return sum(r.height() for r in self._selected_ranges())

    def visible_rows(self) -> tuple[int, int]:
        """The first and the last row in sight, also where only a part of it is."""
        offset = self.verticalOffset()
        return offset // ROW_PX, (offset + self.viewport().height() - 1) // ROW_PX

    # -- the inside

    def _selected_ranges(self) -> list[QItemSelectionRange]:
        return list(cast("Iterable[QItemSelectionRange]", self.selectionModel().selection()))

    def _settle(self) -> None:
        if self._following or 0 < self._model.rowCount() * ROW_PX <= self.viewport().height():
            self._following = True  # where all are in sight, that is the tail
            self._scroll_to_end()
        elif self._shift or self._from_end:
            bar = self.verticalScrollBar()
            wanted = bar.value() + self._shift * ROW_PX
            self.executeDelayedItemsLayout()
            self.updateGeometries()
            bar.setValue(bar.maximum() - self._from_end if self._from_end else wanted)
            self._from_end = 0

    def _scroll_to_end(self) -> None:
        before, self._moving = self._moving, True
        self.scrollToBottom()
        self._moving = before
        if not before:
            self._report_visible()

    def _report_visible(self) -> None:
        self._model.look_at(*self.visible_rows(), prefetch=not self._following)

    def _count_news(self) -> None:
        if self._following and not self._model.news:
            self._seen = self._model.rowCount()
        news = self._model.news + self._model.rowCount() - self._seen
        self.pill.set_count(news)
        self.news_changed.emit(news)

    def _on_scrolled(self, value: int) -> None:
        if self._moving:
            return
        at_tail = value >= self.verticalScrollBar().maximum()
        if at_tail != self._following:
            self._following = at_tail
            if not at_tail:
                self._seen = self._model.rowCount()
        self._report_visible()
        self._count_news()

    def _on_inserted(self, _parent: QModelIndex, first: int, last: int) -> None:
        if first == 0 and last + 1 < self._model.rowCount():
            self._shift += last + 1
            self._seen += last + 1

    def _on_removed(self, _parent: QModelIndex, first: int, last: int) -> None:
        if first > 0:
            return  # at the end: nothing above moves
        self._shift -= last - first + 1
        self._seen = max(0, self._seen - (last - first + 1))

    def _on_about_to_reset(self) -> None:
        """The same query on a new connection: whoever read further up finds himself about there again."""
        self._awaited = -1
        self._from_end = 0 if self._following else self.verticalScrollBar().maximum() - self.verticalScrollBar().value()
        self._seen = 0

    def _on_current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self._awaited = current.row()
            self._announce()

    def _on_loaded(self, first: int, last: int) -> None:
        current = self.currentIndex().row()
        if current < 0 or not first <= current <= last:
            return
        if self._awaited != current and self._is_another(current):
            self._follow_shown(first, last)
        else:
            self._awaited = current
            self._announce()

    def _is_another(self, row: int) -> bool:
        """Whether another row than the one shown has moved to *row*: rows before it have left."""
        content = self._model.row_at(row)
        return content is not None and self._shown is not None and content[0] != self._shown[0]

    def _follow_shown(self, first: int, last: int) -> None:
        """Keep the selection on the row that was chosen, wherever it is now; where it has left, nothing is selected."""
        for row in range(first, last + 1):
            content = self._model.row_at(row)
            if content is not None and content[0] == self._shown[0]:
                self.setCurrentIndex(self._model.index(row, max(0, self.currentIndex().column())))
                return
        self.clearSelection()
        self.setCurrentIndex(_ROOT)

    def _announce(self) -> None:
        """Say what the current row holds; a row that has not come yet is announced when it does, a changed one again."""
        row = self._model.row_at(self._awaited)
        if row is None:
            return
        self._awaited = -1
        if row != self._shown:
            self._shown = row
            self.row_selected.emit(row)

    def forget_selection(self) -> None:
        """Nothing is selected any more."""
        self.clearSelection()
        self.setCurrentIndex(_ROOT)
        self._shown = None
        self.row_selected.emit(None)

    def _follow_theme(self) -> None:
        self._painter.follow_theme()
        self.viewport().update()

    # -- Qt overrides

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows that *event* asks for."""
        area, offset = event.rect(), self.verticalOffset()
        first = max(0, (area.top() + offset) // ROW_PX)
        rows = range(first, min((area.bottom() + offset) // ROW_PX + 1, self._model.rowCount()))
        top = first * ROW_PX - offset
        header = self.horizontalHeader()
        places = [
            Place(column, header.sectionViewportPosition(column), header.sectionSize(column))
            for column in range(header.count())
            if not header.isSectionHidden(column)
        ]
        painter = QPainter(self.viewport())
        painter.setClipRect(area)
        selected = [
            top + (row - first) * ROW_PX
            for low, high in ((r.top(), r.bottom()) for r in self._selected_ranges())
            for row in range(max(low, rows.start), min(high + 1, rows.stop))
        ]
        self._painter.paint_selection(painter, selected, self.viewport().width(), focused=self.hasFocus())
        self._painter.paint_rows(painter, rows, top, places)

    def rowsAboutToBeRemoved(self, parent: QModelIndex | QPersistentModelIndex, start: int, end: int) -> None:
        """Where retention takes the current row, Qt would make its neighbour current: nobody asked to see that one."""
        if start <= self.currentIndex().row() <= end:
            self.selectionModel().clearCurrentIndex()
        super().rowsAboutToBeRemoved(parent, start, end)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by j and k as by the arrows; Space, Enter and Home and End as everywhere in the window."""
        key, plain = event.key(), event.modifiers() in {Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier}
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_requested.emit()
        elif not plain:
            super().keyPressEvent(event)
        elif key in _STEPS:
            self._step(_STEPS[Qt.Key(key)])
        elif key == Qt.Key.Key_Home:
            self._select(0)
        elif key == Qt.Key.Key_End:
            self.tail_requested.emit()
            self._select(self._model.rowCount() - 1)
        elif key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.opened.emit()
        elif key == Qt.Key.Key_Space:
            self.pause_requested.emit()
        else:
            super().keyPressEvent(event)

    def _step(self, by: int) -> None:
        current = self.currentIndex().row()
        rows = self._model.rowCount()
        self._select(rows - 1 if current < 0 else min(max(current + by, 0), rows - 1))

    def _select(self, row: int) -> None:
        if 0 <= row < self._model.rowCount():
            column = max(0, self.horizontalHeader().logicalIndex(0))
            self.setCurrentIndex(self._model.index(row, column))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select nothing: Qt would make the first of ten million rows current, and the next key would lead away from the tail."""
        if self.currentIndex().isValid():
            super().focusInEvent(event)
        else:
            QAbstractScrollArea.focusInEvent(self, event)
            self.viewport().update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for a menu on the row under the pointer, or on the current one."""
        index = self.indexAt(event.pos())
        if not index.isValid():
            index = self.currentIndex()
        if index.isValid():
            if not self.selectionModel().isRowSelected(index.row(), _ROOT):
                self.setCurrentIndex(index)
            self.menu_requested.emit(index, event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stay at the tail."""
        before, self._moving = self._moving, True
        super().resizeEvent(event)
        if self._following:
            self.scrollToBottom()
        self._moving = before
        self._report_visible()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with the tail."""
        super().showEvent(event)
        if self._following:
            self._scroll_to_end()
        self._report_visible()
