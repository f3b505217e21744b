"""The journal's fill and the server's own facts, a card each."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from desktop.core.formatting import size
from desktop.core.i18n import tr
from desktop.core.server_words import fills, losses, sentence, uptime
from desktop.views.server.meter import Meter
from desktop.views.widgets.buttons import IconButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.elided import ElidedLabel
from desktop.views.widgets.labels import Label, caption, mono, title
from embedded_server.contracts.server import JournalStatus, ServerStatus

SMALL_PX = 24


class JournalCard(Card):
    """How full the journal is by each of its limits, and what left it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("journal")
        self.meters = [Meter(), Meter(), Meter()]
        self.losses = caption(wrap=True)
        self.set_aside = Label(tone="warn", wrap=True, selectable=True)
        self.set_aside.hide()
        self.problem = Label(tone="bad", wrap=True, selectable=True)
        self.problem.hide()
        self.body.addWidget(title(tr("Journal")))
        self.body.addWidget(self.problem)
        for meter in self.meters:
            self.body.addWidget(meter)
        self.body.addWidget(self.losses)
        self.body.addWidget(self.set_aside)
        self.body.addStretch(1)

    def show_journal(self, journal: JournalStatus) -> None:
        """Show how it fares."""
        for meter, fill in zip(self.meters, fills(journal), strict=True):
            meter.show_fill(fill.share, fill.text)
        text, tone = losses(journal)
        self.losses.setText(text)
        self.losses.set_tone(tone)
        self.problem.setVisible(bool(journal.problem))
        if journal.problem:
            self.problem.setText(
                tr("Nothing can be written now: {why} It goes on trying, and sources wait.", why=sentence(journal.problem))
            )
        self.set_aside.setVisible(bool(journal.set_aside))
        if journal.set_aside:
            name = Path(journal.set_aside).name
            self.set_aside.setText(tr("The journal was damaged. What it held is kept as {file}; a new one was begun.", file=name))
            self.set_aside.setToolTip(journal.set_aside)


class ServerCard(Card):
    """Version, process, memory, and where everything is kept."""

    copy_requested = Signal()
    open_requested = Signal()
    restart_requested = Signal()

    def __init__(self, *, is_embedded: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("server_facts")
        self.version = mono(tone="text")
        self.address = mono(tone="text")
        self.process = mono(tone="text")
        self.memory = mono(tone="text")
        self.folder = ElidedLabel()
        facts = (
            (tr("Version"), self.version),
            (tr("Address"), self.address),
            (tr("Process"), self.process),
            (tr("Memory"), self.memory),
            (tr("Folder"), self._folder_row(is_embedded=is_embedded)),
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for row, (name, value) in enumerate(facts):
            grid.addWidget(caption(name), row, 0)
            grid.addWidget(value, row, 1)
        head = QHBoxLayout()
        head.addWidget(title(tr("Server")), 1)
        words = tr("Restart the whole server; you stay signed in")
        self.restart = _small(IconButton("ph.arrow-clockwise", words, self.restart_requested.emit))
        if not is_embedded:
            self.restart.hide()  # never shown before it has a parent: it would flash as a window of its own
        head.addWidget(self.restart)
        self.body.addLayout(head)
        self.body.addLayout(grid)
        self.body.addStretch(1)

    def show_server(self, status: ServerStatus) -> None:
        """Show how it fares."""
        self.version.setText(status.version)
        self.address.setText(status.url)
        self.process.setText(tr("{pid}, up for {time}", pid=status.pid, time=uptime(status.started_at)))
        self.memory.setText(size(status.memory_bytes) if status.memory_bytes else tr("unknown"))
        self.folder.show_text(status.data_dir, "text")

    def _folder_row(self, *, is_embedded: bool) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.folder, 1)
        layout.addWidget(_small(IconButton("ph.copy", tr("Copy the path"), self.copy_requested.emit)))
        if is_embedded:  # of a server elsewhere the folder is elsewhere, too
            layout.addWidget(_small(IconButton("ph.folder-open", tr("Open the folder"), self.open_requested.emit)))
        return row


def _small(button: IconButton) -> IconButton:
    button.setFixedSize(SMALL_PX, SMALL_PX)
    return button
