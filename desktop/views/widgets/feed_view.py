"""A live feed as every panel shows it: filter bar, Live and Pause, table with its states, detail beside it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.core.feed_columns import EVENT_COLUMNS, Align, Column
from desktop.core.feed_filter import Composed, compose, term, with_term
from desktop.core.feeds import FeedState, FeedStatus, Link
from desktop.core.formatting import time_display
from desktop.core.i18n import tr
from desktop.core.problems import hint_of, title_of
from desktop.models.feed_model import FeedModel
from desktop.services import Services
from desktop.views.widgets.buttons import Button, IconButton, make_action, popup_under
from desktop.views.widgets.empty_state import EmptyState
from desktop.views.widgets.feed_acts import FeedActs
from desktop.views.widgets.feed_header import ColumnKeeper
from desktop.views.widgets.feed_splitter import QuietSplitter
from desktop.views.widgets.feed_states import FeedStates
from desktop.views.widgets.feed_table import FeedTable
from desktop.views.widgets.filter_bar import Chip, FilterBar
from embedded_server.contracts.feeds import FeedRejected, Source, Tick, Window
from embedded_server.contracts.filters import EVENT_FIELDS, TASK_FIELDS, Field
from embedded_server.contracts.problems import ProblemDetails

__all__ = ["EVENT_COLUMNS", "Align", "Chip", "Column", "EmptyState", "FeedState", "FeedStatus", "FeedView"]

STATUS_EVERY_MS: Final = 200
"""Figures that change more often cannot be read."""
AGES_EVERY_MS: Final = 1000
DETAIL_PX: Final = 372
LEAST_TABLE_PX: Final = 360
LEAST_DETAIL_PX: Final = 280
"""With less room than both need, the detail stands in the table's place while it is open."""
FIELDS: Final[dict[Source, tuple[Field, ...]]] = {Source.EVENTS: EVENT_FIELDS, Source.TASKS: TASK_FIELDS}
TASK_FIELDS_IN_EVENTS: Final = {"name": "subject", "worker": "worker", "id": "key"}
"""Where the journal knows the values of a task's field."""


