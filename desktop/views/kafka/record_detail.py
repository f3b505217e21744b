"""One record beside the table: where it is, how it came here, its value, key and headers, and what can be done with it."""

import asyncio
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from desktop.core.formatting import breakable, date_time, size
from desktop.core.i18n import tr
from desktop.core.kafka_record import SeenRecord, clock_words, kcat_command, seen_of, time_words
from desktop.core.kafka_words import cost_of, status_tone, status_word
from desktop.core.problems import hint_of, problem_of, title_of
from desktop.services import Services
from desktop.services.kafka import KafkaService
from desktop.views.kafka.columns import offset_of
from desktop.views.kafka.record_sides import RecordSides
from desktop.views.widgets.buttons import Button, popup_under
from desktop.views.widgets.detail import EventDetail
from desktop.views.widgets.jobs import Jobs
from desktop.views.widgets.labels import caption
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.events import EventDetail as WholeEvent
from embedded_server.contracts.events import Row
from embedded_server.contracts.kafka import DecodedRecord, DecodeRequest, Reading, Side, TopicReading

ICON_ACT_PX: Final = 30


class RecordDetail(EventDetail):
    """The detail of a record. Its acts ask the panel, which knows the forms."""

    produce_requested = Signal(int)
    """The number of the event whose record is to be produced again."""
    copy_range_requested = Signal(object)
    """The `SeenRecord` from which records are to be copied."""
    schema_requested = Signal(object)
    """A `SchemaUsed`."""

    lists_headers = False

    def __init__(self, services: Services, service: KafkaService, parent: QWidget | None = None) -> None:
        self.seen: SeenRecord | None = None
        self.cost = caption(wrap=True)
        self._service = service
        self._connection: Connection | None = None
        self._why_not = ""
        self._is_cut = False
        self.produce_button = Button(tr("Produce again…"), self.produce_again)
        super().__init__(services, parent)
        self._work = Jobs(self)
        self._put_acts_in_one_row()
        self.sides.reading_chosen.connect(self._start_reading)
        self.sides.keep_requested.connect(self._start_keeping)
        self.sides.schema_requested.connect(self.schema_requested)

    def _put_acts_in_one_row(self) -> None:
        for button in (self.save_button, self.trace_button):
            button.setAccessibleName(button.text())
            button.setText("")
            button.setFixedWidth(ICON_ACT_PX)
        self.copy_button.setToolTip(tr("Copy a part of it"))
        self.acts.insertWidget(0, self.produce_button)
        QWidget.setTabOrder(self.close_button, self.produce_button)
        QWidget.setTabOrder(self.produce_button, self.copy_button)
        self.produce_button.hide()

    # -- what the panel tells

    def set_connection(self, connection: Connection | None) -> None:
        """Ask of this cluster how records are read."""
        self._connection = connection

    def set_why_not(self, why_not: str) -> None:
        """Say why nothing may be produced here; nothing allows it."""
        self._why_not = why_not
        self._follow()

    # -- what can be done

    def produce_again(self) -> None:
        """Ask for the form that produces, filled with this record."""
        if self._row is not None and self.seen is not None and self.produce_button.isEnabled():
            self.produce_requested.emit(self._row.seq)

    def copy(self) -> None:
        """Offer what can be put on the clipboard."""
        if self._row is not None:
            self.open_copies()

    def copy_event(self) -> None:
        """Copy the whole event as JSON."""
        super().copy()

    def open_copies(self) -> QMenu:
        """Open the menu of what can be put on the clipboard."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        for side, words in ((Side.VALUE, tr("Copy the value")), (Side.KEY, tr("Copy the key"))):
            action = menu.addAction(words)
            action.setEnabled(bool(self.sides.bytes_of(side)))
            action.triggered.connect(lambda _=False, side=side: self.copy_side(side))
        menu.addAction(tr("Copy as JSON")).triggered.connect(self.copy_event)
        kcat = menu.addAction(tr("Copy the kcat command that reads it"))
        kcat.setEnabled(self.seen is not None and self.seen.offset >= 0)
        kcat.triggered.connect(self.copy_kcat)
        menu.addSeparator()
        onward = menu.addAction(tr("Copy records from here on…"))
        onward.setEnabled(self.seen is not None and self.seen.offset >= 0)
        onward.triggered.connect(self._on_copy_range)
        popup_under(menu, self.copy_button)
        return menu

    def copy_side(self, side: Side) -> None:
        """Put a side on the clipboard: as it is read, or its bytes in hex where they are no text."""
        data = self.sides.bytes_of(side)
        if data is None:
            return
        text = self.sides.text_of(side)
        QGuiApplication.clipboard().setText(text if text is not None else data.hex(" "))
        self._services.notices.info(tr("Value copied") if side is Side.VALUE else tr("Key copied"))

    def copy_kcat(self) -> None:
        """Put the command that reads this record on the clipboard."""
        connection = self._connection
        if self.seen is not None and connection is not None:
            QGuiApplication.clipboard().setText(kcat_command(self.seen, connection.url, connection.spec.kafka))
            self._services.notices.info(tr("kcat command copied"), tr("Its password is left out."))

    def _on_copy_range(self) -> None:
        if self.seen is not None:
            self.copy_range_requested.emit(self.seen)

    def show_row(self, row: Row | None) -> None:
        """Show what the row says at once; what the record before carried is none of its own."""
        if row is not None and (self._row is None or row.seq != self._row.seq):
            self._forget()
        super().show_row(row)

    def clear(self) -> None:
        """Show no record."""
        super().clear()
        self._title.setText(tr("No record is selected"))
        self.cost.hide()
        self._forget()

    def _forget(self) -> None:
        self.seen = None
        self.sides.clear()
        self.produce_button.hide()

    def _follow(self) -> None:
        why_not = self._why_not or (tr("The journal kept only the beginning of its value") if self._is_cut else "")
        self.produce_button.setEnabled(not why_not)
        self.produce_button.setToolTip(why_not or tr("Open the form that produces, filled with this record"))

    # -- how it is read

    def _start_reading(self, side: Side, reading: Reading) -> None:
        row, seen = self._row, self.seen
        if row is None or seen is None:
            return
        key = reading if side is Side.KEY else self.sides.reading_of(Side.KEY)
        value = reading if side is Side.VALUE else self.sides.reading_of(Side.VALUE)

        async def act() -> None:
            decoded, note = await self._decode(row, key if key != Reading() else None, value if value != Reading() else None)
            if self._row is not None and self._row.seq == row.seq:
                self.sides.show_record(seen, self.sides.bytes_of(Side.VALUE) or b"", decoded, note)

        self._work.start("read", act(), self._services.notices.from_exception)

    def _start_keeping(self, side: Side) -> None:
        seen, connection = self.seen, self._connection
        if seen is None or connection is None:
            return
        reading = self.sides.reading_of(side)

        async def act() -> None:
            known = await self._service.readings(connection.id)
            before = next((one for one in known if one.topic == seen.topic), TopicReading(seen.topic))
            key, value = (reading, before.value) if side is Side.KEY else (before.key, reading)
            await self._service.save_reading(connection.id, TopicReading(seen.topic, key, value))
            self._services.notices.info(
                tr("Records of “{topic}” are read so from now on", topic=seen.topic),
                tr("Those in the table keep their words; read them again."),
            )

        self._work.start("keep", act(), self._services.notices.from_exception)

    async def _decode(self, row: Row, key: Reading | None, value: Reading | None) -> tuple[DecodedRecord | None, str]:
        if self._connection is None:
            return None, ""
        try:
            return await self._service.decode(self._connection.id, DecodeRequest(row.seq, key, value)), ""
        except Exception as exc:
            problem = problem_of(exc)
            if problem is None:
                raise
            return None, f"{title_of(problem)}\n{hint_of(problem)}".strip()

    # -- hooks

    def below_title(self) -> Sequence[QWidget]:
        """Put how it came here above the acts."""
        return (self.cost,)

    def lower_part(self, body: QWidget) -> QWidget:
        """Value, key and headers fill the room."""
        self.sides = RecordSides(self.tabs)
        body.setParent(self)
        body.hide()
        return self.sides

    def title_of(self, row: Row) -> str:
        """Answer where the record is."""
        return f"{breakable(row.subject)} @ {offset_of(row)}"

    def state_of(self, row: Row) -> tuple[str, str]:
        """Answer the record's status."""
        return status_word(row.status), status_tone(row.status) or "wait"

    def facts_of(self, row: Row) -> list[tuple[str, str]]:
        """Answer when and how much; its kind and connection go without saying here."""
        self.cost.setText(cost_of(row.status))
        self.cost.set_tone(status_tone(row.status) or "dim")
        self.cost.setVisible(bool(self.cost.text()))
        time = time_words(self.seen) if self.seen is not None else date_time(row.at)
        return [
            (tr("Time"), time),
            (tr("Clock"), clock_words(self.seen) if self.seen is not None else ""),
            (tr("Size"), self._size_words(row)),
            (tr("Trace"), row.trace),
        ]

    def _size_words(self, row: Row) -> str:
        parts = [tr("value {size}", size=size(row.size))]
        if self.seen is not None:
            if self.seen.key is not None:
                parts.append(tr("key {size}", size=size(len(self.seen.key))))
            if self.seen.compression not in {"", "none"}:
                parts.append(self.seen.compression)
        return " · ".join(parts)

    async def show_event(self, row: Row, event: WholeEvent, body: bytes) -> None:
        """Read it, in a thread and in the server; then show all of it at once."""
        seen = await asyncio.to_thread(seen_of, event.headers)
        decoded, note = await self._decode(row, None, None)
        if self._row is None or self._row.seq != row.seq:
            return
        self.seen, self._is_cut = seen, event.truncated
        self._write(row)
        self.produce_button.show()
        self._follow()
        if event.truncated:
            self.say(tr("Truncated: {kept} of {size} were kept", kept=size(len(body)), size=size(row.size)))
        self.sides.show_record(seen, body, decoded, note)
