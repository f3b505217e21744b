"""Every event, any filter; a row's trace is one click away."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QVBoxLayout

from desktop.core.feed_columns import EVENT_COLUMNS
from desktop.core.feed_filter import term
from desktop.core.feeds import FeedStatus
from desktop.core.formatting import short_id
from desktop.core.i18n import tr
from desktop.services import Services
from desktop.views.panel import Panel
from desktop.views.widgets.detail import EventDetail
from desktop.views.widgets.empty_state import EmptyState
from desktop.views.widgets.feed_view import FeedView
from embedded_server.contracts.feeds import Source

TRACE_CHIP = "trace"


class TimelinePanel(Panel):
    """The feed of all events."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.setObjectName("timeline")
        self.detail = EventDetail(services)
        self.view = FeedView(
            services,
            source=Source.EVENTS,
            columns=EVENT_COLUMNS,
            settings_key="timeline",
            empty=EmptyState(
                "ph.activity",
                tr("Nothing has happened yet"),
                tr("Every task, message, stream event and request appears here, whichever connection it came through."),
            ),
            detail=self.detail,
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        self.above = QVBoxLayout()
        """Room for the picture of a trace: lanes on a time axis."""
        layout.addLayout(self.above)
        layout.addWidget(self.view, 1)
        self.setFocusProxy(self.view)
        self.view.row_selected.connect(self.detail.show_row)
        self.view.status_changed.connect(self._on_status_changed)
        self.view.trace_requested.connect(self.show_trace)
        self.detail.trace_requested.connect(self.show_trace)
        self.detail.path_filter_requested.connect(self._on_path_filter_requested)
        self.detail.close_requested.connect(self.view.close_detail)

    def show_trace(self, trace: str) -> None:
        """List all events of one trace, as a part of the filter that can be removed."""
        self.view.set_chip(TRACE_CHIP, tr("trace: {id}", id=short_id(trace)), term("trace", trace))

    def _on_path_filter_requested(self, path: str, raw: str) -> None:
        self.view.add_raw_term(f"body{'' if path.startswith('[') else '.'}{path}:{raw}")

    def _on_status_changed(self, status: FeedStatus) -> None:
        self.status.emit(status)
        self.count_changed.emit(status.of if status.known else -1)  # of all events, whatever the filter

    # -- what the window asks

    def actions(self) -> list[QAction]:
        """The view's acts."""
        return self.view.actions()

    def focus_filter(self) -> bool:
        """The cursor into the filter."""
        return self.view.focus_filter()

    def go_back(self) -> bool:
        """Close the detail."""
        return self.view.go_back()

    def activate(self) -> None:
        """Live."""
        self.view.activate()

    def deactivate(self) -> None:
        """Idle."""
        self.view.deactivate()
