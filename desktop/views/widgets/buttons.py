"""Buttons in the window's few kinds: an icon, an ordinary act, the one primary act, a destructive one."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QMenu, QPushButton, QToolButton, QWidget

from desktop.views.theme import icon, theme

Slot = Callable[[], object]
KEYPAD = Qt.KeyboardModifier.KeypadModifier


class Button(QPushButton):
    """An act with a word, and an icon that follows the theme."""

    def __init__(
        self, text: str, on_click: Slot | None = None, *, icon_name: str = "", tone: str = "text", parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self._icon_name = icon_name
        self._tone = tone
        self.setAutoDefault(False)
        if on_click is not None:
            self.clicked.connect(lambda *_: on_click())
        self._follow_theme()
        theme().changed.connect(self._follow_theme)

    def set_icon(self, name: str, tone: str = "text") -> None:
        """Show another icon."""
        self._icon_name, self._tone = name, tone
        self._follow_theme()

    def _follow_theme(self) -> None:
        if self._icon_name:
            self.setIcon(icon(self._icon_name, self._tone))

    # -- Qt overrides

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press it by Enter too: outside a dialog Qt takes only Space."""
        if not _pressed_by_enter(self, event):
            super().keyPressEvent(event)


def popup_under(menu: QMenu, button: QWidget, *, at_right: bool = False) -> None:
    """Open *menu* under *button*, flush with its left edge, or *at_right* with its right one, so that it stays within the window."""
    corner = button.rect().bottomRight() if at_right else button.rect().bottomLeft()
    shift = menu.sizeHint().width() - 1 if at_right else 0
    menu.popup(button.mapToGlobal(corner - QPoint(shift, 0)))


class PrimaryButton(Button):
    """The one act a page or form is there for."""

    def __init__(self, text: str, on_click: Slot | None = None, *, parent: QWidget | None = None) -> None:
        super().__init__(text, on_click, parent=parent)
        self.setDefault(True)


class IconButton(QToolButton):
    """An act with an icon only: its name is in the tool tip and for screen readers."""

    def __init__(
        self, icon_name: str, name: str, on_click: Slot | None = None, *, tone: str = "dim", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._tone = tone
        self.setToolTip(name)
        self.setAccessibleName(name)
        self.setIconSize(QSize(16, 16))
        self.setAutoRaise(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if on_click is not None:
            self.clicked.connect(lambda *_: on_click())
        self._follow_theme()
        theme().changed.connect(self._follow_theme)

    def set_icon(self, name: str, tone: str = "dim") -> None:
        """Show another icon."""
        self._icon_name, self._tone = name, tone
        self._follow_theme()

    def _follow_theme(self) -> None:
        self.setIcon(icon(self._icon_name, self._tone))

    # -- Qt overrides

    def event(self, event: QEvent) -> bool:
        """Stay within Tab's reach: Qlementine takes tool buttons out of it when it polishes them."""
        done = super().event(event)
        if event.type() == QEvent.Type.Polish:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return done

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press it by Enter too: outside a dialog Qt takes only Space."""
        if not _pressed_by_enter(self, event):
            super().keyPressEvent(event)


def _pressed_by_enter(button: QAbstractButton, event: QKeyEvent) -> bool:
    if event.key() not in {Qt.Key.Key_Return, Qt.Key.Key_Enter} or event.isAutoRepeat() or event.modifiers() & ~KEYPAD:
        return False
    button.click()
    return True


def make_action(owner: QWidget, text: str, on_trigger: Slot, *, shortcut: str = "", icon_name: str = "") -> QAction:
    """Make an act of a panel for the palette, the help and its shortcut (portable text such as ``Ctrl+N``)."""
    action = QAction(text, owner)
    action.triggered.connect(lambda *_: on_trigger())
    if shortcut:
        action.setShortcut(QKeySequence(shortcut))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)  # works wherever the focus is while *owner* is shown
    if icon_name:
        action.setData(icon_name)
    owner.addAction(action)
    return action
