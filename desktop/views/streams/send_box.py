"""The box under a WebSocket's frames: text, JSON, Base64 or hex, checked while it is typed, kept until it was sent."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit

from desktop.core.formatting import size
from desktop.core.i18n import tr
from desktop.core.problems import hint_of, title_of
from desktop.core.streams_message import Format, Message, check
from desktop.services.streams import StreamService
from desktop.views.theme import theme
from desktop.views.widgets.buttons import PrimaryButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.labels import caption
from desktop.views.widgets.segmented import Segmented
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.streams import Stream, StreamState

LINES: Final = 3
CHECK_LIMIT_CHARS: Final = 200_000
"""A longer text is checked when it is sent, not at every key."""


class SendBox(Card):
    """What is sent is asked for by `send_requested`; the panel answers with `sent` or `failed`."""

    send_requested = Signal(object)
    """A `SendRequest`."""

    def __init__(self, service: StreamService) -> None:
        super().__init__(margins=(12, 8, 12, 8))
        self._service = service
        self._stream_id = ""
        self._is_open = False
        self._sending = False
        choices = [(Format.TEXT, tr("Text")), (Format.JSON, "JSON"), (Format.BASE64, "Base64"), (Format.HEX, tr("Hex"))]
        self.format = Segmented(choices, Format.JSON, name=tr("Message format"))
        self.edit = QPlainTextEdit()
        self.edit.setAccessibleName(tr("Message"))
        self.edit.setTabChangesFocus(True)
        self.edit.setFont(theme().mono_font())
        self.edit.setFixedHeight(self.edit.fontMetrics().lineSpacing() * LINES + 16)
        self.note = caption()
        self.button = PrimaryButton(tr("Send"), self.start_send)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.format)
        foot.addWidget(self.note, 1)
        foot.addWidget(caption("Ctrl+Enter"))
        foot.addWidget(self.button)
        self.body.addWidget(self.edit)
        self.body.addLayout(foot)
        self.edit.textChanged.connect(self._on_edited)
        self.format.chosen.connect(lambda _: self._show_check())
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self.start_send)

    def show_stream(self, stream: Stream) -> None:
        """Be the box of this stream, with what was typed for it."""
        if stream.id != self._stream_id:
            self._stream_id = stream.id
            self.edit.setPlainText(self._service.messages.get(stream.id, ""))
        is_open = stream.state is StreamState.OPEN
        if is_open != self._is_open:
            self._is_open = is_open
            self._show_check()
        self._show_button()

    def start_send(self) -> None:
        """Check the message; ask for it to be sent if it holds."""
        message = self._message()
        if message.request is None:
            self._say(message.fault, "bad")
            self.edit.setFocus()
        elif self._is_open and not self._sending:
            self._sending = True
            self._show_button()
            self.send_requested.emit(message.request)

    def sent(self) -> None:
        """It was sent: the text is selected, so that typing replaces it and Ctrl+Enter sends it again."""
        self._sending = False
        self._say(tr("Sent"), "ok")
        self.edit.selectAll()
        self._show_button()

    def failed(self, problem: ProblemDetails | None) -> None:
        """It was not sent, or nobody knows: the text stays as it is."""
        self._sending = False
        self._show_button()
        if problem is not None:
            self._say(f"{title_of(problem)}. {hint_of(problem)}", "bad")

    def _message(self) -> Message:
        return check(self.edit.toPlainText(), Format(self.format.current()))

    def _on_edited(self) -> None:
        if self._stream_id:
            self._service.messages[self._stream_id] = self.edit.toPlainText()
        self._show_check()
        self._show_button()

    def _show_check(self) -> None:
        if not self._is_open:
            self._say(tr("Open the stream to send"), "dim")
        elif self.edit.document().characterCount() > CHECK_LIMIT_CHARS:
            self._say(tr("Checked when it is sent"), "dim")
        elif not self.edit.toPlainText():
            self._say("", "dim")
        else:
            message = self._message()
            self._say(message.fault or size(message.size), "warn" if message.fault else "dim")

    def _show_button(self) -> None:
        self.button.setText(tr("Sending …") if self._sending else tr("Send"))
        self.button.setEnabled(self._is_open and not self._sending)

    def _say(self, text: str, tone: str) -> None:
        self.note.setText(self.note.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(self.note.width(), 240)))
        self.note.setToolTip(text)
        self.note.set_tone(tone)
