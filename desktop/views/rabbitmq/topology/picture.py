"""The picture with its head: what it shows of how much, what the lines mean, zoom, focus and saving."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from desktop.core.formatting import number
from desktop.core.i18n import tr
from desktop.core.problems import hint_of, title_of
from desktop.core.rabbitmq_graph import Facts, Graph, Kind, around, facts_of, graph_of
from desktop.core.rabbitmq_layout import lay_out, sizes_of
from desktop.core.rabbitmq_shapes import Layout, Sizes
from desktop.views.rabbitmq.topology.canvas import Canvas
from desktop.views.rabbitmq.topology.legend import Legend
from desktop.views.rabbitmq.topology.lines import Strand, strands_of
from desktop.views.rabbitmq.topology.look import RATE_PX, label_width, node_width
from desktop.views.rabbitmq.topology.saving import Drawing, ask_where, save_drawing
from desktop.views.rabbitmq.topology.surface import NOTHING
from desktop.views.widgets.buttons import IconButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.empty_state import EmptyState, EmptyStateView
from desktop.views.widgets.jobs import Jobs
from desktop.views.widgets.labels import Label, caption
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.rabbitmq import Topology

log = logging.getLogger(__name__)

LAYOUT_S: Final = 10.0
"""A layout that takes longer is given up; the old picture stays."""


class TopologyPicture(Card):
    """Give it a `Topology` as often as you like: only another structure is laid out anew, in a thread."""

    exchange_opened = Signal(str)
    queue_opened = Signal(str)
    consumer_opened = Signal(str)
    """The first tag of the group."""

    def __init__(self, notify: Notify, parent: QWidget | None = None) -> None:
        super().__init__(parent, margins=(1, 4, 1, 1))
        self._notify = notify
        self._jobs = Jobs(self)
        self._topology: Topology | None = None
        self._wanted: tuple[Graph, float] | None = None
        """What is being laid out, for which shape of room."""
        self._shape = 0.0
        """For which shape of room it was laid out."""
        self._looked_at = ""
        self._pending = ""
        """What is to stand out once it is drawn."""
        self._around = ""
        self._search = ""
        self._acts: tuple[QAction, ...] = ()
        self.canvas = Canvas()
        self.note = caption()
        self.focus_button = IconButton("ph.crosshair-simple", tr("Show only what the chosen one has to do with"), self.toggle_focus)
        self._said = EmptyState("ph.tree-structure", tr("Asking the broker …"))
        self._empty = EmptyStateView(self._said)
        self._stack = QStackedWidget()
        self._lay_out()
        self._connect()
        self.focus_button.setEnabled(False)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(12, 0, 4, 0)
        head.setSpacing(8)
        head.addWidget(Label(tr("Topology"), bold=True))
        head.addWidget(self.note)
        head.addStretch(1)
        head.addWidget(Legend())
        self._tools = self._make_tools()
        for button in self._tools:
            head.addWidget(button)
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.canvas)
        self.body.setSpacing(0)
        self.body.addLayout(head)
        self.body.addWidget(self._stack, 1)
        self.setFocusProxy(self.canvas)

    def _make_tools(self) -> list[IconButton]:
        return [
            self.focus_button,
            IconButton("ph.minus", tr("Smaller (Ctrl+-)"), self.canvas.zoom_out),
            IconButton("ph.plus", tr("Larger (Ctrl++)"), self.canvas.zoom_in),
            IconButton("ph.corners-out", tr("Show everything (Ctrl+0)"), self.canvas.fit),
            IconButton("ph.download-simple", tr("Save the picture as PNG or SVG"), self.save),
        ]

    def _connect(self) -> None:
        self.canvas.opened.connect(self._on_opened)
        self.canvas.current_changed.connect(self._on_current_changed)
        within = Qt.ShortcutContext.WidgetWithChildrenShortcut
        keys: dict[str, Callable[[], None]] = {
            "Ctrl++": self.canvas.zoom_in,
            "Ctrl+=": self.canvas.zoom_in,
            "Ctrl+-": self.canvas.zoom_out,
            "Ctrl+0": self.canvas.fit,
        }
        for text, do in keys.items():
            shortcut = QShortcut(QKeySequence(text), self, context=within)
            shortcut.activated.connect(do)

    # -- what it shows

    def set_empty_acts(self, actions: tuple[QAction, ...]) -> None:
        """Offer *actions* where there is nothing to draw."""
        self._acts = actions

    def _show_empty(self) -> None:
        if self._search:
            state = EmptyState(
                "ph.magnifying-glass",
                tr("Nothing is called that"),
                tr("No exchange and no queue here has “{name}” in its name.", name=self._search),
            )
        else:
            sentence = tr("Exchanges, queues and what is bound to what appear here as a picture.")
            state = EmptyState("ph.tree-structure", tr("No exchanges and queues yet"), sentence, self._acts)
        self._say(state)

    def _say(self, state: EmptyState) -> None:
        if state != self._said:  # its buttons are made anew, and would lose the focus
            self._said = state
            self._empty.set_state(state)
        self._stack.setCurrentWidget(self._empty)

    def set_topology(self, topology: Topology) -> None:
        """Draw it. Where only figures have changed, they change in place; for a room of another shape it is arranged anew."""
        other = self._topology is not None and self._topology.vhost != topology.vhost
        self._topology = topology
        self._show_note(topology)
        if other:
            self.canvas.set_picture(Graph(), NOTHING, Facts())
        self._draw()

    def clear(self) -> None:
        """Forget what was drawn: another broker is looked at."""
        self._topology = None
        self._wanted = None
        self._jobs.cancel("layout")
        self.canvas.set_picture(Graph(), NOTHING, Facts())
        self._say(EmptyState("ph.tree-structure", tr("Asking the broker …")))
        self.note.clear()
        self._leave_focus()

    def look_at(self, key: str) -> None:
        """Let the node of that key stand out with its path: the panel looks at it. What is not drawn yet stands out when it is."""
        node = self.canvas.node(self.canvas.current)
        if not key and node is not None and node.kind is Kind.CONSUMER:
            return  # it was clicked, and no place of the tree is its own
        self._looked_at = self._pending = key
        self.canvas.set_current(key)
        self._draw()

    def show_problem(self, problem: ProblemDetails) -> None:
        """Say why there is nothing to draw; a picture that is there stays."""
        if self._topology is None:
            self._say(EmptyState("ph.warning", title_of(problem), hint_of(problem)))
        self.note.setText(title_of(problem))

    def set_search(self, text: str) -> None:
        """Let nodes stand out whose names hold *text*."""
        self._search = text
        self.canvas.set_search(text)

    def toggle_focus(self) -> None:
        """Show only the neighbourhood of the chosen node, or everything again."""
        if self._around:
            self._leave_focus()
        else:
            self._around = self.canvas.current
            self.focus_button.set_icon("ph.crosshair-simple", "accent" if self._around else "dim")
        self.canvas.camera.is_own = False
        self._draw()

    def go_back(self) -> bool:
        """Show everything again; False where everything is shown."""
        if not self._around:
            return False
        self.toggle_focus()
        return True

    def _leave_focus(self) -> None:
        self._around = ""
        self.focus_button.set_icon("ph.crosshair-simple", "dim")
        self.focus_button.setEnabled(bool(self.canvas.current))

    def take_focus_after(self, before: QWidget) -> None:
        """Let Tab lead from *before* through the tools to the picture: where it stands is decided after all else is made."""
        for widget in (*self._tools, self.canvas):
            QWidget.setTabOrder(before, widget)
            before = widget

    def save(self) -> None:
        """Ask for a file and write the picture into it."""
        ask_where(self, self.start_saving)

    def start_saving(self, path: Path) -> None:
        """Write what is drawn now into a file; its name says whether as PNG or as SVG."""
        canvas = self.canvas
        drawing = Drawing(canvas.graph, canvas.layout_now, canvas.strands, canvas.facts)
        self._jobs.start("save", asyncio.to_thread(save_drawing, drawing, path), self._notify)

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        await self._jobs.stop()

    def _show_note(self, topology: Topology) -> None:
        shown, total = len(topology.queues), topology.total_queues
        is_part = shown < total
        self.note.setText(tr("shows {n} of {total} queues", n=number(shown), total=number(total)) if is_part else "")
        self.note.setToolTip(tr("Search above the tree to draw those you look for.") if is_part else "")

    # -- layout

    def _draw(self) -> None:
        if self._topology is None:
            return
        facts = facts_of(self._topology)
        graph = graph_of(self._topology, self._looked_at)
        if self._around and self._around in graph.by_key():
            graph = around(graph, self._around)
        if graph.nodes:
            self._stack.setCurrentWidget(self.canvas)
        else:
            self._show_empty()
        wanted = (graph, self.canvas.shape())
        if wanted == (self.canvas.graph, self._shape):
            self._jobs.cancel("layout")
            self._wanted = None
            self.canvas.set_facts(facts)
        elif wanted != self._wanted:
            self._wanted = wanted
            self._jobs.start("layout", self._lay_out_graph(*wanted), self._on_failed)

    async def _lay_out_graph(self, graph: Graph, shape: float) -> None:
        sizes = sizes_of(graph, node_width(), label_width(), RATE_PX)
        async with asyncio.timeout(LAYOUT_S):
            layout, strands = await asyncio.to_thread(_made, graph, sizes, shape)
        if self._topology is not None:
            self._wanted, self._shape = None, shape
            self.canvas.set_picture(graph, layout, facts_of(self._topology), strands)
            if self._pending in layout.boxes:
                self.canvas.set_current(self._pending)
                self._pending = ""

    def _on_failed(self, exc: BaseException) -> None:
        if isinstance(exc, TimeoutError):
            log.warning("The topology could not be laid out in %s s", LAYOUT_S)
        else:
            self._notify(exc)

    # -- what is chosen

    def _on_opened(self, key: str) -> None:
        node = self.canvas.node(key)
        if node is None:
            return
        signals = {Kind.EXCHANGE: self.exchange_opened, Kind.QUEUE: self.queue_opened, Kind.CONSUMER: self.consumer_opened}
        signals[node.kind].emit(node.name)

    def _on_current_changed(self, key: str) -> None:
        self.focus_button.setEnabled(bool(key or self._around))


def _made(graph: Graph, sizes: Sizes, shape: float) -> tuple[Layout, list[Strand]]:
    layout = lay_out(graph, sizes, shape)
    return layout, strands_of(graph, layout)
