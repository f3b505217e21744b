"""The surface the picture is painted on: pan, zoom, what is under the pointer, and the way through it by keyboard."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPainterPathStroker,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop.core.i18n import tr
from desktop.core.rabbitmq_graph import Facts, Graph, Node, edge_words, neighbours_of, path_of
from desktop.core.rabbitmq_layout import SHAPE, Layout
from desktop.views.rabbitmq.topology.camera import LEAST_FIRST, STEP, Camera
from desktop.views.rabbitmq.topology.lines import Strand, path_of_line, rect_of
from desktop.views.rabbitmq.topology.look import DETAIL_FROM, NAMES_FROM, Emphasis
from desktop.views.rabbitmq.topology.nodes import paint_callout
from desktop.views.rabbitmq.topology.paint import paint_picture
from desktop.views.rabbitmq.topology.words import node_words
from desktop.views.theme import theme

NEAR_PX: Final = 5.0
"""How near the pointer must come to a line."""
PAN_STEP_PX: Final = 48.0
DRAG_PX: Final = 4
WHEEL_NOTCH: Final = 120.0
ARROWS: Final = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
WIDE: Final = 3.0
"""The shape of the room above the messages."""
NOTHING: Final = Layout({}, {}, 0.0, 0.0)


class Canvas(QWidget):
    """Shows a `Layout`. Figures change without a new one."""

    opened = Signal(str)
    """The key of a node that was clicked, or entered."""
    current_changed = Signal(str)
    zoomed = Signal()
    reshaped = Signal()
    """The room is of another shape: another layout suits it better."""

    def __init__(self) -> None:
        super().__init__()
        self.graph = Graph()
        self.layout_now = NOTHING
        self.facts = Facts()
        self.camera = Camera()
        self.current = ""
        self._nodes: dict[str, Node] = {}
        self.strands: Sequence[Strand] = ()
        self._paths: dict[int, QPainterPath] = {}
        self._hovered = ""
        self._hovered_edge = -1
        self._search = ""
        self._shape = 0.0
        self._pressed: QPoint | None = None
        self._last = QPoint()
        self._is_dragged = False
        self._emphasis = Emphasis()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(80)
        self.setAccessibleName(tr("Topology"))
        theme().changed.connect(self.update)

    # -- what is shown

    def set_picture(self, graph: Graph, layout: Layout, facts: Facts, strands: Sequence[Strand] = ()) -> None:
        """Show another layout with its lines' *strands*. What the user looks at stays where it is on the screen."""
        anchor = self._anchor(layout)
        before = self.camera.to_screen(rect_of(self.layout_now.boxes[anchor]).center()) if anchor else QPointF()
        is_first = not self.layout_now.boxes
        self.graph, self.layout_now, self.facts = graph, layout, facts
        self._nodes = graph.by_key()
        self._paths = {index: path_of_line(line) for index, line in layout.lines.items()}
        self.strands = strands
        if self.current not in self._nodes:
            self._set_current("")
        self._hovered, self._hovered_edge = "", -1
        if is_first or not self.camera.is_own:
            self._fit_at_first()
        elif anchor:
            self.camera.offset += before - self.camera.to_screen(rect_of(layout.boxes[anchor]).center())
        self._emphasise()

    def set_facts(self, facts: Facts) -> None:
        """Show other figures in the same layout."""
        if facts != self.facts:
            self.facts = facts
            self._describe()
            self.update()

    def set_search(self, text: str) -> None:
        """Let nodes stand out whose names hold *text*."""
        if text != self._search:
            self._search = text
            self._emphasise()

    def set_current(self, key: str) -> None:
        """Let a node stand out with its whole path, and bring it into sight; none where no node has that key."""
        key = key if key in self._nodes else ""
        if key != self.current:
            self._set_current(key)
            self._emphasise()
        if key in self.layout_now.boxes and self.camera.reveal(rect_of(self.layout_now.boxes[key]), QSizeF(self.size())):
            self.camera.is_own = True
            self.update()

    def node(self, key: str) -> Node | None:
        """Answer a node that is shown."""
        return self._nodes.get(key)

    def _set_current(self, key: str) -> None:
        if key != self.current:
            self.current = key
            self._describe()
            self.current_changed.emit(key)

    def _describe(self) -> None:
        node = self._nodes.get(self.current)
        self.setAccessibleDescription(node_words(node, self.facts) if node is not None else "")

    def _anchor(self, layout: Layout) -> str:
        """Answer a node of both layouts that the user is likely to look at."""
        if self.current in layout.boxes and self.current in self.layout_now.boxes:
            return self.current
        middle = self.camera.to_scene(QPointF(self.rect().center()))
        shared = [key for key in self.layout_now.boxes if key in layout.boxes]
        return min(shared, key=lambda key: _distance(rect_of(self.layout_now.boxes[key]).center(), middle), default="")

    def _emphasise(self) -> None:
        bright: frozenset[str] | None = None
        lit: frozenset[int] = frozenset()
        if self._hovered:
            bright = neighbours_of(self.graph, self._hovered)
            lit = frozenset(i for i, edge in enumerate(self.graph.edges) if self._hovered in {edge.source, edge.target})
        elif self._hovered_edge >= 0:
            lit = frozenset({self._hovered_edge})
        elif self.current:
            path = path_of(self.graph, self.current)
            lit = frozenset(i for i, edge in enumerate(self.graph.edges) if edge.source in path and edge.target in path)
        wanted = self._search.casefold()
        found = frozenset(key for key, node in self._nodes.items() if wanted and wanted in node.title.casefold())
        self._emphasis = Emphasis(self._hovered, self.current, bright, lit, found, self.hasFocus())
        self.update()

    def shape(self) -> float:
        """Answer how wide the room is for its height, in two kinds only: dragging a splitter must not arrange everything anew."""
        return WIDE if self.width() > self.height() * (WIDE + SHAPE) / 2 else SHAPE

    # -- zoom

    def _scene(self) -> QSizeF:
        return QSizeF(self.layout_now.width, self.layout_now.height)

    def fit(self) -> None:
        """Show everything."""
        self.camera.fit(self._scene(), QSizeF(self.size()))
        self._moved()

    def _fit_at_first(self) -> None:
        self.camera.fit(self._scene(), QSizeF(self.size()), least=LEAST_FIRST)
        if self.current in self.layout_now.boxes:
            self.camera.reveal(rect_of(self.layout_now.boxes[self.current]), QSizeF(self.size()))
        self._moved()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Show it larger or smaller around a point, or around the middle."""
        self.camera.zoom(factor, at if at is not None else QPointF(self.rect().center()))
        self._moved()

    def zoom_in(self) -> None:
        """One step larger."""
        self.zoom(STEP)

    def zoom_out(self) -> None:
        """One step smaller."""
        self.zoom(1 / STEP)

    def pan(self, dx: float, dy: float) -> None:
        """Move it."""
        self.camera.pan(QPointF(dx, dy), self._scene(), QSizeF(self.size()))
        self._moved()

    def _moved(self) -> None:
        self.zoomed.emit()
        self.update()

    # -- what is where

    def node_at(self, point: QPointF) -> str:
        """Answer the key of the node at a point of the screen."""
        at = self.camera.to_scene(point)
        return next((key for key, box in self.layout_now.boxes.items() if rect_of(box).contains(at)), "")

    def edge_at(self, point: QPointF) -> int:
        """Answer the index of the edge at a point of the screen; -1 where there is none."""
        at = self.camera.to_scene(point)
        reach = NEAR_PX / self.camera.scale
        spot = QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)
        stroker = QPainterPathStroker()
        stroker.setWidth(2 * reach)
        for index, path in self._paths.items():
            label = self.layout_now.lines[index].label
            if label is not None and self.camera.scale >= DETAIL_FROM and rect_of(label).contains(at):
                return index
            is_near = path.controlPointRect().adjusted(-1, -1, 1, 1).intersects(spot)
            if is_near and stroker.createStroke(path).contains(at):
                return index
        return -1

    def _hover(self, point: QPointF) -> None:
        key = self.node_at(point)
        edge = -1 if key else self.edge_at(point)
        if (key, edge) != (self._hovered, self._hovered_edge):
            self._hovered, self._hovered_edge = key, edge
            self.setCursor(Qt.CursorShape.PointingHandCursor if key else Qt.CursorShape.ArrowCursor)
            self._emphasise()

    # -- by keyboard

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

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint what is in sight."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        seen = QRectF(self.camera.to_scene(QPointF(0, 0)), QSizeF(self.size()) * (1.0 / self.camera.scale))
        painter.save()
        painter.translate(self.camera.offset)
        painter.scale(self.camera.scale, self.camera.scale)
        paint_picture(painter, self.graph, self.layout_now, self.strands, self.facts, self._emphasis, self.camera.scale, seen)
        painter.restore()
        called = self._hovered or (self.current if self.hasFocus() else "")
        if called and self.camera.scale < NAMES_FROM:
            box = self.camera.rect_to_screen(rect_of(self.layout_now.boxes[called]))
            paint_callout(painter, self._nodes[called].title, QPointF(box.center().x(), box.top()), QRectF(self.rect()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit again, where the user has not chosen what is seen."""
        super().resizeEvent(event)
        if self.shape() != self._shape:
            self._shape = self.shape()
            self.reshaped.emit()
        if not self.camera.is_own:
            self._fit_at_first()

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
            self._hover(event.position())
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
            self._set_current(key)
            self._emphasise()
            if key:
                self.opened.emit(key)
        self._hover(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        """Let go of what was under the pointer."""
        super().leaveEvent(event)
        if self._hovered or self._hovered_edge >= 0:
            self._hovered, self._hovered_edge = "", -1
            self._emphasise()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Know what is under the pointer at once."""
        super().enterEvent(event)
        self._hover(event.position())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        self._emphasise()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that it has gone."""
        super().focusOutEvent(event)
        self._emphasise()

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
            words = self._words_at(QPointF(event.pos()))
            if words:
                QToolTip.showText(event.globalPos(), words, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _words_at(self, point: QPointF) -> str:
        node = self._nodes.get(self.node_at(point))
        if node is not None:
            return node_words(node, self.facts)
        edge = self.edge_at(point)
        return edge_words(self.graph.edges[edge], self._nodes) if edge >= 0 else ""


def _distance(one: QPointF, other: QPointF) -> float:
    return (one - other).manhattanLength()
