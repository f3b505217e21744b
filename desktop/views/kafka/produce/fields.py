"""The fields of a record: topic and partition, key, value, headers, timestamp, compression, and how often it is sent."""

import base64
import binascii
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.core.faults import Fault
from desktop.core.i18n import tr
from desktop.core.kafka_content import Kind, check_content, content_of
from desktop.core.kafka_draft import Draft, Place, Prepared, fields_in, is_tombstone, prepare
from desktop.core.kafka_names import check_topic
from desktop.core.kafka_values import offset_of
from desktop.core.repeat import RepeatPlace
from desktop.services.kafka import KafkaService
from desktop.views.kafka.names import topics_of
from desktop.views.kafka.produce.content_field import ContentField
from desktop.views.kafka.produce.header_rows import HeaderRows
from desktop.views.kafka.produce.partition_line import PartitionLine
from desktop.views.widgets.field_sample import FieldMenu, Sample, one_line
from desktop.views.widgets.form_sheet import field_group, line_field, side_by_side
from desktop.views.widgets.labels import caption
from desktop.views.widgets.name_line import NameLine
from desktop.views.widgets.repeat_field import RepeatField
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.kafka import Compression, Content, ContentForm, PartitionFor, Record, Side

PARTITION_PX: Final = 120


class RecordFields(QWidget):
    """Everything that is typed of a record; what becomes of it is the form's."""

    edited = Signal()
    schemas_requested = Signal()

    def __init__(self, service: KafkaService, notify: Notify, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._connection = ""
        self._loading = False
        self._last_text: QWidget | None = None
        self._make_fields(notify)
        self._lay_out()
        self._connect()

    def point_at(self, connection: str) -> None:
        """Complete names, and tell partitions, of *connection*."""
        self._connection = connection
        self.topic.complete_from(topics_of(self._service, connection))

    def look(self) -> None:
        """Ask anew where the key goes: the topic may have other partitions by now."""
        self._look_at_key(again=True)

    def first(self) -> QWidget:
        """Answer where one begins to type."""
        return self.value if self.topic.text() else self.topic

    def side(self, side: Side) -> ContentField:
        """Answer the field of the key or of the value."""
        return self.key if side is Side.KEY else self.value

    def draft(self) -> Draft:
        """Answer the form exactly as it stands."""
        return Draft(
            topic=self.topic.text(),
            partition=self.partition.text(),
            key=self.key.draft(),
            value=self.value.draft(),
            headers=self.headers.headers(),
            timestamp=self.timestamp.text(),
            compression=Compression(self.compression.currentData()),
            fill=self.sample.fill.isChecked(),
            repeat=self.repeat.repeat(),
        )

    def show_draft(self, draft: Draft) -> None:
        """Put *draft* into the fields."""
        self._loading = True
        self.topic.setText(draft.topic)
        self.partition.setText(draft.partition)
        self.sample.fill.setChecked(draft.fill)
        self.key.show_draft(draft.key, fills=draft.fill)
        self.value.show_draft(draft.value, fills=draft.fill)
        self.headers.show_headers(draft.headers)
        self.timestamp.setText(draft.timestamp)
        self.compression.setCurrentIndex(list(Compression).index(draft.compression))
        self.repeat.show_repeat(draft.repeat)
        self._loading = False
        self._show_faults({})
        self._on_edited()

    def checked(self, draft: Draft) -> Record | None:
        """Answer the record, or None with what is wrong shown and the cursor in it."""
        unchecked = frozenset(side for side in Side if self.side(side).is_long())
        prepared = prepare(draft, unchecked=unchecked)
        self._show_faults(prepared.faults)
        self.headers.show_faults()
        if prepared.record is None:
            self._go_to_fault(prepared)
        return prepared.record

    # -- how it is made

    def _make_fields(self, notify: Notify) -> None:
        self.topic = NameLine(tr("Topic"), "orders")
        self.partition = line_field(tr("Partition"), tr("Auto"), mono=True)
        self.partition.setToolTip(tr("Auto puts records of the same key into the same partition; without a key they spread"))
        self.where = PartitionLine(self._service, notify)
        self.key = ContentField(Side.KEY, self._service, notify)
        self.value = ContentField(Side.VALUE, self._service, notify)
        self.tombstone = Wrapped(tone="warn")
        self.field_menu = FieldMenu()
        self.value.add_tool(self.field_menu)
        self.sample: Sample[Record] = Sample(self._fill, notify)
        self.headers = HeaderRows()
        self.timestamp = line_field(tr("Timestamp"), tr("now"), mono=True)
        self.timestamp.setToolTip(tr("A date and time, -15m for a while ago, or milliseconds since 1970"))
        self.compression = QComboBox()
        self.compression.setAccessibleName(tr("Compression"))
        for one in Compression:
            self.compression.addItem(tr("none") if one is Compression.NONE else one.value, one)
        self.repeat = RepeatField(tr("Produce it many times"), tr("Records a second"), tr("as fast as acknowledged"))
        self._faults = {place: Wrapped(tone="bad") for place in (Place.TOPIC, Place.PARTITION, Place.TIMESTAMP)}

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        partition = field_group(tr("Partition"), self.partition, self._faults[Place.PARTITION])
        partition.setFixedWidth(PARTITION_PX)
        topic = field_group(tr("Topic"), self.topic, self._faults[Place.TOPIC])
        column.addLayout(side_by_side(topic, partition, shares=(1, 0)))
        column.addWidget(self.key)
        column.addWidget(self.where)
        column.addSpacing(12)
        column.addWidget(self.value)
        column.addWidget(self.tombstone)
        column.addWidget(self.sample)
        column.addSpacing(12)
        column.addWidget(caption(tr("Headers")))
        column.addWidget(self.headers)
        column.addSpacing(12)
        timestamp = field_group(tr("Timestamp"), self.timestamp, self._faults[Place.TIMESTAMP])
        column.addLayout(side_by_side(timestamp, field_group(tr("Compression"), self.compression), shares=(3, 2)))
        column.addSpacing(4)
        column.addWidget(self.repeat)

    def _connect(self) -> None:
        for line in (self.topic, self.partition, self.timestamp):
            line.textChanged.connect(self._on_line_edited)
        for part in (self.key, self.value, self.headers, self.repeat):
            part.edited.connect(self._on_edited)
        for side in Side:
            self.side(side).schemas_requested.connect(self.schemas_requested)
        self.sample.toggled.connect(self._on_edited)
        self.compression.activated.connect(self._on_edited)
        self.field_menu.chosen.connect(self._on_field_chosen)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus_changed)

    # -- what is typed

    def _on_line_edited(self) -> None:
        self._show_faults({})
        self._on_edited()

    def _on_edited(self) -> None:
        if self._loading:
            return
        draft = self.draft()
        for side in Side:
            self.side(side).set_fills(fills=draft.fill)
        names = fields_in(draft)
        self.sample.preview(names, self._to_fill(draft) if names else None)
        self._show_null(draft)
        self._look_at_key()
        self.edited.emit()

    def _to_fill(self, draft: Draft) -> Record | None:
        """What a sample is made of: the parts that hold already, so that a half-typed header hides nothing."""
        if self.key.is_long() or self.value.is_long() or not self._connection:
            return None
        return prepare(Draft("sample", key=draft.key, value=draft.value, fill=draft.fill)).record

    async def _fill(self, record: Record) -> tuple[str, str]:
        """Answer what a sample shows of a record: its key, where that has a field in it, and its value."""
        filled = await self._service.fill(record)
        changed = filled.key != record.key
        key = tr("Key: {key}", key=one_line(_text_of(filled.key))) if changed else ""
        return key, one_line(_text_of(filled.value))

    def _show_null(self, draft: Draft) -> None:
        """Tell null from empty, and what a null value means to a compacted topic."""
        words = ""
        if is_tombstone(draft):
            words = tr("Tombstone: a compacted topic forgets this key.")
        elif draft.value.kind is Kind.NULL:
            words = tr("Neither key nor value: a compacted topic does not take it.")
        self.tombstone.setText(words)
        self.tombstone.setVisible(bool(words))

    def _look_at_key(self, *, again: bool = False) -> None:
        draft = self.draft()
        typed = offset_of(draft.partition)
        if typed is not None:
            self.where.say(tr("Into partition {n}, whatever the key.", n=typed))
        elif draft.key.kind is Kind.NULL:
            self.where.say(tr("Without a key it goes to any partition."))
        elif self._is_key_known(draft):
            self.where.preview(self._connection, PartitionFor(draft.topic.strip(), content_of(draft.key)), again=again)
        else:
            self.where.say("")

    def _is_key_known(self, draft: Draft) -> bool:
        """Whether the key's bytes are what stands there: nothing is filled in it, and no file is read first."""
        if not self._connection or self.key.is_long() or check_topic(draft.topic.strip()) is not None:
            return False
        in_key = fields_in(Draft(key=draft.key, value=draft.key)) if draft.fill else []
        return draft.key.kind is not Kind.FILE and not in_key and check_content(draft.key, fill=False) is None

    def _on_focus_changed(self, _before: QWidget | None, now: QWidget | None) -> None:
        if isinstance(now, QLineEdit | QPlainTextEdit) and self.isAncestorOf(now) and not now.isReadOnly():
            self._last_text = now

    def _on_field_chosen(self, text: str) -> None:
        """Into the key where the cursor was there last, else into the value."""
        if self._last_text is self.key.editor.edit:
            self.key.editor.edit.insertPlainText(text)
            return
        if self.value.kind() is Kind.NULL:
            self.value.choose_kind(Kind.TEXT)
        self.value.editor.edit.insertPlainText(text)

    # -- faults

    def _go_to_fault(self, prepared: Prepared) -> None:
        faults = prepared.faults
        lines = {Place.TOPIC: self.topic, Place.PARTITION: self.partition}
        for place, line in lines.items():
            if place in faults:
                line.setFocus()
                return
        for side, place in ((Side.KEY, Place.KEY), (Side.VALUE, Place.VALUE)):
            if place in faults:
                self.side(side).go_to_fault()
                return
            if side in prepared.text_faults:
                self.side(side).show_text_fault(prepared.text_faults[side])
                return
        if prepared.header_faults:
            self.headers.go_to_fault()
        elif Place.TIMESTAMP in faults:
            self.timestamp.setFocus()
        else:
            self.repeat.go_to_fault(faults)

    def _show_faults(self, faults: dict[str, Fault]) -> None:
        for place, label in self._faults.items():
            fault = faults.get(place)
            label.setText(f"{tr(fault.title, **fault.params)}. {tr(fault.hint)}" if fault else "")
            label.setVisible(fault is not None)
        self.key.show_fault(faults.get(Place.KEY))
        self.value.show_fault(faults.get(Place.VALUE))
        self.repeat.show_faults({place: fault for place, fault in faults.items() if place in set(RepeatPlace)})


def _text_of(content: Content | None) -> str:
    """Answer what can be read of a filled side."""
    if content is None:
        return "null"
    if content.form is not ContentForm.BASE64:
        return content.text
    try:
        return base64.b64decode(content.text).decode()
    except (binascii.Error, ValueError):
        return content.text
