"""The fields of a message: address with its route, body, properties, typed headers, and how often it is sent."""

import base64
import binascii

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QCheckBox, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.core.faults import Fault
from desktop.core.i18n import tr
from desktop.core.rabbitmq_draft import BodyKind, Draft, Place, Prepared, check_short, fields_in, prepare, repeat_of, with_kind
from desktop.core.rabbitmq_typed import faults_of, headers_of
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.names import exchanges_of, keys_of
from desktop.views.rabbitmq.publish.body_field import BodyField
from desktop.views.rabbitmq.publish.properties_field import PropertiesField
from desktop.views.rabbitmq.publish.route_line import RouteLine
from desktop.views.rabbitmq.typed_editor import TypedEditor
from desktop.views.widgets.field_sample import FieldMenu, Sample, one_line
from desktop.views.widgets.form_sheet import field_group, side_by_side
from desktop.views.widgets.labels import caption
from desktop.views.widgets.name_line import NameLine
from desktop.views.widgets.repeat_field import RepeatField
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.rabbitmq import BodyForm, Message, RouteQuery


class PublishFields(QWidget):
    """Everything that is typed of a message; what becomes of it is the form's."""

    edited = Signal()

    def __init__(self, service: RabbitService, notify: Notify, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._connection = ""
        self._vhost = ""
        self._kind = BodyKind.JSON
        self._loading = False
        self._last_text: QWidget | None = None
        self._make_fields(notify)
        self._lay_out()
        self._connect()

    def point_at(self, connection: str, vhost: str) -> None:
        """Complete names, and preview the route, on *vhost* of *connection*."""
        self._connection, self._vhost = connection, vhost
        self.exchange.complete_from(exchanges_of(self._service, connection, vhost))

    def look(self) -> None:
        """Ask anew where the message would go, and which keys there are: the bindings may be others by now."""
        self._offer_keys()
        self._look_at_address(again=True)

    def first(self) -> QWidget:
        """Answer where one begins to type."""
        return self.body_field if self.exchange.text() or self.routing_key.text() else self.exchange

    def draft(self) -> Draft:
        """Answer the form exactly as it stands."""
        return Draft(
            exchange=self.exchange.text(),
            routing_key=self.routing_key.text(),
            kind=self.body_field.kind(),
            text=self.body_field.text(),
            file=self.body_field.file(),
            properties=self.properties.values(),
            headers=self.headers.entries(),
            mandatory=self.mandatory.isChecked(),
            fill=self.sample.fill.isChecked(),
            repeat=self.repeat.is_on(),
            count=self.repeat.count.text(),
            rate=self.repeat.rate.text(),
            seed=self.repeat.seed.text(),
        )

    def show_draft(self, draft: Draft) -> None:
        """Put *draft* into the fields."""
        self._loading = True
        self.exchange.setText(draft.exchange)
        self.routing_key.setText(draft.routing_key)
        self.sample.fill.setChecked(draft.fill)
        self.body_field.show_body(draft)
        self.properties.set_values(draft.properties)
        self.headers.set_entries(draft.headers)
        self.mandatory.setChecked(draft.mandatory)
        self.repeat.show_repeat(repeat_of(draft))
        self._kind = draft.kind
        self._loading = False
        self._show_address_faults({})
        self._on_edited()
        self._look_at_address()

    def checked(self, draft: Draft) -> Message | None:
        """Answer the message, or None with what is wrong shown and the cursor in it."""
        prepared = prepare(draft, self._vhost, check_body=not self.body_field.is_long())
        self._show_address_faults(prepared.faults)
        self.properties.show_faults(prepared.faults)
        self.repeat.show_faults(prepared.faults)
        if prepared.message is None:
            self._go_to_fault(prepared)
        return prepared.message

    # -- how it is made

    def _make_fields(self, notify: Notify) -> None:
        self.exchange = NameLine(tr("Exchange"), tr("(default)"))
        self.routing_key = NameLine(tr("Routing key"), "order.paid")
        self._address_faults = {Place.EXCHANGE: Wrapped(tone="bad"), Place.ROUTING_KEY: Wrapped(tone="bad")}
        self.route = RouteLine(self._service, notify)
        self.mandatory = QCheckBox(tr("Mandatory"))
        self.mandatory.setToolTip(tr("A mandatory message comes back when no queue takes it; any other is lost in silence"))
        self.body_field = BodyField(notify)
        self.field_menu = FieldMenu()
        self.body_field.add_tool(self.field_menu)
        self.sample: Sample[Message] = Sample(self._fill, notify)
        self.properties = PropertiesField()
        self.headers = TypedEditor(name=tr("Headers"), add=tr("Add header"))
        self.repeat = RepeatField(tr("Publish it many times"), tr("Messages a second"), tr("as fast as confirmed"))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        address = side_by_side(
            field_group(tr("Exchange"), self.exchange, self._address_faults[Place.EXCHANGE]),
            field_group(tr("Routing key"), self.routing_key, self._address_faults[Place.ROUTING_KEY]),
            shares=(2, 3),
        )
        column.addLayout(address)
        reach = QHBoxLayout()
        reach.setSpacing(12)
        reach.addWidget(self.route, 1)
        reach.addWidget(self.mandatory)
        column.addLayout(reach)
        column.addSpacing(8)
        column.addWidget(self.body_field)
        column.addWidget(self.sample)
        column.addSpacing(12)
        column.addWidget(self.properties)
        column.addSpacing(4)
        column.addWidget(caption(tr("Headers")))
        column.addWidget(self.headers)
        column.addSpacing(12)
        column.addWidget(self.repeat)

    def _connect(self) -> None:
        for line in (self.exchange, self.routing_key):
            line.textChanged.connect(self._on_address_edited)
        self.exchange.editingFinished.connect(self._offer_keys)
        self.mandatory.toggled.connect(self._on_mandatory_toggled)
        self.body_field.edited.connect(self._on_edited)
        self.body_field.kind_chosen.connect(self._on_kind_chosen)
        self.sample.toggled.connect(self._on_edited)
        self.properties.edited.connect(self._on_edited)
        self.headers.edited.connect(self._on_headers_edited)
        self.repeat.edited.connect(self._on_edited)
        self.field_menu.chosen.connect(self._on_field_chosen)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._on_focus_changed)

    # -- what is typed

    def _on_edited(self) -> None:
        if self._loading:
            return
        draft = self.draft()
        self.body_field.set_fills(draft.fill)
        names = fields_in(draft)
        self.sample.preview(names, self._to_fill(draft) if names else None)
        self.edited.emit()

    def _to_fill(self, draft: Draft) -> Message | None:
        """What a sample is made of: the parts that hold already, so that a half-typed header hides nothing."""
        if self.body_field.is_long() or not self._connection:
            return None
        part = Draft(draft.exchange, draft.routing_key, draft.kind, draft.text, fill=draft.fill)
        return prepare(part, self._vhost, check_body=False).message

    async def _fill(self, message: Message) -> tuple[str, str]:
        """Answer what a sample shows of a message: its routing key, where that has a field in it, and its body."""
        filled = await self._service.fill(message)
        changed = filled.routing_key != message.routing_key
        return tr("Routing key: {key}", key=filled.routing_key) if changed else "", one_line(_text_of(filled))

    def _on_address_edited(self) -> None:
        self._show_address_faults({})
        self._on_edited()
        self._look_at_address()

    def _on_headers_edited(self) -> None:
        self._on_edited()
        self._look_at_address()

    def _on_mandatory_toggled(self, on: bool) -> None:
        self.route.set_mandatory(on)
        self._on_edited()

    def _on_kind_chosen(self, kind: str) -> None:
        before = Draft(kind=self._kind, properties=self.properties.values())
        self._kind = BodyKind(kind)
        self.properties.set_values(with_kind(before, self._kind).properties)
        self._on_edited()

    def _on_focus_changed(self, _before: QWidget | None, now: QWidget | None) -> None:
        if isinstance(now, QLineEdit | QPlainTextEdit) and self.isAncestorOf(now) and not now.isReadOnly():
            self._last_text = now

    def _on_field_chosen(self, text: str) -> None:
        """Into the text the cursor was in last; a cell of the headers may be gone by now."""
        known = {self.exchange, self.routing_key, *(self.properties.line(name) for name in ("correlation_id", "message_id"))}
        target = self._last_text if self._last_text in known else None
        if isinstance(target, QLineEdit):
            target.insert(text)
        else:
            self.body_field.editor.edit.insertPlainText(text)

    def _offer_keys(self) -> None:
        if self._connection:
            self.routing_key.complete_from(keys_of(self._service, self._connection, self._vhost, self.exchange.text()))

    def _look_at_address(self, *, again: bool = False) -> None:
        if not self._connection:
            return
        entries = self.headers.entries()
        holds = not faults_of(entries) and not check_short(self.exchange.text()) and not check_short(self.routing_key.text())
        query = RouteQuery(self._vhost, self.exchange.text(), self.routing_key.text(), headers_of(entries)) if holds else None
        self.route.preview(self._connection, query, again=again)

    def _go_to_fault(self, prepared: Prepared) -> None:
        faults = prepared.faults
        if Place.EXCHANGE in faults or Place.ROUTING_KEY in faults:
            (self.exchange if Place.EXCHANGE in faults else self.routing_key).setFocus()
        elif prepared.body_fault is not None:
            self.body_field.set_body_fault(prepared.body_fault)
        elif Place.BODY in faults:
            self.body_field.set_file_fault(tr(faults[Place.BODY].title), tr(faults[Place.BODY].hint))
        elif not self.properties.go_to_fault(faults):
            if prepared.header_faults:
                self.headers.go_to_fault()
            else:
                self.repeat.go_to_fault(faults)

    def _show_address_faults(self, faults: dict[str, Fault]) -> None:
        for place, label in self._address_faults.items():
            fault = faults.get(place)
            label.setText(f"{tr(fault.title)}. {tr(fault.hint)}" if fault else "")
            label.setVisible(fault is not None)


def _text_of(message: Message) -> str:
    """Answer a body's text, or its Base64 where it is none."""
    if message.form is not BodyForm.BASE64:
        return message.body
    try:
        return base64.b64decode(message.body).decode()
    except (binascii.Error, ValueError):
        return message.body
