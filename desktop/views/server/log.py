"""The server's log, its broker's and its worker's: a feed like any other, with a choice of levels."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.core.feed_columns import PREVIEW, STATUS, TIME, Column
from desktop.core.feed_tones import status_tone
from desktop.core.formatting import date_time
from desktop.core.i18n import N_, tr, trn
from desktop.core.server_words import LEVELS, log_filter
from desktop.services import Services
from desktop.views.widgets.detail import EventDetail
from desktop.views.widgets.empty_state import EmptyState
from desktop.views.widgets.feed_acts import MAX_COPIED
from desktop.views.widgets.feed_view import FeedView
from desktop.views.widgets.labels import title
from desktop.views.widgets.segmented import Segmented
from embedded_server.contracts.events import Row
from embedded_server.contracts.feeds import Source

SETTINGS_KEY: Final = "server"
LOG_COLUMNS: Final = (
    TIME,
    replace(STATUS, title=N_("Level"), width=96, tone=lambda row: status_tone(row.status)),
    Column("subject", N_("Part"), 84, lambda row: row.subject),
    replace(PREVIEW, title=N_("Message"), width=560, dim=False),
    Column("key", N_("Logger"), 220, lambda row: row.key, mono=True, dim=True, yields=5),
)


class LogView(QWidget):
    """The log with its level filter and its copy."""

    trace_requested = Signal(str)

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        kept = services.settings.value(f"{SETTINGS_KEY}/level", "info")
        level = kept if kept in {key for key, _, _ in LEVELS} else "info"
        self.levels = Segmented([(key, tr(words)) for key, words, _ in LEVELS], level, name=tr("Level"))
        self.levels.chosen.connect(self._on_level_chosen)
        self.detail = EventDetail(services)
        self.view = FeedView(
            services,
            source=Source.EVENTS,
            columns=LOG_COLUMNS,
            settings_key=SETTINGS_KEY,
            base_filter=log_filter(level),
            empty=EmptyState(
                "ph.list-bullets",
                tr("The log has no line of this level"),
                tr("What the server, its broker and its worker write appears here."),
            ),
            detail=self.detail,
        )
        self.view.filter_bar.line.setPlaceholderText(tr("Filter: words, subject:worker, key:celery*, time:>-5m"))
        self.view.row_selected.connect(self.detail.show_row)
        self.detail.close_requested.connect(self.view.close_detail)
        self.view.trace_requested.connect(self.trace_requested)
        self.detail.trace_requested.connect(self.trace_requested)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(title(tr("Log")))
        head.addStretch(1)
        head.addWidget(self.levels)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.view, 1)

    def choose_level(self, level: str) -> None:
        """Show the log from *level* on, as the user does."""
        self.levels.choose(level)

    def copy_lines(self) -> None:
        """Copy the selected lines as text, as one pastes them into a report."""
        table = self.view.table
        if table.selected_count() > MAX_COPIED:
            self._services.notices.warn(
                trn("{n} line is too much for the clipboard", "{n} lines are too many for the clipboard", table.selected_count()),
                tr("Copy up to {n} lines, or export them to a file.", n=MAX_COPIED),
            )
            return
        rows = [row for number in table.selected_rows() if (row := self.view.model.row_at(number)) is not None]
        if not rows:
            self._services.notices.info(tr("No line is selected"), tr("Select lines with a click, Shift and click, or Ctrl+A."))
            return
        QGuiApplication.clipboard().setText("\n".join(log_line(row) for row in rows))
        self._services.notices.info(trn("{n} line copied", "{n} lines copied", len(rows)))

    def _on_level_chosen(self, level: str) -> None:
        self._services.settings.set_value(f"{SETTINGS_KEY}/level", level)
        self.view.set_base_filter(log_filter(level))


def log_line(row: Row) -> str:
    """Write a row of the log as a line of text."""
    return f"{date_time(row.at)} {row.status:<8} {row.subject} {row.key}: {row.preview}"
