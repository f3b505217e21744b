"""The surface the picture is painted on: what is shown, what stands out, which part is seen, and what is where."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QPainter,
    QPainterPath,
    QPainterPathStroker,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.core.i18n import tr
from desktop.core.rabbitmq_graph import Facts, Graph, Node, edge_words, neighbours_of, path_of
from desktop.core.rabbitmq_layout import SHAPE
from desktop.core.rabbitmq_shapes import Layout
from desktop.views.rabbitmq.topology.camera import LEAST_FIRST, STEP, Camera
from desktop.views.rabbitmq.topology.lines import Strand, path_of_line, rect_of
from desktop.views.rabbitmq.topology.look import DETAIL_FROM, NAMES_FROM, Emphasis
from desktop.views.rabbitmq.topology.nodes import paint_callout
from desktop.views.rabbitmq.topology.paint import paint_picture
from desktop.views.rabbitmq.topology.words import node_words
from desktop.views.theme import theme

NEAR_PX: Final = 5.0
"""How near the pointer must come to a line."""
WIDE: Final = 3.0
"""The shape of the room above the messages."""
NOTHING: Final = Layout({}, {}, 0.0, 0.0)


class Surface(QWidget):
    """Shows a `Layout`. Figures change without a new one."""

    current_changed = Signal(str)
    zoomed = Signal()

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
        self._emphasis = Emphasis()
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

    def hover(self, point: QPointF) -> None:
        """Let stand out what is at a point of the screen."""
        key = self.node_at(point)
        edge = -1 if key else self.edge_at(point)
        if (key, edge) != (self._hovered, self._hovered_edge):
            self._hovered, self._hovered_edge = key, edge
            self.setCursor(Qt.CursorShape.PointingHandCursor if key else Qt.CursorShape.ArrowCursor)
            self._emphasise()

    def let_go(self) -> None:
        """The pointer has left."""
        if self._hovered or self._hovered_edge >= 0:
            self._hovered, self._hovered_edge = "", -1
            self._emphasise()

    def words_at(self, point: QPointF) -> str:
        """Say what is at a point of the screen."""
        node = self._nodes.get(self.node_at(point))
        if node is not None:
            return node_words(node, self.facts)
        edge = self.edge_at(point)
        return edge_words(self.graph.edges[edge], self._nodes) if edge >= 0 else ""

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
        if not self.camera.is_own:
            self._fit_at_first()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        self._emphasise()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that it has gone."""
        super().focusOutEvent(event)
        self._emphasise()


def _distance(one: QPointF, other: QPointF) -> float:
    return (one - other).manhattanLength()
