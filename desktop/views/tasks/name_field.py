"""The enqueue form's first field: a task's name, completed from what the workers have registered."""

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.tasks_names import find_name, near_names
from desktop.views.theme import ROW_PX, theme
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.labels import caption, mono
from embedded_server.contracts.tasks import TaskName

_SIGNATURE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class NameField(QWidget):
    """A line with completion; under it the task's signature, its summary and an example, or what the name may have been meant to be."""

    edited = Signal()
    example_chosen = Signal(str)
    """JSON of positional arguments to begin with."""
    send_anyway_requested = Signal()
    """The user knows better than the workers online."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[TaskName, ...] = ()
        self._names_known = False
        self._offered = True
        self._model = QStandardItemModel(self)
        self.edit = QLineEdit()
        self.edit.setAccessibleName(tr("Task name"))
        self.edit.setPlaceholderText(tr("Type or choose, such as demo.add"))
        self.edit.setFont(theme().mono_font())
        self.edit.setCompleter(self._make_completer())
        self._signature = mono(selectable=False)
        self._signature.setWordWrap(True)
        self._summary = caption(wrap=True)
        self._problem = caption(tone="warn", wrap=True)
        self._anyway = Button(tr("Send it anyway"), self.send_anyway_requested.emit, icon_name="ph.paper-plane-tilt")
        self._anyway.hide()
        self._use = Button("", self._on_use_clicked, icon_name="ph.magic-wand")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.edit)
        layout.addWidget(self._problem)
        layout.addWidget(self._anyway, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._signature)
        layout.addWidget(self._summary)
        layout.addWidget(self._use, 0, Qt.AlignmentFlag.AlignLeft)
        self.setFocusProxy(self.edit)
        self.edit.textChanged.connect(self._on_text_changed)
        theme().changed.connect(self._follow_theme)
        self._show_known()

    def text(self) -> str:
        """Answer the name as typed."""
        return self.edit.text()

    def set_text(self, name: str) -> None:
        """Show *name*."""
        self.edit.setText(name)

    def chosen(self) -> TaskName | None:
        """Answer the registered task that is named, if it is one."""
        return find_name(self._names, self.text())

    def problem(self) -> str:
        """Answer what stands under the name, empty while nothing is wrong with it."""
        return self._problem.text()

    def set_names(self, names: Sequence[TaskName]) -> None:
        """Complete from *names* from now on."""
        self._names_known = True
        if tuple(names) != self._names:
            self._names = tuple(names)
            self._model.clear()
            for known in self._names:
                item = QStandardItem(known.name)
                item.setData(known.signature, _SIGNATURE)
                item.setToolTip(known.summary)
                self._model.appendRow(item)
        self._show_known()

    def set_problem(self, title: str, hint: str) -> None:
        """Say what is wrong with the name until it is edited."""
        self._problem.set_tone("bad")
        self._problem.setText(f"{title}\n{hint}" if hint else title)
        self._problem.setVisible(True)

    def refuse_unknown(self) -> None:
        """Say that the server has not sent it, since no worker online knows the name, and offer to send it all the same."""
        self.set_problem(tr("Not sent: no worker online has a task of this name."), self._hint())
        self._anyway.setVisible(True)

    def offer_example(self, offered: bool) -> None:
        """Offer the task's example, or not: there are arguments already."""
        self._offered = offered
        self._show_example()

    def go_to_fault(self) -> None:
        """Put the cursor into the name."""
        self.edit.setFocus()
        self.edit.selectAll()

    def _make_completer(self) -> QCompleter:
        completer = QCompleter(self._model, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(10)
        popup = completer.popup()
        assert popup is not None
        popup.setItemDelegate(_NameDelegate(self))
        return completer

    def _on_text_changed(self) -> None:
        self._show_known()
        self.edited.emit()

    def _on_use_clicked(self) -> None:
        known = self.chosen()
        if known is not None:
            self.example_chosen.emit(known.example_args)

    def _follow_theme(self) -> None:
        self.edit.setFont(theme().mono_font())

    def _show_known(self) -> None:
        known = self.chosen()
        self._signature.setText(known.signature if known else "")
        self._signature.setVisible(bool(known and known.signature))
        self._summary.setText(known.summary if known else "")
        self._summary.setVisible(bool(known and known.summary))
        self._show_example()
        self._show_doubt()

    def _show_example(self) -> None:
        known = self.chosen()
        example = known.example_args if known and self._offered else ""
        self._use.setVisible(bool(example))
        self._use.setText(tr("Use the example {args}", args=example))

    def _show_doubt(self) -> None:
        """A name no worker knows may be right: one that is offline may have it. So this warns and refuses nothing."""
        doubtful = self._names_known and bool(self.text().strip()) and self.chosen() is None
        self._problem.setVisible(doubtful)
        self._problem.set_tone("warn")
        doubt = tr("No worker online has a task of this name.")
        self._problem.setText(f"{doubt}\n{self._hint()}" if doubtful else "")
        self._anyway.setVisible(False)

    def _hint(self) -> str:
        near = near_names(self._names, self.text())
        return tr("Did you mean {names}?", names=", ".join(near)) if near else tr("A worker that is offline may have it.")


class _NameDelegate(QStyledItemDelegate):
    """A name, and dim beside it the parameters it takes."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Answer a row's height."""
        return QSize(super().sizeHint(option, index).width(), ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row of the list."""
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, theme().selection())
        painter.setFont(theme().mono_font())
        room = QRect(option.rect).adjusted(8, 0, -8, 0)
        name = str(index.data() or "")
        painter.setPen(theme().color("text"))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        room.setLeft(room.left() + painter.fontMetrics().horizontalAdvance(name) + 8)
        painter.setPen(theme().color("dim"))
        signature = painter.fontMetrics().elidedText(str(index.data(_SIGNATURE) or ""), Qt.TextElideMode.ElideRight, max(room.width(), 0))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, signature)
        painter.restore()