class FeedView(QWidget):
    """A feed with everything around it. It opens its feed at once, and idles it while it is hidden."""

    row_selected = Signal(object)
    """The current row (`contracts.events.Row` or `contracts.tasks.TaskRow`), again when it has changed, or None."""
    status_changed = Signal(object)
    """A `FeedStatus` for the status strip."""
    trace_requested = Signal(str)
    """The user wants all events of a trace."""
    revision_changed = Signal()
    """Rows already shown may have changed."""

    def __init__(
        self,
        services: Services,
        *,
        source: Source,
        columns: Sequence[Column],
        settings_key: str,
        base_filter: str = "",
        empty: EmptyState,
        detail: QWidget | None = None,
        frame: Callable[[QWidget], QWidget] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """*frame* is given filter bar and table, and answers what stands beside the detail in their stead: them and more."""
        super().__init__(parent)
        self.source = source
        self.export_route = ""
        """Writes the export, where it is not the source's own."""
        self.detail = detail
        self._services = services
        self._settings_key = settings_key
        self._base_filter = base_filter
        self._sent = Composed("", 0, "")
        self._paused = False
        self._status = FeedStatus()
        self._revision = 0
        self._feed = services.feeds.open(source, base_filter)
        self.model = FeedModel(columns, source, self._feed, self)
        self.table = FeedTable(self.model)
        self.table.setAccessibleName(tr("Tasks") if source is Source.TASKS else tr("Events"))
        self.filter_bar = FilterBar(FIELDS[source], self._values_of)
        self.filter_bar.line.setPlaceholderText(
            tr("Filter: words, state:FAILURE, runtime:>1s, name:demo.*")
            if source is Source.TASKS
            else tr("Filter: words, kind:task.failed, size:>10kB, body.order.id:42")
        )
        self.states = FeedStates(self.table, empty, clear_filter=self.clear_filter)
        self._build(frame)
        self._keeper = ColumnKeeper(self.table, services.settings, settings_key)
        self.acts = FeedActs(services, self)
        self._connect()
        self._on_link_changed(services.feeds.link)

    def _build(self, frame: Callable[[QWidget], QWidget] | None) -> None:
        self.live_button = Button(tr("Live"), self.toggle_paused, icon_name="ph.pause")
        self.live_button.setObjectName("live")
        self.live_button.setToolTip(tr("Hold the rows still; what comes in is counted (Space)"))
        self.more_button = IconButton("ph.dots-three-vertical", tr("Columns, copy and export"), self._open_more)
        bar = QHBoxLayout()
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(8)
        bar.addWidget(self.filter_bar, 1)
        for button in (self.live_button, self.more_button):
            bar.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self._left = QWidget()
        column = QVBoxLayout(self._left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(bar)
        column.addWidget(self.states, 1)
        self.below_table = QVBoxLayout()
        """Room for what belongs to the table, such as an export under way."""
        column.addLayout(self.below_table)
        if frame is not None:
            self._left = frame(self._left)
        self._splitter = QuietSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self._left)
        self._splitter.setStretchFactor(0, 1)
        self._left.setMinimumWidth(LEAST_TABLE_PX)
        if self.detail is not None:
            self._splitter.addWidget(self.detail)
            self._splitter.setStretchFactor(1, 0)
            self.detail.setMinimumWidth(LEAST_DETAIL_PX)
            self.detail.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)
        self.setFocusProxy(self.table)

    def _connect(self) -> None:
        feed, table = self._feed, self.table
        self.destroyed.connect(feed.close)
        feed.restarted.connect(self._on_restarted)
        feed.ticked.connect(self._on_ticked)
        feed.counted.connect(self._on_counted)
        feed.window_arrived.connect(self._on_window_arrived)
        feed.rejected.connect(self._on_rejected)
        self._services.feeds.state_changed.connect(self._on_link_changed)
        self._services.settings.changed.connect(self._on_setting_changed)
        self.filter_bar.filter_changed.connect(self._on_filter_changed)
        for leaves in (self.filter_bar.leave_requested, self.filter_bar.escaped):
            leaves.connect(table.setFocus)
        self.filter_bar.help_requested.connect(self._open_help)
        self.filter_bar.set_history(self._services.settings.value(f"{self._settings_key}/history", list[str]()))
        table.row_selected.connect(self.row_selected)
        table.opened.connect(self.open_detail)
        table.clicked.connect(self._on_clicked)
        table.tail_requested.connect(self.go_to_tail)
        table.pause_requested.connect(self.toggle_paused)
        table.copy_requested.connect(self.acts.copy_rows)
        table.menu_requested.connect(self._on_menu_requested)
        self._splitter.splitterMoved.connect(self._on_splitter_moved)
        self._actions = [
            make_action(self, tr("Pause or go on"), self.toggle_paused, shortcut="Ctrl+Space", icon_name="ph.pause"),
            make_action(self, tr("Go to the newest"), self.go_to_tail, shortcut="Ctrl+End", icon_name="ph.arrow-down"),
            make_action(self, tr("Clear the filter"), self.clear_filter, icon_name="ph.x-circle"),
            make_action(self, tr("Copy as JSON"), self.acts.copy_rows, icon_name="ph.copy"),
            make_action(self, tr("Export…"), self.acts.start_export, shortcut="Ctrl+E", icon_name="ph.download-simple"),
        ]
        if self.source is Source.EVENTS:
            self._actions.append(make_action(self, tr("Show the trace"), self._show_trace, shortcut="Ctrl+T", icon_name="ph.path"))
        self._ages = QTimer(self, interval=AGES_EVERY_MS)
        self._ages.timeout.connect(self.model.forget_texts)
        self._status_clock = QTimer(self, singleShot=True, interval=STATUS_EVERY_MS)
        self._status_clock.timeout.connect(self._tell_status)

    # -- what a panel asks and tells

    @property
    def status(self) -> FeedStatus:
        """The newest figures."""
        link = self._services.feeds.link
        status = replace(self._status, live=link.is_open and not self._paused, paused=self._paused, offline=not link.is_open)
        return replace(status, rate=0.0) if status.offline else status

    @property
    def filter_text(self) -> str:
        """The whole filter in use: the panel's own, the chips and what was typed."""
        return compose(self._base_filter, [chip.filter for chip in self.filter_bar.chips], self.filter_bar.text).text

    def set_filter(self, text: str) -> None:
        """Filter by *text*, as if typed."""
        self.filter_bar.set_text(text)

    def set_base_filter(self, text: str) -> None:
        """List something else: the part of the filter the user does not see."""
        if text != self._base_filter:
            self._base_filter = text
            self._on_filter_changed()

    def set_chip(self, key: str, text: str, filter: str) -> None:
        """Add a part to the filter that the user sees as a chip and can remove; it replaces the one of the same key."""
        self.filter_bar.set_chip(Chip(key, text, filter))

    def remove_chip(self, key: str) -> None:
        """Take a part away."""
        self.filter_bar.remove_chip(key)

    def clear_filter(self) -> None:
        """List everything the panel lists."""
        self.filter_bar.clear()

    def add_term(self, field: str, value: str, *, exclude: bool = False) -> None:
        """Narrow the filter to a value, or to all but it."""
        self.add_raw_term(term(field, value, exclude=exclude))

    def add_raw_term(self, text: str) -> None:
        """Narrow the filter by a term of the filter language."""
        self.filter_bar.set_text(with_term(self.filter_bar.text, text))

    def focus_filter(self) -> bool:
        """Put the cursor into the filter."""
        if self._left.isHidden():
            self.close_detail()
        self.filter_bar.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter_bar.line.selectAll()
        return True

    def set_empty(self, empty: EmptyState) -> None:
        """Say something else where nothing is."""
        self.states.set_empty(empty)

    def set_empty_of_chips(self, empty: EmptyState | None) -> None:
        """Say something else where nothing matches the chips, as long as nothing is typed beside them."""
        self.states.set_empty_of_chips(empty)

    @property
    def is_paused(self) -> bool:
        """Whether the rows are held still."""
        return self._paused

    def toggle_paused(self) -> None:
        """Hold the rows still, or go on."""
        self.set_paused(not self._paused)

    def set_paused(self, paused: bool) -> None:
        """Hold the rows still; what comes in is counted."""
        if paused == self._paused:
            return
        self._paused = paused
        self.table.set_paused(paused)
        self.states.set_rows(self.model.rowCount())
        self.live_button.setText(tr("Paused") if paused else tr("Live"))
        self.live_button.set_icon("ph.play" if paused else "ph.pause")
        self.live_button.setToolTip(tr("Go on (Space)") if paused else tr("Hold the rows still; what comes in is counted (Space)"))
        self._tell_status()

    def go_to_tail(self) -> None:
        """Show the newest, and follow it."""
        self.set_paused(False)
        self.table.go_to_tail()

    def open_detail(self) -> None:
        """Show the detail beside the table."""
        if self.detail is None or self.detail.isVisibleTo(self):
            return
        self.detail.show()
        self._share_out()
        kept = self._services.settings.value(f"{self._settings_key}/detail_px", DETAIL_PX)
        self._splitter.setSizes([max(LEAST_TABLE_PX, self._splitter.width() - kept - self._splitter.handleWidth()), kept])

    def close_detail(self, *, to_table: bool = True) -> bool:
        """Hide the detail; False where it was not shown. The focus goes to the table, or stays where it is."""
        if self.detail is None or not self.detail.isVisibleTo(self):
            return False
        self.detail.hide()
        self._share_out()
        if to_table:
            self.table.setFocus()
        return True

    def forget_selection(self) -> None:
        """Something else is listed now: select nothing, and let no detail stand in the new table's place."""
        self.table.forget_selection()
        if self.detail is not None and self._left.isHidden():
            self.detail.hide()
            self._share_out()

    def go_back(self) -> bool:
        """Close the innermost thing that is open (Escape)."""
        return self.close_detail()

    def actions(self) -> list[QAction]:
        """Acts for the palette and the help."""
        return self._actions

    def activate(self) -> None:
        """The panel is in front of the user."""
        self._feed.set_idle(False)

    def deactivate(self) -> None:
        """The panel is hidden: keep the place, paint nothing."""
        self._feed.set_idle(True)
        self._services.settings.set_value(f"{self._settings_key}/history", self.filter_bar.history)

    # -- what the feed says

    def _on_restarted(self) -> None:
        self.model.restart()
        self._revision = 0

    def _on_ticked(self, tick: Tick) -> None:
        self.table.take_tick(tick)
        self.states.take_tick(tick, self.model.rowCount())
        if tick.revision != self._revision:
            self._revision = tick.revision
            self.revision_changed.emit()
        self._status = _status_of(self.source, tick)
        if not self._status_clock.isActive():
            self._tell_status()
            self._status_clock.start()

    def _on_counted(self, tick: Tick) -> None:
        self._status = _status_of(self.source, tick)
        self._tell_status()

    def _on_window_arrived(self, window: Window) -> None:
        self.model.apply_window(window)

    def _on_rejected(self, rejected: FeedRejected) -> None:
        problem = ProblemDetails(
            type="",
            title=rejected.title,
            status=400,
            hint=rejected.hint,
            title_template=rejected.title_template,
            hint_template=rejected.hint_template,
            params=rejected.params,
        )
        place = self._sent.in_typed(rejected.position, rejected.length) if rejected.length else (0, 0)
        self.filter_bar.show_error(title_of(problem), hint_of(problem), *place)

    def _on_link_changed(self, link: Link) -> None:
        self.states.set_link(link)
        self.table.set_dimmed(not link.is_open)
        self._tell_status()

    def _tell_status(self) -> None:
        self.status_changed.emit(self.status)

    # -- what the user does

    def _on_filter_changed(self) -> None:
        self._sent = compose(self._base_filter, [chip.filter for chip in self.filter_bar.chips], self.filter_bar.text)
        self.filter_bar.accept()
        self.states.set_filtered(filtered=not self.filter_bar.is_empty, typed=bool(self.filter_bar.text.strip()))
        self.set_paused(False)
        self.table.go_to_tail()
        self._feed.set_filter(self._sent.text)

    def _on_clicked(self, _index: QModelIndex) -> None:
        self.open_detail()

    def _on_menu_requested(self, index: QModelIndex, where: QPoint) -> None:
        self.acts.menu(index).popup(where)

    def _open_more(self) -> None:
        menu = self.acts.more_menu(self._keeper)
        popup_under(menu, self.more_button, at_right=True)

    def _show_trace(self) -> None:
        row = self.model.row_at(self.table.currentIndex().row()) if self.table.currentIndex().isValid() else None
        if trace := getattr(row, "trace", ""):
            self.trace_requested.emit(trace)

    def _open_help(self) -> None:
        from desktop.views.widgets.filter_help import FilterHelp

        FilterHelp.show_under(self.filter_bar.help_button, FIELDS[self.source], self.filter_bar.set_text)

    def _share_out(self) -> None:
        """Give table and detail the room there is, or the detail all of it."""
        narrow = self.width() < LEAST_TABLE_PX + LEAST_DETAIL_PX + self._splitter.handleWidth()
        self._left.setVisible(not narrow or self.detail is None or self.detail.isHidden())

    def _on_splitter_moved(self) -> None:
        self._services.settings.set_value(f"{self._settings_key}/detail_px", self._splitter.sizes()[1])

    def _on_setting_changed(self, key: str) -> None:
        if key == "look/time":
            self.model.forget_texts()
            self._keep_ages()

    def _keep_ages(self) -> None:
        """Times written as ages grow old while one looks at them."""
        if time_display().relative and self.isVisible():
            self._ages.start()
        else:
            self._ages.stop()

    async def _values_of(self, field: str, prefix: str) -> list[str]:
        if self.source is Source.TASKS:
            field = TASK_FIELDS_IN_EVENTS.get(field, "")
        return await self._services.api.get("/events/values", list[str], field=field, prefix=prefix) if field else []

    # -- Qt overrides

    def minimumSizeHint(self) -> QSize:
        """Answer the table's alone: the detail can stand in its place."""
        return QSize(LEAST_TABLE_PX, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share out the room anew."""
        super().resizeEvent(event)
        self._share_out()

    def showEvent(self, event: QShowEvent) -> None:
        """Live again."""
        super().showEvent(event)
        self.activate()
        self._keep_ages()

    def hideEvent(self, event: QHideEvent) -> None:
        """Idle."""
        super().hideEvent(event)
        self._ages.stop()
        self.deactivate()


def _status_of(source: Source, tick: Tick) -> FeedStatus:
    return FeedStatus(
        source=source,
        rate=tick.rate,
        total=tick.end - tick.start,
        dropped=tick.dropped,
        scanned=tick.scanned,
        of=tick.of,
        trimmed=tick.trimmed,
        known=True,
    )
