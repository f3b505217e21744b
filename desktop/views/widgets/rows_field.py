"""Rows that are typed one under the other, with a button that adds one: each can be taken out again, and Tab goes the way one reads."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.views.widgets.buttons import Button
from desktop.views.widgets.tab_order import put_before


class FieldRow(QWidget):
    """One row; a subclass makes its fields, `name` first."""

    edited = Signal()
    remove_requested = Signal()
    name: QLineEdit


RowT = TypeVar("RowT", bound=FieldRow)


class RowsField(QWidget, Generic[RowT]):
    """A subclass says in `blank_row` what the button adds."""

    edited = Signal()

    def __init__(self, add: str, parent: QWidget | None = None) -> None:
        """*add* is what the button says."""
        super().__init__(parent)
        self._rows: list[RowT] = []
        self.add = Button(add, self._on_add, icon_name="ph.plus")
        self._lines = QVBoxLayout()
        self._lines.setSpacing(4)
        foot = QHBoxLayout()
        foot.addWidget(self.add)
        foot.addStretch(1)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(4)
        self.column.addLayout(self._lines)
        self.column.addLayout(foot)

    def rows(self) -> list[RowT]:
        """Answer the rows that are shown."""
        return self._rows

    @abstractmethod
    def blank_row(self) -> RowT:
        """Put in an empty row."""

    def put_in(self, row: RowT, stops: Sequence[QWidget]) -> RowT:
        """Put *row* under the others; Tab goes through its *stops*."""
        self._rows.append(row)
        self._lines.addWidget(row)
        row.edited.connect(self.on_row_edited)
        row.remove_requested.connect(lambda: self._on_remove(row))
        put_before(self.add, stops)
        return row

    def row_after(self, _place: int) -> RowT | None:
        """Answer where one goes on when the row at a place was taken out; None where there is no row."""
        return self._rows[-1] if self._rows else None

    def take_all_out(self) -> None:
        """Show no row."""
        for row in list(self._rows):
            self._take_out(row)

    def on_row_edited(self) -> None:
        """Something was typed into a row."""
        self.edited.emit()

    def _on_add(self) -> None:
        self.blank_row().name.setFocus()

    def _take_out(self, row: RowT) -> None:
        self._rows.remove(row)
        self._lines.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _on_remove(self, row: RowT) -> None:
        place = self._rows.index(row)
        self._take_out(row)
        after = self.row_after(place)
        (after.name if after is not None else self.add).setFocus()
        self.edited.emit()
