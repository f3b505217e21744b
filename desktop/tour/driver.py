"""What a step of the tour may do: press, type, wait for a state, assert, take a picture."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QInputMethodEvent, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QScrollArea, QWidget

from desktop.views.panel import Panel

if TYPE_CHECKING:
    from desktop.app import Application
    from desktop.services import Services
    from desktop.views.main_window import MainWindow

LIMIT_S: Final = 20.0
POLL_S: Final = 0.02
SETTLE_S: Final = 0.25
PanelT = TypeVar("PanelT", bound=Panel)
WidgetT = TypeVar("WidgetT", bound=QWidget)


class StepError(Exception):
    """A step did not show what it must show."""


class StrayWindows(QObject):
    """Notes every window beside the main one: a widget shown before it has a parent flashes as one."""

    def __init__(self, main: QWidget) -> None:
        super().__init__()
        self._main = main
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at what is shown; menus, completions and tool tips are windows by right."""
        if event.type() is not QEvent.Type.Show or not isinstance(watched, QWidget) or watched is self._main:
            return False
        if watched.windowType() is Qt.WindowType.Window:
            self.seen.append(f"{type(watched).__name__} {watched.objectName()}".strip())
        return False


class Driver:
    """Drives one window, as a user would: through its widgets, and judged by what they show."""

    def __init__(self, application: "Application", out: Path) -> None:
        self.application = application
        self.pictures = 0
        self.kept: dict[str, Any] = {}
        """What a step leaves for a later one."""
        self._out = out
        self._number = 0
        self._stray = StrayWindows(self.window)
        qapp = QApplication.instance()
        assert qapp is not None
        qapp.installEventFilter(self._stray)

    @property
    def window(self) -> "MainWindow":
        """The window of now: a change of language builds another."""
        assert self.application.window is not None
        return self.application.window

    @property
    def services(self) -> "Services":
        """The window's services, for what is asserted behind the glass."""
        return self.application.services

    async def take(self, number: int, step: Callable[["Driver"], Awaitable[None]]) -> None:
        """Take one step and say so. Raises `StepError`, after a picture of how it stood."""
        self._number = number
        began = time.monotonic()
        words = (step.__doc__ or step.__name__).strip().rstrip(".")
        try:
            await step(self)
            assert not self._stray.seen, f"no window beside the main one: {', '.join(self._stray.seen)}"
        except (StepError, AssertionError) as exc:
            await self.picture("failed")
            raise StepError(f"step {number} ({words}): {exc}") from exc
        sys.stdout.write(f"{number:2d}  {words} ({time.monotonic() - began:.1f} s)\n")
        sys.stdout.flush()

    async def until(self, holds: Callable[[], bool], what: str, limit_s: float = LIMIT_S) -> None:
        """Wait until *holds*. Raises `StepError` saying *what* did not happen."""
        deadline = time.monotonic() + limit_s
        while not holds():
            if time.monotonic() > deadline:
                raise StepError(f"{what}: not within {limit_s:.0f} s")
            await asyncio.sleep(POLL_S)

    async def settle(self, seconds: float = SETTLE_S) -> None:
        """Let what is under way be painted."""
        await asyncio.sleep(seconds)

    async def picture(self, name: str) -> None:
        """Save the window as ``NN-name.png``, with the menu or card that is open over it."""
        await self.settle()
        self.pictures += 1
        shot = self.window.grab()
        popup = QApplication.activePopupWidget()
        if popup is not None:
            painter = QPainter(shot)
            painter.drawPixmap(self.window.mapFromGlobal(popup.mapToGlobal(popup.rect().topLeft())), popup.grab())
            painter.end()
        shot.save(str(self._out / f"{self._number:02d}-{name}.png"))

    def click(self, button: QAbstractButton) -> None:
        """Press *button* with the mouse."""
        self._leave_completion()
        assert button.isVisibleTo(self.window), f"the button “{button.text()}” is not shown"
        assert button.isEnabled(), f"the button “{button.text()}” cannot be pressed"
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def enter(self, widget: QWidget, text: str) -> None:
        """Replace what *widget* holds by *text*, key by key."""
        self._leave_completion()
        widget.setFocus()
        QTest.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClick(widget, Qt.Key.Key_Delete)
        if text.isascii():
            QTest.keyClicks(widget, text)
        else:  # QTest's keys end with ASCII; an input method hands text over like this
            event = QInputMethodEvent()
            event.setCommitString(text)
            QApplication.sendEvent(widget, event)

    def reveal(self, widget: QWidget) -> None:
        """Scroll to *widget*."""
        around = widget.parentWidget()
        while around is not None and not isinstance(around, QScrollArea):
            around = around.parentWidget()
        if around is not None:
            around.ensureWidgetVisible(widget)

    def dismiss_notices(self) -> None:
        """Close what told of things done: they come faster here than anybody reads."""
        for toast in self.window.body.toasts.toasts():
            toast.dismiss()

    @staticmethod
    def _leave_completion() -> None:
        """A click or a key elsewhere closes a list of completions."""
        popup = QApplication.activePopupWidget()
        if isinstance(popup, QAbstractItemView):
            popup.close()

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the focus is."""
        QTest.keyClick(QApplication.focusWidget() or self.window, key, modifier)

    def act(self, action: QAction | None) -> None:
        """Run an action of the panel, as its shortcut and the palette do."""
        assert action is not None, "the panel has no such act"
        assert action.isEnabled(), f"“{action.text()}” cannot be done now"
        action.trigger()

    async def popup(self, kind: type[WidgetT]) -> WidgetT:
        """Wait for a menu or a card over the window, and answer it."""
        await self.until(lambda: isinstance(QApplication.activePopupWidget(), kind), f"a {kind.__name__} opens")
        popup = QApplication.activePopupWidget()
        assert isinstance(popup, kind), f"a {kind.__name__} is open"
        return popup

    async def command(self, words: str) -> None:
        """Do what the palette offers for *words*: Ctrl+K, type, Enter."""
        palette = self.window.palette_sheet
        self.press(Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        await self.until(palette.isVisible, "Ctrl+K opens the palette")
        self.enter(palette.search, words)
        assert palette.shown(), f"the palette finds “{words}”"
        self.press(Qt.Key.Key_Return)

    async def open(self, key: str, kind: type[PanelT]) -> PanelT:
        """Bring a panel to the front by its navigation item, and answer it."""
        self.window.navigation.chosen.emit(key)
        await self.until(lambda: self.window.current_key() == key, f"the panel {key} is shown")
        panel = self.window.panel(key)
        assert isinstance(panel, kind), f"the panel {key} is a {type(panel).__name__}"
        return panel
