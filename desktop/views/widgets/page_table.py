"""A table of some part of a place, asked for again while one looks at it, with its loading, empty and failed states."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from desktop.core.i18n import tr
from desktop.core.problems import hint_of, problem_of, title_of
from desktop.views.widgets.buttons import make_action
from desktop.views.widgets.card import Card
from desktop.views.widgets.confirm_bar import ConfirmBar
from desktop.views.widgets.empty_state import EmptyState, EmptyStateView
from desktop.views.widgets.jobs import Jobs
from desktop.views.widgets.small_table import SmallColumn, SmallTable
from embedded_server.contracts.concurrency import Notify

R = TypeVar("R")
REFRESH_MS: Final = 2_000
Load = Callable[[], Awaitable[Sequence[R]]]


class TablePage(Card, Generic[R]):
    """Give it a way to load with `follow`; it asks while it is in sight."""

    counted = Signal(int)
    """How many rows there are."""
    picked = Signal(object)
    """The row the user chose, or None."""

    def __init__(
        self, columns: Sequence[SmallColumn[R]], empty: EmptyState, *, name: str, key: Callable[[R], object], notify: Notify
    ) -> None:
        """Make it empty. *key* tells rows apart: the choice follows its row wherever the next answer lists it."""
        super().__init__(margins=(8, 8, 8, 8))
        self._empty = empty
        self._key = key
        self._notify = notify
        self._load: Load[R] | None = None
        self._placing = False
        self._jobs = Jobs(self)
        self.table: SmallTable[R] = SmallTable(columns, name=name)
        self._loading = EmptyState("ph.hourglass", tr("Loading"))
        self._message = EmptyStateView(self._loading)
        self._retry = make_action(self, tr("Try again"), self.refresh)
        self.confirm = ConfirmBar()
        self.tools = QVBoxLayout()
        """Room under the table for what can be done with its row."""
        self._pages = QStackedWidget()
        for page in (self._message, self.table):
            self._pages.addWidget(page)
        self.body.addWidget(self._pages, 1)
        self.body.addWidget(self.confirm)
        self.body.addLayout(self.tools)
        self.setFocusProxy(self.table)
        self._clock = QTimer(self, interval=REFRESH_MS)
        self._clock.timeout.connect(self.refresh)
        self.table.selectionModel().currentRowChanged.connect(self._on_current_changed)

    def follow(self, load: Load[R] | None) -> None:
        """Show what *load* answers from now on."""
        self._jobs.cancel("load")
        self._load = load
        self.confirm.hide()
        self.table.set_rows([])
        self._show(self._loading if load is not None else self._empty)
        self.picked.emit(None)
        if self.isVisible():
            self.refresh()

    def set_empty(self, empty: EmptyState) -> None:
        """Say something else where there are no rows, from the next answer on."""
        self._empty = empty

    def rows(self) -> list[R]:
        """Answer what is listed."""
        return self.table.small_model.rows()

    def current(self) -> R | None:
        """Answer the chosen row."""
        index, rows = self.table.currentIndex(), self.rows()
        return rows[index.row()] if index.isValid() and index.row() < len(rows) else None

    def refresh(self) -> None:
        """Ask now."""
        if self._load is not None and not self._jobs.is_running("load"):
            self._jobs.start("load", self._ask(self._load), self._on_failed)

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        self._clock.stop()
        await self._jobs.stop()

    async def _ask(self, load: Load[R]) -> None:
        rows = await load()
        if load is not self._load:
            return
        before = self.current()
        self._placing = True
        self.table.set_rows(rows)
        self._choose_again(before)
        self._placing = False
        self.counted.emit(len(rows))
        if rows:
            self._pages.setCurrentIndex(1)
        else:
            self._show(self._empty)
        now = self.current()
        if before is not None and now is None:
            self.confirm.hide()
            self.picked.emit(None)

    def _choose_again(self, before: R | None) -> None:
        """Let the choice be the same row as before, wherever it stands now; nothing where it is gone."""
        keys = [self._key(row) for row in self.rows()]
        row = keys.index(self._key(before)) if before is not None and self._key(before) in keys else -1
        if self.table.currentIndex().row() != row:
            self.table.setCurrentIndex(self.table.small_model.index(row, 0))

    def _on_current_changed(self) -> None:
        if not self._placing:
            self.confirm.hide()  # it asks about the row that was chosen
            self.picked.emit(self.current())

    def _on_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is None:
            self._notify(exc)
        elif not self.rows():
            self._show(EmptyState("ph.warning", title_of(problem), hint_of(problem), (self._retry,)))

    def _show(self, state: EmptyState) -> None:
        self._message.set_state(state)
        self._pages.setCurrentIndex(0)

    # -- Qt overrides

    def showEvent(self, event: QShowEvent) -> None:
        """Ask while somebody looks."""
        super().showEvent(event)
        self.refresh()
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask nothing while nobody does."""
        super().hideEvent(event)
        self._clock.stop()
