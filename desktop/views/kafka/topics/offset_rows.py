"""An offset for each partition of a topic: what is there, where to cut, and how many records go by it."""

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.core.formatting import number
from desktop.core.i18n import tr, trn
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.labels import Label, caption
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.kafka import PartitionInfo

MOST_ROWS: Final = 64
"""More partitions than anybody types offsets for."""
LINE_PX: Final = 140


class OffsetRows(QWidget):
    """A grid; nothing typed leaves a partition alone."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: dict[int, QLineEdit] = {}
        self._counts: dict[int, Label] = {}
        self._box = QWidget()
        self._more = Wrapped(tone="warn")
        self._more.hide()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addWidget(self._box)
        self._column.addWidget(self._more)

    def line(self, partition: int) -> QLineEdit:
        """Answer the line of a partition."""
        return self._lines[partition]

    def offsets(self) -> dict[int, str]:
        """Answer what was typed, by partition."""
        return {partition: line.text() for partition, line in self._lines.items()}

    def show_partitions(self, partitions: Sequence[PartitionInfo]) -> None:
        """Show a row for each; what was typed for a partition stays."""
        typed = self.offsets()
        self._column.removeWidget(self._box)
        self._box.hide()
        self._box.deleteLater()
        self._box = QWidget(self)
        self._lines, self._counts = {}, {}
        grid = QGridLayout(self._box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(3, 1)
        for column, words in enumerate((tr("Partition"), tr("There is"), tr("First offset that stays"), "")):
            grid.addWidget(caption(words), 0, column)
        for row, one in enumerate(partitions[:MOST_ROWS], start=1):
            self._put_in(grid, row, one, typed.get(one.partition, ""))
        self._column.insertWidget(0, self._box)
        rest = len(partitions) - MOST_ROWS
        self._more.setText(trn("1 more partition is left alone.", "{n} more partitions are left alone.", max(rest, 0)))
        self._more.setVisible(rest > 0)

    def show_counts(self, counts: Mapping[int, int]) -> None:
        """Say how many records go, by partition."""
        for partition, label in self._counts.items():
            count = counts.get(partition, 0)
            label.setText(trn("1 goes", "{n} go", count) if count else "")

    def _put_in(self, grid: QGridLayout, row: int, one: PartitionInfo, typed: str) -> None:
        line = line_field(tr("First offset that stays in partition {n}", n=one.partition), mono=True)
        line.setFixedWidth(LINE_PX)
        line.setText(typed)
        line.textEdited.connect(self.edited)
        there = f"{number(one.start)} … {number(one.end)}" if one.start is not None and one.end is not None else tr("not known")
        count = Label(tone="warn")
        self._lines[one.partition], self._counts[one.partition] = line, count
        grid.addWidget(Label(str(one.partition), mono=True), row, 0, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(Label(there, tone="dim", mono=True), row, 1)
        grid.addWidget(line, row, 2)
        grid.addWidget(count, row, 3)
