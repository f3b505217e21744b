"""What a broker's panel is made around: the list beside what is chosen in it, or a sentence in place of everything."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from desktop.core.feeds import FeedStatus
from desktop.services import Services
from desktop.views.panel import Panel
from desktop.views.widgets.detail import EventDetail
from desktop.views.widgets.empty_state import EmptyState, EmptyStateView
from desktop.views.widgets.feed_splitter import QuietSplitter
from desktop.views.widgets.feed_view import FeedView
from embedded_server.contracts.connections import Connection

NOTHING: Final = 'connection:""'
"""Lists nothing: every event has a connection."""


class BrokerView(Panel):
    """A subclass makes its parts, `feed` and `detail` among them, and then lays them out."""

    feed: FeedView
    detail: EventDetail

    def __init__(self, services: Services, key: str) -> None:
        super().__init__()
        self.setObjectName(key)
        self._services = services
        self._key = key
        self._connection: Connection | None = None
        self._is_live = False
        self._said: EmptyState | None = None

    def lay_out(self, side: QWidget, place: QWidget, asking: EmptyState, *, width: int, kept_as: str) -> None:
        """Put *side* beside *place*, as wide as the settings keep it under *kept_as*; until the broker answers, *asking* stands there."""
        settings, kept_at = self._services.settings, f"{self._key}/{kept_as}"
        splitter = QuietSplitter(Qt.Orientation.Horizontal)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(side)
        splitter.addWidget(place)
        splitter.setStretchFactor(0, 0)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([settings.value(kept_at, width), 800])
        splitter.splitterMoved.connect(lambda *_: settings.set_value(kept_at, splitter.sizes()[0]))
        self._message = EmptyStateView(asking)
        self._stack = QStackedWidget()
        for page in (self._message, splitter):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)

    def show_message(self, state: EmptyState) -> None:
        """Show a sentence in place of everything."""
        self._message.set_state(state)
        self._stack.setCurrentIndex(0)

    def show_parts(self) -> None:
        """Show the list, and what is chosen in it."""
        self._stack.setCurrentIndex(1)

    def is_message_shown(self) -> bool:
        """Whether a sentence stands in place of everything."""
        return self._stack.currentIndex() == 0

    # -- what every broker's panel does alike

    def _is_read_only(self) -> bool:
        return self._connection is not None and self._connection.spec.read_only

    def _kept_place(self) -> str:
        """Answer the text of the place that was looked at last on this connection; "" where none was."""
        return self._services.settings.value(self._place_key(), "")

    def _keep_place(self, text: str) -> None:
        self._services.settings.set_value(self._place_key(), text)

    def _place_key(self) -> str:
        assert self._connection is not None
        return f"{self._key}/spot_{self._connection.id}"

    def _forget_selection(self) -> None:
        """Another place has other rows; the keys stay with the list."""
        self.feed.forget_selection()
        self.detail.clear()
        self.feed.close_detail(to_table=False)

    def _rest_focus(self, first: QWidget) -> None:
        """Put the keys into *first*, unless the user has put them somewhere."""
        if self.isVisible() and self.window().focusWidget() in {None, self, self._message}:
            first.setFocus()

    def _show_empty(self, state: EmptyState) -> None:
        if state != self._said:
            self._said = state
            self.feed.set_empty(state)

    def _on_status_changed(self, status: FeedStatus) -> None:
        self.status.emit(status)

    def _on_path_filter_requested(self, path: str, raw: str) -> None:
        self.feed.add_raw_term(f"body{'' if path.startswith('[') else '.'}{path}:{raw}")
