"""One event beside the table: what it was, when, where it belongs, and its body, fetched when it is looked at."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QSizePolicy, QStackedLayout, QWidget

from desktop.core.feed_copy import event_as_json
from desktop.core.feed_tones import kind_tone
from desktop.core.formatting import date_time, size
from desktop.core.i18n import N_, tr
from desktop.core.problems import hint_of, problem_of, title_of
from desktop.services import Services
from desktop.views.widgets.buttons import Button, IconButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.detail_body import BodyTabs
from desktop.views.widgets.elided import ElidedLabel
from desktop.views.widgets.labels import Label, caption, title
from desktop.views.widgets.state_label import StateLabel
from embedded_server.contracts.concurrency import spawn
from embedded_server.contracts.events import EventDetail as WholeEvent
from embedded_server.contracts.events import Row

FETCH_AFTER_MS: Final = 60
"""Holding an arrow key down asks for nothing until it rests."""

_JOINS: Final = {
    "traceparent": N_("by its traceparent header"),
    "celery-root": N_("by its task's root"),
    "correlation-id": N_("by its correlation id"),
    "json-path": N_("by a value in its body"),
}


class EventDetail(Card):
    """The detail of a journal event. Give it rows with `show_row`. A panel's own says more of its events by overriding the hooks."""

    close_requested = Signal()
    trace_requested = Signal(str)
    path_filter_requested = Signal(str, str)
    loaded = Signal()
    """The whole event is on screen."""

    lists_headers = True
    """Whether the headers are one of the tabs under the facts."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent, margins=(16, 12, 12, 12))
        self.setObjectName("event_detail")
        self._services = services
        self._row: Row | None = None
        self._event: WholeEvent | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_fetched = True
        self._clock = QTimer(self, singleShot=True, interval=FETCH_AFTER_MS)
        self._clock.timeout.connect(self._fetch)
        self._title = title()
        self._title.setWordWrap(True)
        self._state = StateLabel()
        self._subtitle = ElidedLabel(middle=True)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(12)
        self._facts.setVerticalSpacing(4)
        self._facts.setColumnStretch(1, 1)
        self._note = Label(tone="warn", wrap=True)
        self._note.hide()
        self.tabs = BodyTabs(notify=services.notices.from_exception, with_headers=self.lists_headers)
        self.tabs.path_filter_requested.connect(self.path_filter_requested)
        self._no_body = caption(wrap=True)
        self._build()
        self.clear()

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._title, 1)
        head.addWidget(self._state, 0, Qt.AlignmentFlag.AlignVCenter)
        self.close_button = IconButton("ph.x", tr("Close (Esc)"), self.close_requested.emit)
        head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.copy_button = Button(tr("Copy"), self.copy, icon_name="ph.copy")
        self.copy_button.setToolTip(tr("Copy the whole event as JSON"))
        self.save_button = Button(tr("Save body…"), self.ask_where_to_save, icon_name="ph.download-simple")
        self.save_button.setToolTip(tr("Write the body to a file, byte for byte"))
        self.trace_button = Button(tr("Trace"), self._on_trace, icon_name="ph.path")
        self.trace_button.setToolTip(tr("Show every event of this message's life"))
        self.acts = acts = QHBoxLayout()
        acts.setSpacing(8)
        for button in (self.copy_button, self.save_button, self.trace_button):
            acts.addWidget(button)
        acts.addStretch(1)
        body = QWidget()
        body.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._stack = QStackedLayout(body)
        self._no_body.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._stack.addWidget(self._no_body)
        self._stack.addWidget(self.tabs)
        for item in (head, acts, self._facts):
            self.body.addLayout(item)
            if item is head:
                for widget in (self._subtitle, *self.below_title()):
                    self.body.addWidget(widget)
        self.body.addWidget(self._note)
        self.body.addWidget(self.lower_part(body), 1)

    # -- hooks

    def below_title(self) -> Sequence[QWidget]:
        """Answer what stands between the title and the acts."""
        return ()

    def lower_part(self, body: QWidget) -> QWidget:
        """Answer what fills the room under the facts; *body* shows the body."""
        return body

    def title_of(self, row: Row) -> str:
        """Answer the title of an event."""
        return row.subject or row.kind

    def state_of(self, row: Row) -> tuple[str, str]:
        """Answer the state of an event: the word and its colour."""
        return row.status or row.kind, kind_tone(row.kind, row.status) or "wait"

    def facts_of(self, row: Row) -> list[tuple[str, str]]:
        """Answer what stands under the acts; an empty value is left out."""
        return [
            (tr("Kind"), row.kind),
            (tr("Time"), date_time(row.at)),
            (tr("Connection"), row.connection),
            (tr("Worker"), row.worker),
            (tr("Size"), size(row.size) if row.size else ""),
            (tr("Trace"), row.trace),
            (tr("Joined"), tr(_JOINS[row.joined]) if row.joined in _JOINS else row.joined),
        ]

    async def show_event(self, row: Row, event: WholeEvent, body: bytes) -> None:
        """Show what the row does not say. While it awaits anything, another row may be chosen: then it says nothing."""
        self.tabs.set_headers(event.headers)
        self._stack.setCurrentIndex(1 if row.size or event.headers else 0)
        if event.truncated:
            self.say(tr("Truncated: {kept} of {size} were kept", kept=size(len(body)), size=size(row.size)))
        self.tabs.set_body(body)

    # -- what is asked of it

    def show_row(self, row: Row | None) -> None:
        """Show what the row says at once, and fetch the rest; None keeps what is shown."""
        if row is None or row == self._row:
            return
        is_other = self._row is None or self._row.seq != row.seq
        self._row = row
        self._write(row)
        if is_other:
            self._event = None
            self._note.hide()
            self._stack.setCurrentIndex(1 if row.size else 0)
            self._is_fetched = False
            if self.isVisible():
                self._clock.start()

    def clear(self) -> None:
        """Show no event: the one shown is not in the list any more."""
        self._clock.stop()
        if self._task is not None:
            self._task.cancel()
        self._row = self._event = None
        self._is_fetched = True
        self._title.setText(tr("No event is selected"))
        for widget in (self._state, self._subtitle, self._note, self.copy_button, self.save_button, self.trace_button):
            widget.hide()
        self._write_facts([])
        self._no_body.setText(tr("Select one in the table to see what it carried."))
        self._stack.setCurrentIndex(0)

    @property
    def row(self) -> Row | None:
        """The event shown."""
        return self._row

    def copy(self) -> None:
        """Copy the whole event as JSON."""
        if self._row is not None:
            spawn(self._copy(self._row), name="copy-event", notify=self._services.notices.from_exception)

    def ask_where_to_save(self) -> QFileDialog:
        """Ask for a file and write the body into it, byte for byte."""
        dialog = QFileDialog(self, tr("Save body"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        seq = self._row.seq if self._row is not None else 0
        dialog.selectFile(f"event-{seq}{'.json' if self.tabs.body.is_json else '.bin'}")
        dialog.fileSelected.connect(lambda name: self.save(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def save(self, file: Path) -> None:
        """Write the body into *file*."""
        if self._row is not None:
            spawn(self._save(file, self._row), name="save-body", notify=self._services.notices.from_exception)

    # -- the inside

    def _write(self, row: Row) -> None:
        self._title.setText(self.title_of(row))
        self._no_body.setText(tr("This event has no body."))
        self.copy_button.show()
        self._state.show()
        self._state.set_state(*self.state_of(row))
        self._subtitle.show_text(row.key, "dim")
        self._subtitle.setVisible(bool(row.key))
        self.trace_button.setVisible(bool(row.trace))
        self.save_button.setVisible(row.size > 0)
        self._write_facts([(name, value) for name, value in self.facts_of(row) if value])

    def _write_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        while (item := self._facts.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        for line, (name, value) in enumerate(facts):
            self._facts.addWidget(caption(name), line, 0)
            is_mono = name != tr("Joined")
            self._facts.addWidget(ElidedLabel(value, tone="text", is_mono=is_mono, middle=name == tr("Trace")), line, 1)

    def _fetch(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._row is not None:
            self._is_fetched = True
            self._task = spawn(self._load(self._row), name="event-detail", notify=self._on_failed)

    async def _load(self, row: Row) -> None:
        api = self._services.api
        event = await api.get(f"/events/{row.seq}", WholeEvent, body="false")
        body = await api.get_bytes(f"/events/{row.seq}/body") if row.size else b""
        if self._row is None or self._row.seq != row.seq:
            return
        self._event = event
        await self.show_event(row, event, body)
        self.loaded.emit()

    def _on_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is None:
            self._services.notices.from_exception(exc)
        else:
            self.say(f"{title_of(problem)}\n{hint_of(problem)}")

    def say(self, text: str, tone: str = "warn") -> None:
        """Say above the body what is worth knowing of it."""
        self._note.set_tone(tone)
        self._note.setText(text)
        self._note.show()

    def _on_trace(self) -> None:
        if self._row is not None:
            self.trace_requested.emit(self._row.trace)

    async def _copy(self, row: Row) -> None:
        event = await self._services.api.get(f"/events/{row.seq}", WholeEvent)
        QGuiApplication.clipboard().setText(await asyncio.to_thread(event_as_json, event))
        self._services.notices.info(tr("Event copied"))

    async def _save(self, file: Path, row: Row) -> None:
        from desktop.services.feed_export import FileUnwritable

        data = await self._services.api.get_bytes(f"/events/{row.seq}/body")
        try:
            await asyncio.to_thread(file.write_bytes, data)
        except OSError as exc:
            raise FileUnwritable(file=str(file), reason=exc.strerror or str(exc)) from exc
        self._services.notices.info(tr("Body saved"), str(file))

    # -- Qt overrides

    def showEvent(self, event: QShowEvent) -> None:
        """Fetch what nobody has looked at so far."""
        super().showEvent(event)
        if not self._is_fetched:
            self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Fetch nothing while nobody looks."""
        super().hideEvent(event)
        self._clock.stop()
