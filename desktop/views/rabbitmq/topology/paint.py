"""Paints the whole picture, for the screen and for files alike."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from desktop.core.i18n import tr
from desktop.core.rabbitmq_graph import Facts, Graph
from desktop.core.rabbitmq_shapes import Layout
from desktop.views.rabbitmq.topology.lines import LinePainter, Strand, rect_of
from desktop.views.rabbitmq.topology.look import NAMES_FROM, Emphasis, name_px
from desktop.views.rabbitmq.topology.nodes import NodePainter
from desktop.views.theme import theme


def paint_picture(
    painter: QPainter,
    graph: Graph,
    layout: Layout,
    strands: Sequence[Strand],
    facts: Facts,
    emphasis: Emphasis,
    scale: float,
    seen: QRectF,
) -> None:
    """Paint what is in *seen*, in the picture's own measure; *painter* brings the scale with it."""
    lines = LinePainter(painter, scale, facts, emphasis)
    wide = seen.adjusted(-8, -24, 8, 24)
    for strand in sorted(strands, key=lambda strand: not emphasis.lit.isdisjoint(strand.edges)):
        if strand.path.controlPointRect().adjusted(-1, -1, 1, 1).intersects(wide):
            lines.paint_strand(strand, graph.edges)
    for index, line in layout.lines.items():
        lines.paint_end(index, graph.edges[index], line)
    painter.setOpacity(1.0)
    if layout.grid_top is not None and scale >= NAMES_FROM and layout.lines:
        painter.setFont(theme().font(round(name_px(scale) - 1)))
        painter.setPen(theme().color("dim"))
        area = QRectF(0, layout.grid_top, layout.width, 20)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), tr("Not bound to anything"))
    nodes = NodePainter(painter, scale, facts, emphasis)
    for node in graph.nodes:
        box = rect_of(layout.boxes[node.key])
        if box.intersects(wide):
            nodes.paint(node, box)
