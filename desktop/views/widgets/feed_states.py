"""What stands where a feed's rows are, or are not yet: loading, empty, searching, nothing found, offline."""

from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from desktop.core.feeds import Link, LinkState
from desktop.core.i18n import tr
from desktop.views.widgets.empty_state import EmptyState, EmptyStateView
from desktop.views.widgets.labels import Label
from embedded_server.contracts.feeds import Tick

LOADING_AFTER_MS = 300
"""An answer that comes sooner needs no word."""
SCALE = 1000


class State(Enum):
    """What is shown."""

    QUIET = auto()
    """Nothing yet, and it is too early to say so."""
    LOADING = auto()
    OFFLINE = auto()
    EMPTY = auto()
    SEARCHING = auto()
    NOT_FOUND = auto()
    HELD = auto()
    """Paused before the first row came: there are some, and none is shown."""
    ROWS = auto()


class FeedStates(QWidget):
    """The table, or the page that says why there is none; above it a line with the progress of the search."""

    def __init__(self, table: QWidget, empty: EmptyState, *, clear_filter: Callable[[], None]) -> None:
        super().__init__()
        self._empty = empty
        self._of_chips: EmptyState | None = None
        self._filtered = False
        self._is_typed = False
        self._link = Link()
        self._tick: Tick | None = None
        self._rows = 0
        self.state = State.QUIET
        self._clear = QAction(tr("Clear the filter"), self)
        self._clear.triggered.connect(clear_filter)
        self._page = EmptyStateView(empty)
        self._caption = Label(tone="dim", pixels=11)
        self._caption.hide()
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(4)
        self._progress.setRange(0, SCALE)
        self._progress.hide()
        body = QWidget()
        body.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._stack = QStackedLayout(body)
        self._table = table
        self._stack.addWidget(table)
        self._stack.addWidget(self._page)
        self._blank = QWidget()
        self._stack.addWidget(self._blank)
        self._stack.setCurrentWidget(self._blank)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._caption)
        layout.addWidget(self._progress)
        layout.addWidget(body, 1)
        self._waited = False
        QTimer.singleShot(LOADING_AFTER_MS, self, self._on_waited)

    def set_empty(self, empty: EmptyState) -> None:
        """Say something else where nothing is."""
        self._empty = empty
        if self.state is State.EMPTY:
            self._show_page(empty)

    def set_empty_of_chips(self, empty: EmptyState | None) -> None:
        """Say something else where nothing matches the chips alone; None speaks of the events that were looked at."""
        if empty != self._of_chips:
            self._of_chips = empty
            if self.state is State.NOT_FOUND:
                self._update()

    def set_filtered(self, *, filtered: bool, typed: bool) -> None:
        """Tell whether the user filters, by what is typed or by chips: then "nothing matches" is another matter than "nothing is there"."""
        self._filtered = filtered
        self._is_typed = typed

    def set_link(self, link: Link) -> None:
        """Tell how the connection fares."""
        self._link = link
        self._update()

    def take_tick(self, tick: Tick, rows: int) -> None:
        """Tell what the feed says; *rows* are those shown."""
        self._tick = tick
        self._rows = rows
        searching = tick.scanned < tick.of
        if searching:
            self._progress.setValue(int(SCALE * tick.scanned / max(1, tick.of)))
            self._caption.setText(tr("Searching: {scanned} of {of} events", scanned=f"{tick.scanned:,}", of=f"{tick.of:,}"))
        if searching is self._progress.isHidden():
            self._progress.setVisible(searching)
            self._caption.setVisible(searching)
        if self.state is not State.ROWS or not rows:
            self._update()

    def set_rows(self, rows: int) -> None:
        """Tell how many rows are shown now, without a tick: what was held is let go."""
        self._rows = rows
        self._update()

    def _on_waited(self) -> None:
        self._waited = True
        self._update()

    def _resolve(self) -> State:
        if self._rows:
            return State.ROWS
        if self._tick is None or not self._link.is_open:
            if self._link.state in {LinkState.WAITING, LinkState.REFUSED} or (self._tick is not None and not self._link.is_open):
                return State.OFFLINE
            return State.LOADING if self._waited else State.QUIET
        if self._tick.scanned < self._tick.of:
            return State.SEARCHING
        if self._tick.end > self._tick.start:
            return State.HELD
        return State.NOT_FOUND if self._filtered else State.EMPTY

    def _update(self) -> None:
        state = self._resolve()
        if state is State.NOT_FOUND or state is not self.state:
            self.state = state
            page = self._page_of(state)
            if page is not None:
                self._show_page(page)
            self._stack.setCurrentWidget(self._table if state is State.ROWS else self._blank if page is None else self._page)

    def _show_page(self, page: EmptyState) -> None:
        self._page.set_state(page)
        self._page.take_focus_after(self._table)

    def _page_of(self, state: State) -> EmptyState | None:
        if state is State.LOADING:
            return EmptyState("ph.hourglass", tr("Loading"), tr("Waiting for the server's first answer."))
        if state is State.OFFLINE:
            return EmptyState(
                "ph.cloud-slash", tr("Not connected"), self._link.reason or tr("The rows appear as soon as the server answers.")
            )
        if state is State.EMPTY:
            return self._empty
        if state is State.HELD:
            return EmptyState("ph.pause", tr("Paused"), tr("What comes in is counted, and shown when you go on."))
        if state is State.SEARCHING:
            return EmptyState("ph.magnifying-glass", tr("Searching"), tr("Matching events appear here as they are found."))
        if state is State.NOT_FOUND and self._of_chips is not None and not self._is_typed:
            return replace(self._of_chips, actions=(self._clear,))
        if state is State.NOT_FOUND and self._tick is not None:
            scanned = tr("Looked at {scanned} of {of} events.", scanned=f"{self._tick.scanned:,}", of=f"{self._tick.of:,}")
            return EmptyState("ph.magnifying-glass", tr("Nothing matches this filter"), scanned, (self._clear,))
        return None
