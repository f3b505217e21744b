"""A record's value, key and headers, one at a time: how a side was read, why not otherwise, and what it says."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from desktop.core.i18n import N_, tr, trn
from desktop.core.kafka_record import AS_THEY_STAND, FORMAT_WORDS, HeaderRow, SeenRecord, format_words, nothing_words
from desktop.core.problems import hint_of, title_of
from desktop.views.widgets.buttons import Button, IconButton, popup_under
from desktop.views.widgets.detail_body import BodyTabs
from desktop.views.widgets.elided import ElidedLabel
from desktop.views.widgets.fold import Fold
from desktop.views.widgets.labels import Label
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.small_table import SmallColumn, SmallTable
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.kafka import Decoded, DecodedRecord, Format, LocalSchema, Reading, SchemaUsed, Side

HEADERS: Final = "headers"
WITH_SCHEMA: Final = frozenset({Format.AVRO, Format.JSON_SCHEMA, Format.PROTOBUF})
COLUMNS: Final = (
    SmallColumn[HeaderRow](N_("Name"), 128, lambda row: row.name, mono=True, tip=lambda row: row.name, share=1),
    SmallColumn[HeaderRow](N_("Value"), 120, lambda row: row.text, mono=True, tip=lambda row: row.whole[:2_000], share=2),
    SmallColumn[HeaderRow](N_("Type"), 60, lambda row: row.type),
)


class HeaderTable(SmallTable[HeaderRow]):
    """All headers in their order, names that come twice too; only those in sight are drawn."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, name=tr("Headers"))
        self.setObjectName("kafka_headers")

    # -- Qt overrides

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the whole value of the current header."""
        index = self.currentIndex()
        if event.matches(QKeySequence.StandardKey.Copy) and index.isValid():
            QGuiApplication.clipboard().setText(self.small_model.rows()[index.row()].whole)
            return
        super().keyPressEvent(event)


class RecordSides(QWidget):
    """Shows what it is given; *tabs* shows the bytes or the text of the side that is looked at."""

    reading_chosen = Signal(object, object)
    """A `Side` and the `Reading` to read it by this once."""
    keep_requested = Signal(object)
    """Read this `Side` of the whole topic as it is read now."""
    schema_requested = Signal(object)
    """The `SchemaUsed` that the user wants to see."""

    def __init__(self, tabs: BodyTabs) -> None:
        super().__init__()
        self.tabs = tabs
        self._seen = SeenRecord()
        self._body = b""
        self._decoded: DecodedRecord | None = None
        self._schemas: Sequence[LocalSchema] = ()
        self._readings: dict[Side, Reading] = {}
        self._failed = False
        choices = [(Side.VALUE.value, tr("Value")), (Side.KEY.value, tr("Key")), (HEADERS, tr("Headers"))]
        self.choice = Segmented(choices, Side.VALUE.value, name=tr("Part of the record"))
        self.choice.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.choice.chosen.connect(lambda _: self._show())
        self.format = ElidedLabel(is_mono=False)
        self.schema_button = IconButton("ph.brackets-curly", tr("Show the schema"), self._on_schema_clicked)
        self.read_as = Button(tr("Read as"), self.open_formats, icon_name="ph.caret-down")
        self.read_as.setObjectName("kafka_read_as")
        self.why = Fold(tr("Why not otherwise?"))
        self.reasons = Label(tone="dim", wrap=True, selectable=True)
        self.why.body.addWidget(self.reasons)
        self.nothing = Wrapped()
        self.headers = HeaderTable()
        self.note = Wrapped(tone="warn")
        self._lay_out()
        self.clear()

    def _lay_out(self) -> None:
        self._reading = QWidget()
        reading = QHBoxLayout(self._reading)
        reading.setContentsMargins(0, 0, 0, 0)
        reading.setSpacing(8)
        reading.addWidget(self.format, 1)
        reading.addWidget(self.schema_button)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.choice)
        top.addStretch(1)
        top.addWidget(self.read_as)
        empty = QWidget()
        column = QVBoxLayout(empty)
        column.setContentsMargins(0, 4, 0, 0)
        column.addWidget(self.nothing)
        column.addStretch(1)
        self._pages = QStackedWidget()
        for page in (self.tabs, self.headers, empty):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self._reading)
        layout.addWidget(self.why)
        layout.addWidget(self.note)
        layout.addWidget(self._pages, 1)

    # -- what is shown

    def clear(self) -> None:
        """Show nothing: another record is on its way."""
        self._seen, self._body, self._decoded = SeenRecord(), b"", None
        self._readings.clear()
        self.headers.set_rows([])
        self.nothing.setText("")
        self._pages.setCurrentIndex(2)
        for widget in (self._reading, self.why, self.note, self.read_as):
            widget.hide()

    def show_record(self, seen: SeenRecord, body: bytes, decoded: DecodedRecord | None, note: str = "") -> None:
        """Show a record; *decoded* is None where nobody could say how it reads, and *note* says why."""
        self._seen, self._body, self._decoded = seen, body, decoded
        self.headers.set_rows([])
        self.headers.set_rows(seen.headers)
        self.choice.set_text(HEADERS, trn("{n} header", "{n} headers", len(seen.headers)) if seen.headers else tr("Headers"))
        self.choice.set_choosable(HEADERS, bool(seen.headers), "" if seen.headers else tr("It has no headers."))
        if not seen.headers and self.choice.current() == HEADERS:
            self.choice.set_current(Side.VALUE.value)
        self.note.setText(note)
        self._show()

    def set_schemas(self, schemas: Sequence[LocalSchema]) -> None:
        """Take the user's own schemas, to read by."""
        self._schemas = schemas

    def side(self) -> Side | None:
        """Answer which side is looked at; None for the headers."""
        current = self.choice.current()
        return None if current == HEADERS else Side(current)

    def decoded(self) -> Decoded | None:
        """Answer how the side that is looked at was read."""
        side = self.side()
        if side is None or self._decoded is None:
            return None
        return self._decoded.key if side is Side.KEY else self._decoded.value

    def text_of(self, side: Side) -> str | None:
        """Answer a side as text: as it was decoded, else its bytes where they are text; None where it is null or not text."""
        if (data := self.bytes_of(side)) is None:
            return None
        if self._decoded is not None:
            decoded = self._decoded.key if side is Side.KEY else self._decoded.value
            if not decoded.null and not decoded.truncated:
                return decoded.text
        try:
            return data.decode()
        except UnicodeDecodeError:
            return None

    def bytes_of(self, side: Side) -> bytes | None:
        """Answer a side's bytes; None is null."""
        if side is Side.KEY:
            return self._seen.key
        return None if self._seen.value_is_null else self._body

    def reading_of(self, side: Side) -> Reading:
        """Answer what the user chose for a side of this record."""
        return self._readings.get(side, Reading())

    def _show(self) -> None:
        side = self.side()
        decoded = self.decoded()
        self.note.setVisible(bool(self.note.text()) and side is not None)
        if side is None:
            for widget in (self._reading, self.why, self.read_as):
                widget.hide()
            self._pages.setCurrentIndex(1)
            return
        data = self.bytes_of(side)
        self._reading.setVisible(bool(data))
        self.read_as.setVisible(bool(data))
        self._show_reading(decoded if data else None)
        if not data:
            self.nothing.setText(nothing_words(self._seen, is_key=side is Side.KEY))
            self._pages.setCurrentIndex(2)
            return
        self._pages.setCurrentIndex(0)
        chosen = self.reading_of(side).format
        if decoded is None or (decoded.format in AS_THEY_STAND and chosen is not Format.HEX):
            self.tabs.set_body(data, as_hex=decoded is not None and decoded.format is Format.HEX)
        else:
            self.tabs.set_decoded(data, decoded.text)

    def _show_reading(self, decoded: Decoded | None) -> None:
        words = format_words(decoded) if decoded is not None else ""
        if decoded is not None and decoded.truncated:
            words = tr("{format} · cut", format=words)
        self.format.show_text(words, "dim")
        self.schema_button.setVisible(decoded is not None and decoded.schema is not None)
        attempts = decoded.attempts if decoded is not None else []
        self.why.setVisible(bool(attempts))
        failed = decoded is not None and decoded.format is Format.HEX and bool(attempts)
        if failed != self._failed:  # nothing fits: the reasons are what is looked for
            self._failed = failed
            self.why.set_open(failed)
        self.why.set_note(trn("1 format did not fit", "{n} formats did not fit", len(attempts)))
        self.reasons.setText(
            "\n\n".join(f"{tr(FORMAT_WORDS[one.format])}: {title_of(one.problem)}\n{hint_of(one.problem)}".strip() for one in attempts)
        )

    # -- how it is read

    def open_formats(self) -> QMenu | None:
        """Offer the formats: this once, by the user's own schemas too, and for the whole topic."""
        side = self.side()
        if side is None:
            return None
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        now = self.reading_of(side)
        for format_, words in FORMAT_WORDS.items():
            text = tr("{format}, by the Schema Registry", format=tr(words)) if format_ in WITH_SCHEMA else tr(words)
            self._offer(menu, side, text, Reading(format_), now)
        own = [(schema, message) for schema in self._schemas for message in (schema.messages or [""])]
        if own:
            menu.addSeparator()
        for schema, message in own:
            text = f"{schema.name} · {message}" if message else schema.name
            self._offer(menu, side, text, Reading(schema.format, schema.id, message), now)
        menu.addSeparator()
        menu.addAction(tr("Read the whole topic so")).triggered.connect(lambda: self.keep_requested.emit(side))
        popup_under(menu, self.read_as, at_right=True)
        return menu

    def _offer(self, menu: QMenu, side: Side, text: str, reading: Reading, now: Reading) -> None:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(reading == now)
        action.triggered.connect(lambda: self.choose(side, reading))

    def choose(self, side: Side, reading: Reading) -> None:
        """Read a side of this record otherwise."""
        self._readings[side] = reading
        self.reading_chosen.emit(side, reading)

    def schema_used(self) -> SchemaUsed | None:
        """Answer the schema that the side looked at was read with."""
        decoded = self.decoded()
        return decoded.schema if decoded is not None else None

    def _on_schema_clicked(self) -> None:
        if (schema := self.schema_used()) is not None:
            self.schema_requested.emit(schema)
