"""The line a URL or a Kafka client's settings are pasted into: it fills the form, and keeps no password itself."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.problems import hint_of, problem_of, title_of
from desktop.services.connections import ConnectionService
from desktop.services.notices import Notices
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.jobs import Jobs
from desktop.views.widgets.labels import caption
from desktop.views.widgets.wrapped import Wrapped

PASTED_CHARS = 8
"""So many at once were not typed."""
SETTINGS: Final = ("bootstrap.servers", "metadata.broker.list")
"""A Kafka client's properties name the brokers so."""


class UrlField(QWidget):
    """Takes a URL apart with the server's help."""

    parsed = Signal(object)
    """A `SaveConnection` that could be added as it is."""

    def __init__(self, service: ConnectionService, notices: Notices) -> None:
        super().__init__()
        self._service = service
        self._notices = notices
        self._jobs = Jobs(self)
        self._length = 0
        self.line = line_field(tr("URL"), "amqp://user:password@host/vhost, kafka://host:9092", mono=True)
        self.line.textEdited.connect(self._on_edited)
        self.line.returnPressed.connect(self.start_parse)
        self.button = Button(tr("Fill in"), self.start_parse)
        self.note = Wrapped()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.line, 1)
        row.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(4)
        column.addWidget(caption(tr("Paste a URL or a Kafka client's properties, or fill in the fields below")))
        column.addLayout(row)
        column.addWidget(self.note)
        self.setFocusProxy(self.line)
        self.clear()

    def clear(self) -> None:
        """Forget what was typed."""
        self.line.clear()
        self._length = 0
        self._say("", "dim")

    def start_parse(self) -> None:
        """Take apart what stands there."""
        text = self.line.text().strip()
        if text:
            self._jobs.start("parse", self._parse(text), self._on_failed)

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        await self._jobs.stop()

    async def _parse(self, text: str) -> None:
        parsed = await self._service.parse(text)
        self.clear()  # the password stands in its own field from now on
        self._say(tr("Filled in below."), "ok")
        self.parsed.emit(parsed)

    def _on_edited(self, text: str) -> None:
        whole = "://" in text or any(name in text for name in SETTINGS)
        pasted = len(text) - self._length >= PASTED_CHARS and whole
        self._length = len(text)
        self._say("", "dim")
        if pasted:
            self.start_parse()

    def _on_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is None:
            self._notices.from_exception(exc)
        else:
            self._say(f"{title_of(problem)}. {hint_of(problem)}", "bad")

    def _say(self, text: str, tone: str) -> None:
        self.note.setText(text)
        self.note.set_tone(tone)
        self.note.setVisible(bool(text))
