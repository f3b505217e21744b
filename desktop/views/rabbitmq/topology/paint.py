"""Paints the whole picture, for the screen and for files alike."""

from collections.abc import Mapping

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from desktop.core.i18n import tr
from desktop.core.rabbitmq_graph import Facts, Graph
from desktop.core.rabbitmq_layout import Layout
from desktop.views.rabbitmq.topology.lines import LinePainter, rect_of
from desktop.views.rabbitmq.topology.look import DETAIL_FROM, Emphasis
from desktop.views.rabbitmq.topology.nodes import NodePainter
from desktop.views.theme import CAPTION_PX, theme


def paint_picture(
    painter: QPainter,
    graph: Graph,
    layout: Layout,
    paths: Mapping[int, QPainterPath],
    facts: Facts,
    emphasis: Emphasis,
    scale: float,
    seen: QRectF,
) -> None:
    """Paint what is in *seen*, in the picture's own measure; *painter* brings the scale with it."""
    lines = LinePainter(painter, scale, facts, emphasis)
    wide = seen.adjusted(-8, -24, 8, 24)
    for index in sorted(layout.lines, key=lambda index: index in emphasis.lit):
        if paths[index].controlPointRect().adjusted(-1, -1, 1, 1).intersects(wide):
            lines.paint(index, graph.edges[index], layout.lines[index], paths[index])
    if layout.grid_top is not None and scale >= DETAIL_FROM and layout.lines:
        painter.setFont(theme().font(CAPTION_PX))
        painter.setPen(theme().color("dim"))
        area = QRectF(0, layout.grid_top, layout.width, 20)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), tr("Not bound to anything"))
    nodes = NodePainter(painter, scale, facts, emphasis)
    for node in graph.nodes:
        box = rect_of(layout.boxes[node.key])
        if box.intersects(wide):
            nodes.paint(node, box)
