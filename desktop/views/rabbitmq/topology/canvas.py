"""The picture under the user's hands: drag, wheel, click, what is under the pointer, and the way through it by keyboard."""

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip

from desktop.views.rabbitmq.topology.camera import STEP
from desktop.views.rabbitmq.topology.lines import rect_of
from desktop.views.rabbitmq.topology.surface import Surface

PAN_STEP_PX: Final = 48.0
DRAG_PX: Final = 4
WHEEL_NOTCH: Final = 120.0
ARROWS: Final = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class Canvas(Surface):
    """A `Surface` one can take hold of."""

    opened = Signal(str)
    """The key of a node that was clicked, or entered."""

    def __init__(self) -> None:
        super().__init__()
        self._pressed: QPoint | None = None
        self._last = QPoint()
        self._is_dragged = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _step(self, dx: int, dy: int) -> None:
        """Go to the nearest node in a direction."""
        boxes = self.layout_now.boxes
        if not boxes:
            return
        if self.current not in boxes:
            self.set_current(min(boxes, key=lambda key: (boxes[key].x, boxes[key].y)))
            return
        here = rect_of(boxes[self.current]).center()
        ahead: list[tuple[float, str]] = []
        for key, box in boxes.items():
            there = rect_of(box).center() - here
            along, beside = (there.x() * dx, there.y()) if dx else (there.y() * dy, there.x())
            if along > 1 and (dx == 0 or abs(beside) <= along * 4):
                ahead.append((along + 3 * abs(beside) if dy else along + abs(beside), key))
        if ahead:
            self.set_current(min(ahead)[1])

    # -- Qt overrides

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; sideways, and with Shift, move."""
        turn = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or abs(turn.x()) > abs(turn.y()):
            self.pan((turn.x() or turn.y()) / 2, 0.0)
        elif turn.y():
            self.zoom(STEP ** (turn.y() / WHEEL_NOTCH), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag, or to click."""
        if event.button() in {Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton}:
            self._pressed = self._last = event.position().toPoint()
            self._is_dragged = False
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, or hover."""
        here = event.position().toPoint()
        if self._pressed is None:
            self.hover(event.position())
            return
        if (here - self._pressed).manhattanLength() >= DRAG_PX:
            self._is_dragged = True
        if self._is_dragged:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.pan(here.x() - self._last.x(), here.y() - self._last.y())
            self._last = here

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open what was clicked; a click beside everything lets go of what is current."""
        was_click = self._pressed is not None and not self._is_dragged and event.button() is Qt.MouseButton.LeftButton
        self._pressed = None
        self.unsetCursor()
        if was_click:
            key = self.node_at(event.position())
            self.set_current(key)
            if key:
                self.opened.emit(key)
        self.hover(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        """Let go of what was under the pointer."""
        super().leaveEvent(event)
        self.let_go()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Know what is under the pointer at once."""
        super().enterEvent(event)
        self.hover(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from node to node and with Shift move the picture; Enter opens, Escape lets go."""
        step = ARROWS.get(Qt.Key(event.key()))
        if step is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pan(-step[0] * PAN_STEP_PX, -step[1] * PAN_STEP_PX)
        elif step is not None:
            self._step(*step)
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space} and self.current:
            self.opened.emit(self.current)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tell what is under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            words = self.words_at(QPointF(event.pos()))
            if words:
                QToolTip.showText(event.globalPos(), words, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)
