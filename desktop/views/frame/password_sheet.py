"""Asks for a connection's password where no keyring keeps it: once per launch, over the panel that needs it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.core.connections_words import name_of
from desktop.core.i18n import tr
from desktop.views.frame.overlay import Overlay
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.labels import mono, title
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection

WIDTH_PX = 400


class PasswordSheet(Overlay):
    """One field, and why it is asked for. What was typed stays until it was taken."""

    given = Signal(str, str)
    """A connection's id and the password typed for it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("password-sheet")
        self._id = ""
        self._title = title()
        self._url = mono()
        self._why = Wrapped(small=False)
        self.password = QLineEdit()
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password.setAccessibleName(tr("Password"))
        self.password.setMinimumHeight(30)
        self.password.returnPressed.connect(self._on_given)
        self._failure = Wrapped(tone="bad")
        self.connect_button = PrimaryButton(tr("Connect"), self._on_given)
        self.later = Button(tr("Not now"), self.dismiss)
        self._lay_out()

    def ask(self, connection: Connection) -> None:
        """Ask for the password of *connection*."""
        if connection.id != self._id:
            self.password.clear()
        self._id = connection.id
        self._title.setText(tr("Password of “{name}”", name=name_of(connection)))
        self._url.setText(self._url.fontMetrics().elidedText(connection.url, Qt.TextElideMode.ElideMiddle, WIDTH_PX - 48))
        self._url.setToolTip(connection.url)
        self._failure.hide()
        self.set_busy(False)
        self.open()
        self.password.setFocus(Qt.FocusReason.PopupFocusReason)

    def failed(self, text: str) -> None:
        """Say why it was not taken."""
        self.set_busy(False)
        self._failure.setText(text)
        self._failure.show()

    def set_busy(self, busy: bool) -> None:
        """Offer the act only while none is under way."""
        self.connect_button.setEnabled(not busy)

    def _lay_out(self) -> None:
        self._why.setText(
            tr("This machine has no keyring, so the password is asked for once after each start, and kept in memory until the server ends.")
        )
        card = Card(self, margins=(24, 20, 24, 20))
        card.setFixedWidth(WIDTH_PX)
        for widget in (self._title, self._url, self._why, self.password, self._failure):
            card.body.addWidget(widget)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        row.addWidget(self.later)
        row.addWidget(self.connect_button)
        card.body.addSpacing(4)
        card.body.addLayout(row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 140, 0, 0)
        layout.addWidget(card, 0, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        QWidget.setTabOrder(self.password, self.connect_button)

    def _on_given(self) -> None:
        if self.password.text() and self.connect_button.isEnabled():
            self.set_busy(True)
            self.given.emit(self._id, self.password.text())
