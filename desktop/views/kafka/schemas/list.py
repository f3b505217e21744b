"""The list of schemas: name, format, and what it defines."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.core.i18n import N_, tr
from desktop.core.kafka_schemas import SchemaRow
from desktop.views.theme import ROW_PX
from desktop.views.widgets.small_table import SmallColumn, SmallTable

ROWS: Final = 9
COLUMNS: Final = (
    SmallColumn[SchemaRow](N_("Name"), 180, lambda row: row.name, mono=True, share=3, tip=lambda row: row.name),
    SmallColumn[SchemaRow](N_("Format"), 100, lambda row: row.format_words),
    SmallColumn[SchemaRow](N_("Version"), 72, lambda row: str(row.version or "\u2013"), right=True),
    SmallColumn[SchemaRow](N_("Defines"), 120, lambda row: row.defines, mono=True, share=2, tip=lambda row: row.defines),
)


class SchemaList(SmallTable[SchemaRow]):
    """One is chosen, the first at first."""

    chosen = Signal(object)
    """A `SchemaRow`, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(COLUMNS, name=tr("Schemas"), parent=parent)
        self.setFixedHeight(ROW_PX * (ROWS + 1) + 6)
        self.selectionModel().currentChanged.connect(lambda *_: self.chosen.emit(self.current()))

    def rows(self) -> list[SchemaRow]:
        """Answer what is listed."""
        return self.small_model.rows()

    def current(self) -> SchemaRow | None:
        """Answer the chosen one."""
        row = self.currentIndex().row()
        return self.rows()[row] if 0 <= row < len(self.rows()) else None

    def show_rows(self, rows: Sequence[SchemaRow]) -> None:
        """List these; the chosen one stays chosen where it is among them."""
        name = current.name if (current := self.current()) is not None else ""
        self.set_rows(rows)
        if rows and not self.choose(name):
            self.selectRow(0)

    def choose(self, name: str) -> bool:
        """Choose one as a click would; whether there is one of that name."""
        place = next((place for place, row in enumerate(self.rows()) if row.name == name), None)
        if place is not None:
            self.selectRow(place)
        return place is not None
