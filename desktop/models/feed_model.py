"""A feed as a table model: ten million rows, of which only a few thousand are here."""

import time
from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from desktop.core.feed_cache import MAX_REQUEST, PREFETCH, RowCache
from desktop.core.feed_columns import Align, Column
from desktop.core.feeds import WindowAsker
from desktop.core.i18n import tr
from embedded_server.contracts.events import Row
from embedded_server.contracts.feeds import Source, Tick, Window
from embedded_server.contracts.tasks import TaskRow

PLACEHOLDER: Final = "…"
ASK_AFTER_MS: Final = 15
"""Rest of a scroll before rows are asked for."""
REFETCH_AFTER_S: Final = 0.1
"""Rows that may have changed are asked for again at most this often."""
ANSWER_WITHIN_S: Final = 5.0
"""A window that has not come by then is asked for again."""

ROW_TYPES: Final[dict[Source, type[Row] | type[TaskRow]]] = {Source.EVENTS: Row, Source.TASKS: TaskRow}

_DISPLAY: Final = int(Qt.ItemDataRole.DisplayRole)
_TOOLTIP: Final = int(Qt.ItemDataRole.ToolTipRole)
_ALIGNMENT: Final = int(Qt.ItemDataRole.TextAlignmentRole)
_ROOT: Final = QModelIndex()
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

Index = QModelIndex | QPersistentModelIndex


