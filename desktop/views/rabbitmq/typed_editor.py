"""The editor for typed headers and arguments: rows of name, type and value, nested where a value holds others, checked as typed."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.core.faults import Fault
from desktop.core.formatting import short_id
from desktop.core.i18n import tr
from desktop.core.rabbitmq_typed import Entry, Path
from desktop.models.rabbitmq_typed_model import NAME, TYPE, VALUE, TypedModel
from desktop.views.rabbitmq.typed_tree import MOST_ROWS, ROW_PX, TypedTree
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.wrapped import Wrapped

INDENT_PX: Final = 14
MOST_INDENT_PX: Final = 112
"""However deep a table is nested, its names stay in sight."""


class TypedEditor(QWidget):
    """The rows, the acts on them, and what is wrong with one."""

    edited = Signal()

    def __init__(self, *, name: str, add: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_filling = False
        self.model = TypedModel(self)
        self.view = TypedTree(self.model, name)
        self._add = Button(add, self.add, icon_name="ph.plus")
        self._inside = Button("", self.add_inside, icon_name="ph.arrow-elbow-down-right")
        self._remove = Button(tr("Remove"), self.remove, icon_name="ph.trash")
        self._remove.setToolTip(tr("Remove the chosen row (Del)"))
        self._problem = Wrapped(tone="bad")
        acts = QHBoxLayout()
        acts.setSpacing(8)
        for button in (self._add, self._inside, self._remove):
            acts.addWidget(button)
        acts.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.view)
        column.addWidget(self._problem)
        column.addLayout(acts)
        self.setFocusProxy(self._add)
        self.model.edited.connect(self._on_edited)
        for signal in (self.model.modelReset, self.model.rowsInserted, self.model.rowsRemoved):
            signal.connect(self._fit)
        self.view.expanded.connect(self._fit)
        self.view.collapsed.connect(self._fit)
        self.view.remove_requested.connect(self.remove)
        self.view.selectionModel().currentChanged.connect(self._show_acts)
        self._fit()
        self._show_acts()
        self._show_problem()

    def entries(self) -> tuple[Entry, ...]:
        """Answer the rows as typed."""
        return self.model.entries()

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show these rows instead."""
        if tuple(entries) == self.model.entries():
            return
        self._is_filling = True
        self.model.set_entries(entries)
        self.view.open_all()
        self._is_filling = False
        self._fit()
        self._show_acts()
        self._show_problem()

    def problem(self) -> str:
        """Answer what stands under the rows, empty where nothing is wrong."""
        return "" if self._problem.isHidden() else self._problem.text()

    def add(self) -> None:
        """Add a row at the end, and begin with its name."""
        self._edit_new(self.model.add())

    def add_inside(self) -> None:
        """Add a row to the chosen table or array."""
        holder = self._holder()
        if holder.isValid():
            self.view.expand(holder)
            self._edit_new(self.model.add(holder))

    def remove(self) -> None:
        """Take the chosen row away."""
        index = self.view.currentIndex()
        if index.isValid():
            self.model.remove(index)
            self._show_acts()

    def show_faults(self, faults: dict[Path, Fault]) -> None:
        """Show what a check of the whole form has found, and go to the first of it; an edit checks the rows alone again."""
        self.model.set_faults(faults)
        self._show_problem()
        self.go_to_fault()

    def go_to_fault(self) -> None:
        """Put the cursor into the first cell that is wrong."""
        for path, fault in self.model.faults().items():
            index = self.model.index_at(path, NAME if fault.of_name else VALUE)
            if index.isValid():
                self.view.setCurrentIndex(index)
                self.view.scrollTo(index)
                self.view.edit(index)
                return

    def _edit_new(self, index: QModelIndex) -> None:
        start = index if self.model.flags(index) & Qt.ItemFlag.ItemIsEditable else index.siblingAtColumn(TYPE)
        self.view.setCurrentIndex(start)
        self.view.scrollTo(start)
        self.view.edit(start)

    def _holder(self) -> QModelIndex:
        """The chosen table or array, or the one the chosen row is in."""
        index = self.view.currentIndex().siblingAtColumn(NAME)
        if index.isValid() and not self.model.is_nested(index):
            index = index.parent()
        return index

    def _on_edited(self) -> None:
        self._show_acts()
        self._show_problem()
        self.edited.emit()

    def _show_acts(self) -> None:
        holder = self._holder()
        self._inside.setVisible(holder.isValid())
        self._remove.setVisible(self.view.currentIndex().isValid())
        if holder.isValid():
            self._inside.setText(tr("Add to {name}", name=short_id(self.model.label_of(holder), 14) or "…"))
        self._show_problem()

    def _show_problem(self) -> None:
        """Of the chosen row's fault first, else of the first one; one that was only just begun may still be without a name."""
        faults = self.model.faults()
        current = self.model.path_of(self.view.currentIndex())
        path = current if current in faults else next(iter(faults), None)
        self._problem.setVisible(path is not None)
        if path is not None:
            fault = faults[path]
            name = self.model.label_of(self.model.index_at(path))
            said = f"{tr(fault.title, **fault.params)}. {tr(fault.hint, **fault.params)}"
            self._problem.setText(f"{name}: {said}" if name and not fault.of_name else said)

    def _fit(self) -> None:
        """As high as its rows, up to a number of them; as narrow an indent as its depth asks for."""
        if self._is_filling:
            return
        rows = self.view.visible_rows()
        self.view.setVisible(bool(rows))
        frame = 2 * self.view.frameWidth()
        self.view.setFixedHeight(self.view.header().sizeHint().height() + min(rows, MOST_ROWS) * ROW_PX + frame + 2)
        self.view.setIndentation(max(2, min(INDENT_PX, MOST_INDENT_PX // max(1, self.model.depth() - 1))))
