"""One message beside the table: where it went, what reading it cost, what it carries, and its body however it was packed."""

import asyncio
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from desktop.core.formatting import date_time, size
from desktop.core.i18n import tr
from desktop.core.rabbitmq_celery import CeleryTask, celery_task
from desktop.core.rabbitmq_deaths import deaths_of
from desktop.core.rabbitmq_message import Seen, seen_of
from desktop.core.rabbitmq_unpack import Unpacked, unpack
from desktop.core.rabbitmq_words import cost_of, status_tone, status_word
from desktop.services import Services
from desktop.views.rabbitmq.message_sections import MessageSections
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.detail import EventDetail
from desktop.views.widgets.feed_splitter import QuietSplitter
from desktop.views.widgets.form_sheet import scrolling
from desktop.views.widgets.labels import caption
from embedded_server.contracts.events import EventDetail as WholeEvent
from embedded_server.contracts.events import Row
from embedded_server.contracts.rabbitmq import MessageStatus

SECTIONS_KEY: Final = "rabbitmq/sections_px"
SECTIONS_PX: Final = 280
LEAST_SECTIONS_PX: Final = 24
ICON_ACT_PX: Final = 30


class MessageDetail(EventDetail):
    """The detail of a message. Its acts ask the panel, which knows the connection."""

    publish_requested = Signal(object, bytes)
    """A `Seen` and the body as it was sent: publish it again."""
    redrive_requested = Signal(object)
    """A `Seen` that was dead-lettered."""

    lists_headers = False

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        self.sections = MessageSections()
        self.cost = caption(wrap=True)
        self.seen: Seen | None = None
        self.task: CeleryTask | None = None
        self._raw = b""
        self._is_cut = False
        self._why_not = ""
        self._make_own_acts()
        super().__init__(services, parent)
        self._put_acts_in_one_row()

    def _make_own_acts(self) -> None:
        self.publish_button = Button(tr("Publish again…"), self.publish_again)
        self.redrive_button = Button(tr("Redrive…"), self.redrive)
        self._own = (self.publish_button, self.redrive_button)

    def _put_acts_in_one_row(self) -> None:
        """Let the acts of every event be icons behind a message's own: two rows of buttons take the room of its headers."""
        for button in (self.copy_button, self.save_button, self.trace_button):
            button.setAccessibleName(button.text())
            button.setText("")
            button.setFixedWidth(ICON_ACT_PX)
        before: QWidget = self.close_button
        for place, button in enumerate(self._own):
            self.acts.insertWidget(place, button)
            button.hide()
            QWidget.setTabOrder(before, button)
            before = button

    # -- what can be done

    def publish_again(self) -> None:
        """Ask for the form that publishes, filled with this message."""
        if self.seen is not None and self.publish_button.isEnabled():
            self.publish_requested.emit(self.seen, self._raw)

    def redrive(self) -> None:
        """Ask to send the queue's dead letters back."""
        if self.seen is not None and self.redrive_button.isEnabled():
            self.redrive_requested.emit(self.seen)

    def set_why_not(self, why_not: str) -> None:
        """Say why nothing may be published here; nothing allows it."""
        self._why_not = why_not
        self._follow()

    def show_row(self, row: Row | None) -> None:
        """Show what the row says at once; what the message before carried is none of its own."""
        if row is not None and (self._row is None or row.seq != self._row.seq):
            self._forget()
        super().show_row(row)

    def clear(self) -> None:
        """Show no message."""
        super().clear()
        self._title.setText(tr("No message is selected"))
        self.cost.hide()
        self._forget()

    def _forget(self) -> None:
        self.seen, self.task, self._raw = None, None, b""
        self.sections.clear()
        for button in self._own:
            button.hide()

    def _follow(self) -> None:
        why_not = self._why_not or (tr("The journal kept only the beginning of its body") if self._is_cut else "")
        self.publish_button.setEnabled(not why_not)
        self.publish_button.setToolTip(why_not or tr("Open the form that publishes, filled with this message"))
        self.redrive_button.setEnabled(not self._why_not)
        self.redrive_button.setToolTip(self._why_not or tr("Send the dead letters of its queue back to where they died"))

    # -- hooks

    def below_title(self) -> Sequence[QWidget]:
        """Put what reading it cost above the acts."""
        return (self.cost,)

    def lower_part(self, body: QWidget) -> QWidget:
        """Put the sections above the body, with a handle between them."""
        self._parts = QuietSplitter(Qt.Orientation.Vertical)
        self._parts.setChildrenCollapsible(False)
        self._scroll = scrolling(self.sections)
        self._parts.addWidget(self._scroll)
        self._parts.addWidget(body)
        self._parts.setStretchFactor(0, 0)
        self._parts.setStretchFactor(1, 1)
        self._parts.setSizes([self._services.settings.value(SECTIONS_KEY, SECTIONS_PX), 300])
        self._parts.splitterMoved.connect(lambda *_: self._services.settings.set_value(SECTIONS_KEY, self._parts.sizes()[0]))
        return self._parts

    def state_of(self, row: Row) -> tuple[str, str]:
        """Answer the message's status."""
        return status_word(row.status), status_tone(row.status) or "wait"

    def facts_of(self, row: Row) -> list[tuple[str, str]]:
        """Answer where and when; its kind and connection go without saying here."""
        self.cost.setText(cost_of(row.status))
        self.cost.set_tone(status_tone(row.status) or "dim")
        self.cost.setVisible(bool(self.cost.text()))
        return [
            (tr("Time"), date_time(row.at)),
            (tr("Queue"), row.worker),
            (tr("Size"), size(row.size) if row.size else ""),
            (tr("Trace"), row.trace),
        ]

    async def show_event(self, row: Row, event: WholeEvent, body: bytes) -> None:
        """Unpack the body and read what it says, in a thread; then show all of it at once."""
        seen = seen_of(event.headers)
        unpacked, task = await asyncio.to_thread(_look, seen, body)
        if self._row is None or self._row.seq != row.seq:
            return
        self.seen, self.task, self._raw = seen, task, body
        self.sections.show_message(seen, task)
        self._scroll.setMaximumHeight(max(self.sections.sizeHint().height(), LEAST_SECTIONS_PX))  # what is left belongs to the body
        self.publish_button.show()
        self.redrive_button.setVisible(row.status == MessageStatus.GOT and bool(deaths_of(seen.headers)))  # it is still there
        self._is_cut = event.truncated
        self._follow()
        self._stack.setCurrentIndex(1 if row.size else 0)
        self._say_all(row, event, body, unpacked, seen)
        self.tabs.set_body(unpacked.data)

    def _say_all(self, row: Row, event: WholeEvent, body: bytes, unpacked: Unpacked, seen: Seen) -> None:
        notes = [
            tr("Truncated: {kept} of {size} were kept", kept=size(len(body)), size=size(row.size)) if event.truncated else "",
            tr("Returned: {reply}", reply=seen.reply) if seen.reply else "",
            tr("It was delivered before, and came back") if seen.redelivered else "",
            unpacked.note,
        ]
        text = "\n".join(note for note in notes if note)
        if text:
            self.say(text, "warn" if event.truncated or seen.reply or not unpacked.is_whole else "dim")


def _look(seen: Seen, body: bytes) -> tuple[Unpacked, CeleryTask | None]:
    compression = seen.headers.get("compression")
    unpacked = unpack(body, seen.properties.content_encoding, compression if isinstance(compression, str) else None)
    return unpacked, celery_task(seen.headers, seen.properties, unpacked.data)
