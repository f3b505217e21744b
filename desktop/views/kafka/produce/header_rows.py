"""A record's headers as rows: a name, what the value is, and the value; in their order, and a name as often as one likes."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from desktop.core.formatting import number
from desktop.core.i18n import N_, tr, trn
from desktop.core.kafka_draft import HeaderDraft, HeaderKind, faults_of_headers
from desktop.views.widgets.buttons import IconButton
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.rows_field import FieldRow, RowsField
from desktop.views.widgets.wrapped import Wrapped

MOST_ROWS: Final = 40
"""More are kept and sent as they are, not shown: a row is five widgets, and records with 100,000 headers exist."""
KIND_PX: Final = 88
KIND_WORDS: Final = {HeaderKind.TEXT: N_("Text"), HeaderKind.BASE64: "Base64", HeaderKind.NULL: "null"}


class HeaderRow(FieldRow):
    """One header."""

    def __init__(self, header: HeaderDraft) -> None:
        super().__init__()
        self.name = line_field(tr("Name of the header"), tr("name"), mono=True)
        self.name.setText(header.name)
        self.kind = QComboBox()
        self.kind.setAccessibleName(tr("What the value is"))
        for kind in HeaderKind:
            self.kind.addItem(tr(KIND_WORDS[kind]), kind)
        self.kind.setFixedWidth(KIND_PX)
        self.kind.setCurrentIndex(list(HeaderKind).index(header.kind))
        self.value = line_field(tr("Value of the header"), mono=True)
        self.value.setText(header.text)
        self._given = header
        self._shown = self.value.text()
        self.fault = Wrapped(tone="bad")
        self.fault.hide()
        self.remove = IconButton("ph.x", tr("Remove this header"), self.remove_requested.emit)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.name, 2)
        row.addWidget(self.kind)
        row.addWidget(self.value, 3)
        row.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self.fault)
        self.name.textEdited.connect(self.edited)
        self.value.textEdited.connect(self.edited)
        self.kind.activated.connect(self._on_kind_chosen)
        self._show_kind()

    def header(self) -> HeaderDraft:
        """Answer the row exactly as it stands; what a line cannot show, such as a line break, stays while it is not touched."""
        text = self._given.text if self.value.text() == self._shown else self.value.text()
        return HeaderDraft(self.name.text(), text, HeaderKind(self.kind.currentData()))

    def show_fault(self, text: str) -> None:
        """Say what is wrong with the value; nothing clears it."""
        self.fault.setText(text)
        self.fault.setVisible(bool(text))

    def _on_kind_chosen(self) -> None:
        self._show_kind()
        self.edited.emit()

    def _show_kind(self) -> None:
        is_null = self.kind.currentData() == HeaderKind.NULL
        self.value.setEnabled(not is_null)
        self.value.setPlaceholderText(tr("no value at all") if is_null else tr("empty"))


class HeaderRows(RowsField[HeaderRow]):
    """All headers of a record; those that have no room are kept as they are."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(tr("Add header"), parent)
        self._hidden: tuple[HeaderDraft, ...] = ()
        self._rest = Wrapped()
        self._rest.hide()
        self.column.insertWidget(1, self._rest)

    def headers(self) -> tuple[HeaderDraft, ...]:
        """Answer all headers exactly as they stand, the last rows that nothing was typed into left out."""
        return (*(row.header() for row in self._rows if not row.header().is_blank), *self._hidden)

    def show_headers(self, headers: Sequence[HeaderDraft]) -> None:
        """Show these instead; those that have no room are kept as they are."""
        if tuple(headers) == self.headers():
            return
        self.take_all_out()
        for header in headers[:MOST_ROWS]:
            self._put_in(header)
        self._hidden = tuple(headers[MOST_ROWS:])
        more = len(self._hidden)
        words = trn("1 more header is sent as it is.", "{n} more headers are sent as they are.", more)
        self._rest.setText(words if more < 10_000 else tr("{n} more headers are sent as they are.", n=number(more)))
        self._rest.setVisible(bool(more))

    def show_faults(self) -> None:
        """Say at each row what is wrong with it."""
        faults = faults_of_headers([row.header() for row in self._rows])
        for place, row in enumerate(self._rows):
            fault = faults.get(place)
            row.show_fault(f"{tr(fault.title)}. {tr(fault.hint)}" if fault else "")

    def go_to_fault(self) -> None:
        """Show what is wrong, and go to the first row that is."""
        self.show_faults()
        wrong = next((row for row in self._rows if row.fault.text()), None)
        if wrong is not None:
            wrong.value.setFocus()

    def blank_row(self) -> HeaderRow:
        """Put in a header without name or value."""
        return self._put_in(HeaderDraft())

    def row_after(self, place: int) -> HeaderRow | None:
        """Go on where the header was: the next one has its place."""
        return self._rows[place] if place < len(self._rows) else super().row_after(place)

    def on_row_edited(self) -> None:
        """Say what is wrong as it is typed."""
        self.show_faults()
        super().on_row_edited()

    def _put_in(self, header: HeaderDraft) -> HeaderRow:
        row = HeaderRow(header)
        return self.put_in(row, (row.name, row.kind, row.value, row.remove))
