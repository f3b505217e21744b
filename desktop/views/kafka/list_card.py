"""The list at the left: topics or groups, search and order on top, thousands of rows of which those in sight are asked for."""

from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QListView, QSizePolicy, QStackedWidget

from desktop.core.formatting import short_number
from desktop.core.i18n import N_, tr
from desktop.core.kafka_spots import CLUSTER, Place, Spot
from desktop.models.kafka_list import THING_ROLE, PagedListModel, name_of
from desktop.views.kafka.list_rows import HEIGHT_PX, ListRows
from desktop.views.kafka.list_source import Segment
from desktop.views.kafka.list_top import ListTop
from desktop.views.widgets.buttons import IconButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.empty_state import EmptyState, EmptyStateView
from desktop.views.widgets.list_view import list_view
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.kafka import GroupInfo, TopicInfo

WIDTH_PX: Final = 264
LEAST_PX: Final = 200
LOOK_AFTER_MS: Final = 60
"""A scroll bar that is dragged asks for nothing until it rests a moment."""
_TITLES: Final = {Segment.TOPICS: N_("Topics"), Segment.GROUPS: N_("Groups")}


class ListCard(Card):
    """The choice survives every refresh: it is a place, not a row."""

    chosen = Signal(object)
    """The `Spot` the user looks at now."""
    opened = Signal(object)
    """Enter or a double click on a `Spot`."""
    order_changed = Signal(object)
    """Another `Order` is wanted."""
    looked = Signal()
    """Another list, or other rows of it, are in sight."""
    sought = Signal(object)
    """A `Spot` was chosen whose row is not known: it is wanted."""
    new_requested = Signal()

    def __init__(self, topics: PagedListModel[TopicInfo], groups: PagedListModel[GroupInfo]) -> None:
        super().__init__(margins=(8, 8, 6, 8))
        self._choice: Spot | None = None
        self._sought: Spot | None = None
        self._placing = False
        self._counts: dict[Segment, int | None] = {}
        self._empty: dict[Segment, EmptyState] = {}
        self.models: dict[Segment, PagedListModel[TopicInfo] | PagedListModel[GroupInfo]] = {Segment.TOPICS: topics, Segment.GROUPS: groups}
        self.choice = Segmented([(one.value, tr(text)) for one, text in _TITLES.items()], Segment.TOPICS.value, name=tr("What is listed"))
        self.choice.setObjectName("kafka_segment")
        self.choice.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.cluster_button = IconButton("ph.hard-drives", tr("The cluster and its brokers"), lambda: self.choose(CLUSTER))
        self.top = ListTop()
        self.views = {
            Segment.TOPICS: list_view(topics, "kafka_topics", tr("Topics")),
            Segment.GROUPS: list_view(groups, "kafka_groups", tr("Consumer groups")),
        }
        self.rows = ListRows(self)
        self.message = EmptyStateView(EmptyState("ph.hourglass", tr("Loading")))
        self.note = Wrapped(tone="warn")
        self.note.hide()
        self._stack = QStackedWidget()
        self._look_clock = QTimer(self, singleShot=True, interval=LOOK_AFTER_MS)
        self._lay_out()
        self._connect()
        self._follow()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.choice)
        head.addStretch(1)
        head.addWidget(self.cluster_button)
        for view in self.views.values():
            view.setItemDelegate(self.rows)
            view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
            view.verticalScrollBar().setSingleStep(HEIGHT_PX)
            self._stack.addWidget(view)
        self._stack.addWidget(self.message)
        foot = QHBoxLayout()
        foot.setContentsMargins(4, 0, 4, 0)
        foot.addWidget(self.note)
        self.body.addLayout(head)
        self.body.addWidget(self.top)
        self.body.addWidget(self._stack, 1)
        self.body.addLayout(foot)
        self.setMinimumWidth(LEAST_PX)

    def _connect(self) -> None:
        self.choice.chosen.connect(lambda _: self._on_segment_chosen())
        self.top.order_changed.connect(self.order_changed)
        self.top.new_requested.connect(self.new_requested)
        self.top.left.connect(self.focus_list)
        self._look_clock.timeout.connect(self.looked)
        for segment, view in self.views.items():
            view.installEventFilter(self)
            view.selectionModel().currentChanged.connect(self._on_current_changed)
            view.activated.connect(self._on_activated)
            view.verticalScrollBar().valueChanged.connect(lambda _: self._on_scrolled())
            model = self.models[segment]
            for changed in (model.dataChanged, model.rowsInserted, model.rowsRemoved, model.modelReset):
                changed.connect(self._keep_place)

    # -- what is in sight

    @property
    def segment(self) -> Segment:
        """Which list is in sight."""
        return Segment(self.choice.current())

    @property
    def view(self) -> QListView:
        """The list in sight."""
        return self.views[self.segment]

    def in_sight(self) -> tuple[Segment, int, int]:
        """Answer which list is in sight, and its first and last row on screen."""
        first = self.view.indexAt(QPoint(4, 2)).row()
        first = max(first, 0)
        return self.segment, first, first + max(self.view.viewport().height() // HEIGHT_PX, 0) + 1

    def show_segment(self, segment: Segment) -> None:
        """Look at the other list."""
        if segment is not self.segment:
            self.choice.set_current(segment.value)
            self._on_segment_chosen()

    def set_counts(self, topics: int | None, groups: int | None) -> None:
        """Tell how many there are in all."""
        self._counts = {Segment.TOPICS: topics, Segment.GROUPS: groups}
        self._follow()
        self._show_rows()

    def set_empty(self, segment: Segment, state: EmptyState) -> None:
        """Say what stands where a list has nothing in it."""
        self._empty[segment] = state
        self._show_rows()

    def set_note(self, text: str) -> None:
        """Say below the list what it goes without; nothing clears it."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def set_dimmed(self, dimmed: bool) -> None:
        """Show that what is known is from before."""
        self.rows.dimmed = dimmed
        self.view.viewport().update()

    # -- what is chosen

    @property
    def spot(self) -> Spot | None:
        """What the user looks at, whether its row is known now or not."""
        return self._choice

    def choose(self, spot: Spot) -> None:
        """Choose as a click would."""
        if spot.place is not Place.CLUSTER:
            self.show_segment(Segment.TOPICS if spot.place is Place.TOPIC else Segment.GROUPS)
        if spot != self._choice:
            self._choice = spot
            self.chosen.emit(spot)
        self._sought = spot if spot.place is not Place.CLUSTER else None
        self._keep_place()
        if self._sought is not None:
            self.sought.emit(spot)

    def forget(self) -> None:
        """Choose nothing: another cluster is looked at."""
        self._choice, self._sought = None, None
        self._keep_place()

    def focus_list(self) -> None:
        """Put the keys into the list."""
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- rows and places

    def _on_segment_chosen(self) -> None:
        self._follow()
        self._keep_place()
        self._show_rows()
        self._look_clock.start()

    def _follow(self) -> None:
        for segment, title in _TITLES.items():
            count = self._counts.get(segment)
            self.choice.set_text(segment.value, f"{tr(title)} {short_number(count)}" if count is not None else tr(title))
        self.top.show_segment(self.segment)
        self.setFocusProxy(self.view)

    def _show_rows(self) -> None:
        model = self.models[self.segment]
        if model.rowCount():
            self._stack.setCurrentWidget(self.view)
            return
        if not model.pages.is_known:
            state = EmptyState("ph.hourglass", tr("Loading"))
        elif self.top.order().search:
            state = EmptyState("ph.magnifying-glass", tr("Nothing has “{words}” in its name", words=self.top.order().search))
        else:
            state = self._empty.get(self.segment, EmptyState("ph.stack", tr("Nothing here yet")))
        self.message.set_state(state)
        self._stack.setCurrentWidget(self.message)

    def _spot_at(self, index: QModelIndex) -> Spot | None:
        thing = index.data(THING_ROLE) if index.isValid() else None
        if thing is None:
            return None
        return Spot(Place.TOPIC if isinstance(thing, TopicInfo) else Place.GROUP, name_of(thing))

    def _on_current_changed(self, index: QModelIndex) -> None:
        spot = self._spot_at(index)
        if self._placing or spot is None or spot == self._choice:
            return
        self._choice, self._sought = spot, None
        self.chosen.emit(spot)

    def _on_scrolled(self) -> None:
        self._sought = None  # whoever scrolls looks elsewhere
        self._look_clock.start()

    def _on_activated(self, index: QModelIndex) -> None:
        spot = self._spot_at(index)
        if spot is not None:
            self.opened.emit(spot)

    def _end_placing(self) -> None:
        self._placing = False
        self._keep_place()

    def _keep_place(self, *_: object) -> None:
        """Rows came, went or changed places under the choice: let the current row be the chosen one, or none."""
        self._show_rows()
        spot = self._choice
        self.cluster_button.set_icon("ph.hard-drives", "accent" if spot == CLUSTER else "dim")
        fits = spot is not None and spot.place is (Place.TOPIC if self.segment is Segment.TOPICS else Place.GROUP)
        index = self.models[self.segment].index_of(spot.name) if fits and spot is not None else QModelIndex()
        if index != self.view.currentIndex():
            self._placing = True
            self.view.setAutoScroll(False)  # what is looked at stays where it is
            self.view.setCurrentIndex(index)
            self.view.setAutoScroll(True)
            self._placing = False
        if index.isValid() and spot == self._sought:
            self._sought = None
            self.view.scrollTo(index)

    # -- Qt overrides

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt takes the first row as soon as a list gets the keys; that is no choice."""
        if event.type() == QEvent.Type.FocusIn and isinstance(watched, QListView) and not watched.currentIndex().isValid():
            self._placing = True
            QTimer.singleShot(0, self, self._end_placing)
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave letters to the window: a search by typing would take its shortcuts."""
        event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More rows may be in sight."""
        super().resizeEvent(event)
        self._look_clock.start()
