"""The top of a connection: what it is, how it fares and why, and what can be done with it."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.core.connections_words import KIND_WORDS, mark_of, name_of, state_of
from desktop.core.i18n import tr
from desktop.core.problems import hint_of, title_of
from desktop.views.theme import theme
from desktop.views.widgets.buttons import Button, IconButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.confirm_bar import ConfirmBar
from desktop.views.widgets.labels import mono, title
from desktop.views.widgets.state_label import StateLabel
from desktop.views.widgets.swatch import SWATCH_PX, paint_swatch
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import EMBEDDED_ID, Colour, Connection, ConnectionKind, LinkState

NARROW_PX: Final = 560


class Swatch(QWidget):
    """The connection's colour beside its name."""

    def __init__(self) -> None:
        super().__init__()
        self._mark = mark_of(Colour.BLUE)
        self.setFixedSize(SWATCH_PX + 2, SWATCH_PX + 2)
        theme().changed.connect(self.update)

    def set_colour(self, colour: Colour) -> None:
        """Show another one."""
        self._mark = mark_of(colour)
        self.update()

    # -- Qt overrides

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_swatch(painter, 1, self.height() / 2, self._mark)


class ConnectionHead(Card):
    """Name, state, address, trouble and acts of the chosen connection, or the title of a new one."""

    connect_requested = Signal()
    disconnect_requested = Signal()
    duplicate_requested = Signal()
    remove_requested = Signal()
    copy_requested = Signal()

    def __init__(self) -> None:
        super().__init__(margins=(16, 12, 12, 12))
        self.connection: Connection | None = None
        self._new_kind = ConnectionKind.RABBITMQ
        self._dimmed = False
        self._is_narrow = False
        self._swatch = Swatch()
        self._title = title()
        self._title.setMinimumWidth(40)
        self.state = StateLabel()
        self._url = mono()
        self._url.setMinimumWidth(40)
        self.trouble = Wrapped(tone="bad", small=False)
        self.hint = Wrapped()
        self.connect_button = Button(tr("Connect"), self.connect_requested.emit, icon_name="ph.play")
        self.disconnect_button = Button(tr("Disconnect"), self.disconnect_requested.emit, icon_name="ph.stop")
        self.copy = IconButton("ph.link-simple", tr("Copy the address, without the password"), self.copy_requested.emit)
        self.duplicate = IconButton("ph.copy", tr("Duplicate"), self.duplicate_requested.emit)
        self.remove = IconButton("ph.trash", tr("Remove…"), self.ask_to_remove)
        self.confirm = ConfirmBar()
        self.confirm.confirmed.connect(self.remove_requested)
        self._lay_out()

    def show_connection(self, connection: Connection | None) -> None:
        """Show how it fares now; None is one that is not kept yet."""
        if connection is None or self.connection is None or connection.id != self.connection.id:
            self.confirm.hide()
        self.connection = connection
        own = connection is not None and connection.id != EMBEDDED_ID
        for widget in (self._swatch, self.state, self._url, self.copy):
            widget.setVisible(connection is not None)
        self.duplicate.setVisible(own)
        self.remove.setVisible(own)
        self._elide()
        self._show_state()
        state = connection.health.state if connection is not None else None
        self.connect_button.setVisible(state in {LinkState.IDLE, LinkState.WAITING, LinkState.FAILED})
        words = {LinkState.WAITING: tr("Try now"), LinkState.FAILED: tr("Try again")}
        self.connect_button.setText(words.get(state, tr("Connect")) if state is not None else "")
        self.disconnect_button.setVisible(state in {LinkState.OPEN, LinkState.CONNECTING, LinkState.WAITING})
        if connection is not None:
            self._swatch.set_colour(connection.spec.colour)
        problem = connection.health.problem if connection is not None else None
        for label, text in ((self.trouble, title_of(problem) if problem else ""), (self.hint, hint_of(problem) if problem else "")):
            label.setText(text)
            label.setVisible(bool(text))
        self.trouble.set_tone("warn" if state is LinkState.WAITING else "bad")

    def set_new_kind(self, kind: ConnectionKind) -> None:
        """Say of a connection that is not kept yet what it is to be."""
        self._new_kind = kind
        self._elide()

    def set_dimmed(self, dimmed: bool) -> None:
        """Show that what is known is from before: no state colour claims that it still holds."""
        self._dimmed = dimmed
        self._show_state()

    def ask_to_remove(self) -> None:
        """Ask, in place, naming what is lost."""
        if self.connection is None or self.connection.id == EMBEDDED_ID:
            return
        name = name_of(self.connection)
        self.confirm.ask(
            tr("Remove the connection “{name}”?", name=name),
            tr("Its settings and its password are forgotten and its links closed. The broker and the events in the journal stay."),
            act=tr("Remove “{name}”", name=name),
            keep=tr("Keep it"),
        )

    def _show_state(self) -> None:
        if self.connection is not None:
            word, tone = state_of(self.connection)
            self.state.set_state(word, "wait" if self._dimmed else tone)

    def _elide(self) -> None:
        new = tr("New {kind} connection", kind=KIND_WORDS[self._new_kind])
        name = name_of(self.connection) if self.connection is not None else new
        url = self.connection.url if self.connection is not None else ""
        for label, text in ((self._title, name), (self._url, url)):
            label.setToolTip(text)
            label.setText(label.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, max(label.width() - 2, 40)))

    def _lay_out(self) -> None:
        names = QVBoxLayout()
        names.setSpacing(2)
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self._swatch)
        first.addWidget(self._title, 1)
        first.addWidget(self.state)
        names.addLayout(first)
        names.addWidget(self._url)
        self._acts = QWidget()
        acts = QHBoxLayout(self._acts)
        acts.setContentsMargins(0, 0, 0, 0)
        acts.setSpacing(8)
        for widget in (self.connect_button, self.disconnect_button, self.copy, self.duplicate, self.remove):
            acts.addWidget(widget)
        self._top = QHBoxLayout()
        self._top.setSpacing(16)
        self._top.addLayout(names, 1)
        self._top.addWidget(self._acts, 0, Qt.AlignmentFlag.AlignTop)
        self.body.setSpacing(6)
        self.body.addLayout(self._top)
        for label in (self.trouble, self.hint, self.confirm):
            self.body.addWidget(label)

    # -- Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the name and the address to their room; where there is little, the acts stand under them."""
        super().resizeEvent(event)
        is_narrow = self.width() < NARROW_PX
        if is_narrow != self._is_narrow:
            self._is_narrow = is_narrow
            if is_narrow:
                self.body.insertWidget(1, self._acts, 0, Qt.AlignmentFlag.AlignLeft)
            else:
                self._top.addWidget(self._acts, 0, Qt.AlignmentFlag.AlignTop)
        self._elide()
