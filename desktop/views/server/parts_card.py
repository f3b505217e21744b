"""The server's parts, one a row: state, name, process, and what there is to say of it, with its restart."""

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.core.formatting import date_time, number
from desktop.core.i18n import N_, tr
from desktop.core.server_words import NONE, REQUIRED, note_tone, part_note, part_state, part_summary, part_title, uptime
from desktop.views.theme import ROW_PX
from desktop.views.widgets.buttons import IconButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.elided import ElidedLabel
from desktop.views.widgets.labels import Label, caption, mono, title
from desktop.views.widgets.state_label import StateLabel
from embedded_server.contracts.server import Part

HEADERS: Final = (N_("State"), N_("Part"), N_("Process"), N_("Up for"), N_("Restarts"), N_("Address or reason"), "")
RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
NUMBERS: Final = (2, 3, 4)
NOTE_COLUMN: Final = 5
STATE_PX: Final = 92


class PartsCard(Card):
    """The table of parts. Rows stay where they are from one status to the next, so that nothing jumps under the cursor."""

    restart_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("parts")
        self.rows: dict[str, PartRow] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(NOTE_COLUMN, 1)
        for column, header in enumerate(HEADERS):
            label = caption(tr(header) if header else "")
            self._grid.addWidget(label, 0, column, RIGHT if column in NUMBERS else Qt.AlignmentFlag.AlignVCenter)
        self._grid.setColumnMinimumWidth(0, STATE_PX)
        self._before_rows = QWidget(self)  # never seen: it holds the rows' place in Tab's way
        self._before_rows.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._before_rows.hide()
        self.body.addWidget(title(tr("Parts")))
        self.body.addLayout(self._grid)
        self.body.addStretch(1)

    def show_parts(self, parts: list[Part]) -> None:
        """Show these parts, in this order."""
        if list(self.rows) != [part.name for part in parts]:
            self._rebuild(parts)
        for part in parts:
            self.rows[part.name].show_part(part)

    def set_restarting(self, name: str, restarting: bool) -> None:
        """Show that a restart the user asked for is under way."""
        if name in self.rows:
            self.rows[name].set_restarting(restarting)

    def _rebuild(self, parts: list[Part]) -> None:
        for row in self.rows.values():
            row.remove()
        self.rows = {}
        before: QWidget = self._before_rows
        for number_, part in enumerate(parts, 1):
            row = PartRow(part.name, partial(self.restart_requested.emit, part.name))
            for column, cell in enumerate(row.cells):
                self._grid.addWidget(cell, number_, column, _alignment(column))
            self._grid.setRowMinimumHeight(number_, ROW_PX)
            QWidget.setTabOrder(before, row.restart)  # made later than what stands below the card
            before = row.restart
            self.rows[part.name] = row


def _alignment(column: int) -> Qt.AlignmentFlag:
    if column == NOTE_COLUMN:
        return Qt.AlignmentFlag(0)  # takes all the room
    return RIGHT if column in NUMBERS else Qt.AlignmentFlag.AlignVCenter


class PartRow:
    """The cells of one part."""

    def __init__(self, name: str, on_restart: Callable[[], None]) -> None:
        self._restarting = False
        self.state = StateLabel()
        self.title = Label(part_title(name))
        self.title.setToolTip(part_summary(name))
        self.pid = mono()
        self.uptime = mono()
        self.restarts = mono()
        self.note = ElidedLabel()
        words = tr("Restart {part}", part=part_title(name))
        self.restart = IconButton("ph.arrow-clockwise", words, on_restart)
        self.restart.setObjectName(f"restart {name}")
        self.restart.setFixedSize(ROW_PX - 2, ROW_PX - 2)
        if name in REQUIRED:  # to show it here, without a parent yet, would open a window
            self.restart.hide()
        self.cells: tuple[QWidget, ...] = (self.state, self.title, self.pid, self.uptime, self.restarts, self.note, self.restart)

    def show_part(self, part: Part) -> None:
        """Show how the part fares."""
        if not self._restarting:
            self.state.set_state(*part_state(part))
        self.pid.setText(str(part.pid) if part.pid else NONE)
        self.uptime.setText(uptime(part.started_at))
        self.uptime.setToolTip(date_time(part.started_at))
        self.restarts.setText(number(part.restarts))
        self.restarts.set_tone("warn" if part.restarts else "dim")
        self.note.show_text(part_note(part), note_tone(part))

    def set_restarting(self, restarting: bool) -> None:
        """Show that it is being restarted, and offer it again afterwards."""
        self._restarting = restarting
        self.restart.setEnabled(not restarting)
        if restarting:
            self.state.set_state(tr("Restarting"), "run")

    def remove(self) -> None:
        """Take the cells out of the window."""
        for cell in self.cells:
            cell.deleteLater()