class FeedModel(QAbstractTableModel):
    """Rows ``start .. end`` of a feed; row *r* of the model is ordinal ``start + r``.

    Ticks move both ends; windows fill the rows somebody looks at. The view says what it shows with `look_at`.
    """

    news_changed = Signal(int)
    """How many rows wait because the model is paused."""
    rows_loaded = Signal(int, int)
    """Rows ``first .. last`` of the model got their content, or another one."""

    def __init__(self, columns: Sequence[Column], source: Source, asker: WindowAsker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.last_tick: Tick | None = None
        """The newest one, also while paused."""
        self._row_type = ROW_TYPES[source]
        self._asker = asker
        self._cache = RowCache()
        self._start = 0
        self._end = 0
        self._revision = 0
        self._paused = False
        self._restarting = False
        self._visible = (0, 0)
        self._prefetch = False
        self._asked: tuple[int, int, int] | None = None
        """Number, first and end of the one request under way."""
        self._asked_at = 0.0
        self._refetched_at = 0.0
        self._clock = QTimer(self, singleShot=True, interval=ASK_AFTER_MS)
        self._clock.timeout.connect(self._ask)

    # -- what the feed says

    def apply_tick(self, tick: Tick) -> None:
        """Take in what changed; while paused, only count it."""
        self.last_tick = tick
        if self._paused:
            self.news_changed.emit(self.news)
            return
        self._take(tick)

    def apply_window(self, window: Window) -> None:
        """Take in rows that were asked for; rows asked for before the feed began anew are not ours any more."""
        if self._asked is None or self._asked[0] != window.id:
            return
        self._asked = None
        self._put(window.first, window.rows, window.revision)
        self._clock.start()

    def restart(self) -> None:
        """The feed begins anew, so ordinals mean other rows: what is shown stays until the first tick of the new one."""
        self._restarting = True
        self._asked = None
        self.last_tick = None

    def set_paused(self, paused: bool) -> None:
        """Hold the rows still, or catch up."""
        self._paused = paused
        if not paused and self.last_tick is not None:
            self._take(self.last_tick)
        self.news_changed.emit(self.news)

    @property
    def news(self) -> int:
        """Rows that wait while the model is paused."""
        if not self._paused or self.last_tick is None:
            return 0
        return max(0, self.last_tick.end - (self.last_tick.start if self._restarting else self._end))

    # -- what the view says and asks

    def look_at(self, first: int, last: int, *, prefetch: bool = True) -> None:
        """Rows ``first .. last`` of the model are visible; what is missing there is asked for, once the view rests."""
        self._visible = (self._start + max(0, first), self._start + min(last + 1, self._end - self._start))
        self._prefetch = prefetch
        self._cache.look_at(*self._visible)
        if not self._clock.isActive():
            self._clock.start()

    def row_at(self, row: int) -> Any | None:
        """Answer the row's content, or nothing where it has not come yet."""
        known = self._cache.get(self._start + row)
        return known.row if known is not None else None

    def cell(self, row: int, column: int) -> tuple[str, str | None]:
        """Answer a cell's text and the name of its state colour; prepared at the first look, kept for the next."""
        known = self._cache.get(self._start + row)
        if known is None:
            return (PLACEHOLDER, None)
        cells = known.cells
        if cells is None:
            cells = known.cells = [None] * len(self.columns)
        cell = cells[column]
        if cell is None:
            spec = self.columns[column]
            cell = cells[column] = (spec.text(known.row), spec.tone(known.row) if spec.tone else None)
        return cell

    def forget_texts(self) -> None:
        """Times are written another way now: prepare all texts anew."""
        self._cache.forget_texts()
        if self._end > self._start:
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, len(self.columns) - 1))

    # -- the inside

    def _take(self, tick: Tick) -> None:
        if self._restarting or tick.start >= self._end or tick.end <= self._start:
            self._begin_anew(tick)
        else:
            self._move_start(tick.start)
            self._move_end(tick.end)
        if tick.revision > self._revision:
            self._revision = tick.revision
            self._clock.start()
        if tick.rows:
            self._put(tick.end - len(tick.rows), tick.rows, tick.revision)

    def _begin_anew(self, tick: Tick) -> None:
        if not self._restarting and tick.start == tick.end and self._start == self._end:
            self._start, self._end = tick.start, tick.end
            return
        self.beginResetModel()
        self._restarting = False
        self._cache.clear()
        self._asked = None
        self._start, self._end, self._revision = tick.start, tick.end, tick.revision
        self._visible = (0, 0)
        self.endResetModel()

    def _move_start(self, start: int) -> None:
        if start > self._start:
            self.beginRemoveRows(_ROOT, 0, start - self._start - 1)
            self._start = start
            self._cache.drop_before(start)
            self.endRemoveRows()
        elif start < self._start:
            self.beginInsertRows(_ROOT, 0, self._start - start - 1)
            self._start = start
            self.endInsertRows()

    def _move_end(self, end: int) -> None:
        if end > self._end:
            self.beginInsertRows(_ROOT, self._end - self._start, end - self._start - 1)
            self._end = end
            self.endInsertRows()
        elif end < self._end:  # rows have left from between; the revision tells that those behind them have moved up
            self.beginRemoveRows(_ROOT, end - self._start, self._end - self._start - 1)
            self._end = end
            self._cache.drop_from(end)
            self.endRemoveRows()

    def _put(self, first: int, rows: Sequence[Sequence[Any]], revision: int) -> None:
        make = self._row_type._make
        skipped = max(0, self._start - first)
        first += skipped
        changed = self._cache.put(first, [make(row) for row in rows[skipped : max(skipped, self._end - first + skipped)]], revision)
        low, high = self._visible
        seen = [ordinal for ordinal in changed if low <= ordinal < high]
        if changed:
            self.rows_loaded.emit(changed[0] - self._start, changed[-1] - self._start)
        if seen:
            last_column = len(self.columns) - 1
            self.dataChanged.emit(
                self.index(seen[0] - self._start, 0), self.index(seen[-1] - self._start, last_column), [Qt.ItemDataRole.DisplayRole]
            )

    def _ask(self) -> None:
        """Ask for what is missing in sight; one request at a time, so that a drag of the scroll bar asks for where it ended."""
        if self._restarting or (self._asked is not None and time.monotonic() - self._asked_at < ANSWER_WITHIN_S):
            return
        low, high = self._visible
        low, high = max(low, self._start), min(high, self._end)
        wanted = self._cache.missing(low, high, 0) or self._stale(low, high)
        if wanted is None and self._prefetch and self._cache.missing(*self._around(low, high, PREFETCH // 3), 0) is not None:
            wanted = self._cache.missing(*self._around(low, high, PREFETCH), 0)
        elif wanted is not None and self._prefetch:
            wanted = self._around(*wanted, PREFETCH)
        if wanted is None:
            return
        first, end = wanted[0], min(wanted[1], wanted[0] + MAX_REQUEST)
        number = self._asker.request_window(first, end - first)
        self._asked = (number, first, end) if number else None
        self._asked_at = time.monotonic()

    def _around(self, low: int, high: int, margin: int) -> tuple[int, int]:
        return max(low - margin, self._start), min(high + margin, self._end)

    def _stale(self, low: int, high: int) -> tuple[int, int] | None:
        stale = self._cache.missing(low, high, self._revision)
        if stale is None:
            return None
        rest_s = self._refetched_at + REFETCH_AFTER_S - time.monotonic()
        if rest_s > 0:
            QTimer.singleShot(int(rest_s * 1000) + 1, self, self._ask)
            return None
        self._refetched_at = time.monotonic()
        return stale

    # -- Qt overrides

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Rows that match, all of them."""
        return 0 if parent.isValid() else self._end - self._start

    def columnCount(self, parent: Index = _ROOT) -> int:
        """Columns there are, shown or not."""
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        """Text first: it is asked for a thousand times a repaint."""
        if role == _DISPLAY:
            return self.cell(index.row(), index.column())[0]
        if role == _TOOLTIP:
            return self._tooltip(index)
        if role == _ALIGNMENT:
            return _RIGHT if self.columns[index.column()].align is Align.RIGHT else _LEFT
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        """Titles in the user's language."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role == _DISPLAY:
            return tr(self.columns[section].title)
        if role == _ALIGNMENT:
            return _RIGHT if self.columns[section].align is Align.RIGHT else _LEFT
        return None

    def _tooltip(self, index: Index) -> str | None:
        row = self.row_at(index.row())
        if row is None:
            return None
        column = self.columns[index.column()]
        return (column.tooltip or column.whole)(row) or None
