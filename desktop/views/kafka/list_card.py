"""The list at the left: topics or groups, search and order on top, thousands of rows of which those in sight are asked for."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QLineEdit, QListView, QMenu, QSizePolicy, QStackedWidget

from desktop.core.formatting import short_number
from desktop.core.i18n import N_, tr
from desktop.core.kafka_spots import CLUSTER, Place, Spot
from desktop.models.kafka_list import THING_ROLE, PagedListModel, name_of
from desktop.views.kafka.list_rows import HEIGHT_PX, ListRows
from desktop.views.kafka.list_sorts import sorts_menu
from desktop.views.kafka.list_source import Order, Segment
from desktop.views.widgets.buttons import IconButton, popup_under
from desktop.views.widgets.card import Card
from desktop.views.widgets.empty_state import EmptyState, EmptyStateView
from desktop.views.widgets.list_view import list_view
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.kafka import GroupInfo, TopicInfo

WIDTH_PX: Final = 264
LEAST_PX: Final = 200
SEARCH_AFTER_MS: Final = 150
LOOK_AFTER_MS: Final = 60
"""A scroll bar that is dragged asks for nothing until it rests a moment."""
_TITLES: Final = {Segment.TOPICS: N_("Topics"), Segment.GROUPS: N_("Groups")}
_FINDS: Final = {Segment.TOPICS: N_("Find a topic"), Segment.GROUPS: N_("Find a group")}


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
        self._order = Order()
        self._counts: dict[Segment, int | None] = {}
        self._empty: dict[Segment, EmptyState] = {}
        self.models: dict[Segment, PagedListModel[TopicInfo] | PagedListModel[GroupInfo]] = {Segment.TOPICS: topics, Segment.GROUPS: groups}
        self.choice = Segmented([(one.value, tr(text)) for one, text in _TITLES.items()], Segment.TOPICS.value, name=tr("What is listed"))
        self.choice.setObjectName("kafka_segment")
        self.choice.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.cluster_button = IconButton("ph.hard-drives", tr("The cluster and its brokers"), lambda: self.choose(CLUSTER))
        self.search = QLineEdit()
        self.search.setObjectName("kafka_search_names")
        self.search.setClearButtonEnabled(True)
        self.sort_button = IconButton("ph.sort-ascending", tr("Order of the topics"), self.open_sorts)
        self.new_button = IconButton("ph.plus", tr("Create a topic"), self.new_requested.emit)
        self.views = {
            Segment.TOPICS: list_view(topics, "kafka_topics", tr("Topics")),
            Segment.GROUPS: list_view(groups, "kafka_groups", tr("Consumer groups")),
        }
        self.rows = ListRows(self)
        self.message = EmptyStateView(EmptyState("ph.hourglass", tr("Loading")))
        self.note = Wrapped(tone="warn")
        self.note.hide()
        self._stack = QStackedWidget()
        self._search_clock = QTimer(self, singleShot=True, interval=SEARCH_AFTER_MS)
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
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self.search, 1)
        top.addWidget(self.sort_button)
        top.addWidget(self.new_button)
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
        self.body.addLayout(top)
        self.body.addWidget(self._stack, 1)
        self.body.addLayout(foot)
        self.setMinimumWidth(LEAST_PX)

    def _connect(self) -> None:
        self.choice.chosen.connect(lambda _: self._on_segment_chosen())
        self.search.textChanged.connect(lambda _: self._search_clock.start())
        self.search.returnPressed.connect(self._on_search_entered)
        self._search_clock.timeout.connect(lambda: self._set_order(replace(self._order, search=self.search.text().strip())))
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

    def focus_search(self) -> None:
        """Put the cursor into the search box."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def focus_list(self) -> None:
        """Put the keys into the list."""
        self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def clear_search(self) -> bool:
        """Empty the search box; False where it was empty."""
        if not self.search.text():
            return False
        self.search.clear()
        self.focus_list()
        return True

    # -- order

    def open_sorts(self) -> QMenu:
        """Offer the orders of the topics, and whether Kafka's own are among them."""
        menu = sorts_menu(self, self._order, self._set_order)
        popup_under(menu, self.sort_button)
        return menu

    def set_sort(self, sort: str, *, descending: bool) -> None:
        """List the topics in another order."""
        self._set_order(replace(self._order, sort=sort, descending=descending))

    def set_internal(self, *, shown: bool) -> None:
        """List the topics that Kafka keeps for itself too, or not."""
        self._set_order(replace(self._order, internal=shown))

    def order(self) -> Order:
        """Answer how they are listed."""
        return self._order

    def _set_order(self, order: Order) -> None:
        if order != self._order:
            self._order = order
            plain = order.sort == "name"
            self.sort_button.set_icon(
                "ph.sort-ascending" if plain else "ph.sort-descending", "dim" if plain and not order.internal else "accent"
            )
            self.order_changed.emit(order)

    def _on_search_entered(self) -> None:
        self._search_clock.stop()
        self._set_order(replace(self._order, search=self.search.text().strip()))
        self.focus_list()

    # -- rows and places

    def _on_segment_chosen(self) -> None:
        self._follow()
        self._keep_place()
        self._show_rows()
        self._look_clock.start()

    def _follow(self) -> None:
        is_topics = self.segment is Segment.TOPICS
        for segment, title in _TITLES.items():
            count = self._counts.get(segment)
            self.choice.set_text(segment.value, f"{tr(title)} {short_number(count)}" if count is not None else tr(title))
        self.search.setPlaceholderText(tr(_FINDS[self.segment]))
        self.search.setAccessibleName(tr(_FINDS[self.segment]))
        for button in (self.sort_button, self.new_button):
            button.setVisible(is_topics)
        self.setFocusProxy(self.view)

    def _show_rows(self) -> None:
        model = self.models[self.segment]
        if model.rowCount():
            self._stack.setCurrentWidget(self.view)
            return
        if not model.pages.is_known:
            state = EmptyState("ph.hourglass", tr("Loading"))
        elif self._order.search:
            state = EmptyState("ph.magnifying-glass", tr("Nothing has “{words}” in its name", words=self._order.search))
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
