"""The filter box: completion while one types, chips for parts, the error under it with its place marked; typed text is never lost."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QInputMethodEvent, QKeyEvent, QResizeEvent, QTextCharFormat
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.core.filter_completion import complete
from desktop.core.i18n import tr
from desktop.views.theme import icon, theme
from desktop.views.widgets.buttons import Button, IconButton
from desktop.views.widgets.filter_completer import FilterCompleter
from desktop.views.widgets.labels import Label
from embedded_server.contracts.concurrency import spawn
from embedded_server.contracts.filters import Field

log = logging.getLogger(__name__)

APPLY_AFTER_MS: Final = 300
"""Rest of the keyboard before a filter is tried."""
HISTORY_KEPT: Final = 50
LEAST_LINE_PX: Final = 240

ValuesOf = Callable[[str, str], Awaitable[list[str]]]
"""Field and prefix in, values of the journal out."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of the filter the user can see and remove."""

    key: str
    """A chip replaces the one of the same key."""
    text: str
    """What it says, already translated."""
    filter: str


class FilterBar(QWidget):
    """One line that says what is listed."""

    filter_changed = Signal()
    """The text or the chips are others, and the keyboard rests."""
    help_requested = Signal()
    leave_requested = Signal()
    """The user wants to be in what is listed: Down."""
    escaped = Signal()
    """Escape was pressed, and there was nothing to clear."""

    def __init__(self, fields: Sequence[Field], values_of: ValuesOf | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields = fields
        self._values_of = values_of
        self._values: dict[str, list[str]] = {}
        self._asked: set[tuple[str, str]] = set()
        self._chips: dict[str, Chip] = {}
        self._chip_buttons: dict[str, Button] = {}
        self._history: list[str] = []
        self._at_history = -1
        self._draft = ""
        self._applied = ""
        self._timer = QTimer(self, singleShot=True, interval=APPLY_AFTER_MS)
        self._timer.timeout.connect(self.apply)
        self._build()

    def _build(self) -> None:
        self.line = QLineEdit()
        self.line.setObjectName("filter")
        self.line.setAccessibleName(tr("Filter"))
        self.line.setMinimumWidth(120)
        self.line.setFont(theme().mono_font())
        self._search_icon = self.line.addAction(icon("ph.magnifying-glass", "dim"), QLineEdit.ActionPosition.LeadingPosition)
        self._clear = QAction(self)
        self._clear.setToolTip(tr("Clear the filter (Esc)"))
        self._clear.triggered.connect(self.clear)
        self.line.textEdited.connect(self._on_edited)
        self.line.textChanged.connect(self._on_text_changed)
        self.line.installEventFilter(self)
        self._completer = FilterCompleter(self.line)
        self._completer.taken.connect(self._on_taken)
        self._chip_box = QWidget()
        self._chip_row = QHBoxLayout(self._chip_box)
        self._chip_row.setContentsMargins(0, 0, 0, 0)
        self._chip_row.setSpacing(4)
        self._chip_box.hide()
        self.help_button = IconButton("ph.question", tr("How to write a filter"), self.help_requested.emit)
        row = self._row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.line, 1)
        row.addWidget(self._chip_box)
        row.addWidget(self.help_button)
        self._error = Label(tone="bad", wrap=True, selectable=True)
        self._error.setObjectName("filter_error")
        self._error.hide()
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._error)
        theme().changed.connect(self._follow_theme)

    # -- what it says

    @property
    def text(self) -> str:
        """What was typed."""
        return self.line.text()

    @property
    def chips(self) -> list[Chip]:
        """The parts beside it."""
        return list(self._chips.values())

    @property
    def is_empty(self) -> bool:
        """Whether nothing is filtered by the user."""
        return not self.text.strip() and not self._chips

    @property
    def error(self) -> str:
        """What is wrong, as shown under the bar; empty when all is well."""
        return "" if self._error.isHidden() else self._error.text()

    # -- what it is told

    def set_text(self, text: str) -> None:
        """Put a filter there, and use it at once."""
        self.line.setText(text)
        self.apply()

    def set_chip(self, chip: Chip) -> None:
        """Add a part, or replace the one of the same key."""
        if self._chips.get(chip.key) == chip:
            return
        self._chips[chip.key] = chip
        button = self._chip_buttons.get(chip.key)
        if button is None:
            button = Button("", lambda: self.remove_chip(chip.key))
            self._chip_buttons[chip.key] = button
            self._chip_row.addWidget(button)
        button.setText(f"{chip.text}  ×")  # noqa: RUF001 - the sign for closing
        button.setAccessibleName(chip.text)
        button.setToolTip(tr("Remove {filter}", filter=chip.filter))
        self._place_chips()
        self.filter_changed.emit()

    def remove_chip(self, key: str) -> None:
        """Take a part away; nothing where there is none."""
        if self._chips.pop(key, None) is None:
            return
        self._drop_button(key)
        self.filter_changed.emit()

    def _drop_button(self, key: str) -> None:
        button = self._chip_buttons.pop(key)
        self._chip_row.removeWidget(button)
        button.hide()
        button.deleteLater()
        self._place_chips()

    def _place_chips(self) -> None:
        """Beside the line, or under it where the line would get too short to type in."""
        self._chip_box.setVisible(bool(self._chips))
        room = self.width() - self.help_button.sizeHint().width() - 2 * self._row.spacing()
        below = room - self._chip_box.sizeHint().width() < LEAST_LINE_PX
        if below and self._row.indexOf(self._chip_box) >= 0:
            self._column.insertWidget(1, self._chip_box, 0, Qt.AlignmentFlag.AlignLeft)
        elif not below and self._row.indexOf(self._chip_box) < 0:
            self._row.insertWidget(1, self._chip_box)

    def clear(self) -> None:
        """Filter by nothing. What was typed stays in the history."""
        self._remember(self.text)
        for key in list(self._chips):
            self._chips.pop(key)
            self._drop_button(key)
        self.line.clear()
        self._timer.stop()
        self._applied = ""
        self.filter_changed.emit()

    def apply(self) -> None:
        """Use what is typed now."""
        self._timer.stop()
        if self.text != self._applied:
            self._applied = self.text
            self.filter_changed.emit()

    def set_history(self, history: Sequence[str]) -> None:
        """Give earlier filters, the newest last."""
        self._history = list(history)[-HISTORY_KEPT:]

    @property
    def history(self) -> list[str]:
        """Earlier filters, the newest last."""
        return list(self._history)

    def accept(self) -> None:
        """The filter was understood."""
        self._error.hide()
        self._mark(0, 0)

    def show_error(self, title: str, hint: str, position: int, length: int) -> None:
        """Say what is wrong, and mark where in the typed text."""
        self._error.setText(f"{title}\n{hint}" if hint else title)
        self._error.show()
        self._mark(position, length)

    def _mark(self, position: int, length: int) -> None:
        """Underline a part of the line. QLineEdit has formats only for input methods; an empty input leaves text and undo alone."""
        attributes: list[QInputMethodEvent.Attribute] = []
        if length:
            wave = QTextCharFormat()
            wave.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            wave.setUnderlineColor(theme().color("bad"))
            wave.setForeground(theme().color("bad"))
            kind = QInputMethodEvent.AttributeType.TextFormat
            attributes.append(QInputMethodEvent.Attribute(kind, position - self.line.cursorPosition(), length, wave))
        self.marked = (position, length)
        QApplication.sendEvent(self.line, QInputMethodEvent("", attributes))

    # -- typing

    def _on_edited(self) -> None:
        self._at_history = -1
        self.accept()
        self._timer.start()
        self._offer()

    def _on_text_changed(self, text: str) -> None:
        has_clear = self._clear in self.line.actions()
        if text and not has_clear:
            self._clear.setIcon(icon("ph.x-circle", "dim"))
            self.line.addAction(self._clear, QLineEdit.ActionPosition.TrailingPosition)
        elif not text and has_clear:
            self.line.removeAction(self._clear)

    def _on_taken(self) -> None:
        self._on_edited()

    def _offer(self) -> None:
        text, cursor = self.line.text(), self.line.cursorPosition()
        completion = complete(text, cursor, self._fields)
        if completion.field:
            completion = complete(text, cursor, self._fields, self._values.get(completion.field, ()))
            self._ask(completion.field, completion.prefix)
        if text.strip():
            self._completer.show(completion)
        else:
            self._completer.hide()

    def _ask(self, field: str, prefix: str) -> None:
        if self._values_of is not None and (field, prefix) not in self._asked:
            self._asked.add((field, prefix))
            spawn(self._learn(self._values_of, field, prefix), name="filter-values", notify=_completion_is_a_convenience)

    async def _learn(self, values_of: ValuesOf, field: str, prefix: str) -> None:
        values = await values_of(field, prefix)
        known = self._values.setdefault(field, [])
        known.extend(value for value in values if value and value not in known)
        if values and self.line.hasFocus():
            self._offer()

    def _remember(self, text: str) -> None:
        text = text.strip()
        if text:
            self._history = [*(h for h in self._history if h != text), text][-HISTORY_KEPT:]

    def _recall(self, by: int) -> None:
        if not self._history:
            return
        if self._at_history < 0:
            if by > 0:
                return
            self._draft = self.text
            self._at_history = len(self._history)
        self._at_history += by
        if self._at_history >= len(self._history):
            self._at_history = -1
            self.set_text(self._draft)
        else:
            self._at_history = max(0, self._at_history)
            self.set_text(self._history[self._at_history])

    def _on_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._remember(self.text)
            if self.error:
                self._applied = ""  # try it again: what was wrong may have lain with the server
            self.apply()
        elif key == Qt.Key.Key_Up:
            self._recall(-1)
        elif key == Qt.Key.Key_Down and self._at_history >= 0:
            self._recall(1)
        elif key == Qt.Key.Key_Down:
            self.leave_requested.emit()
        elif key == Qt.Key.Key_Space and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._completer.show(complete(self.text, self.line.cursorPosition(), self._fields))
        elif key == Qt.Key.Key_Escape and self.text:
            self.clear()
        elif key == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            return False
        return True

    def _follow_theme(self) -> None:
        self.line.setFont(theme().mono_font())
        self._search_icon.setIcon(icon("ph.magnifying-glass", "dim"))
        self._clear.setIcon(icon("ph.x-circle", "dim"))

    # -- Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find the chips their place."""
        super().resizeEvent(event)
        self._place_chips()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """History, leaving and clearing by the keyboard."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            return self._on_key(event)
        if event.type() is QEvent.Type.FocusOut:
            self._remember(self.text)
        return False


def _completion_is_a_convenience(exc: BaseException) -> None:
    """Values that could not be had are not worth a message: what is typed works without them."""
    log.info("No values for the filter's completion: %s", exc)
