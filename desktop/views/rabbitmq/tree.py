"""The tree at the left: search and order on top, a broker's places below, with their depths as they are now."""

from typing import Final

from PySide6.QtCore import QModelIndex, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QActionGroup, QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QLineEdit, QMenu, QTreeView

from desktop.core.i18n import N_, tr
from desktop.core.rabbitmq_spots import Place, Spot
from desktop.models.rabbitmq_tree import SPOT_ROLE, RabbitTreeModel
from desktop.views.rabbitmq.tree_rows import INDENT_PX, TreeRows
from desktop.views.rabbitmq.tree_source import InSight, Order
from desktop.views.theme import ROW_PX, theme
from desktop.views.widgets.buttons import IconButton, popup_under
from desktop.views.widgets.card import Card
from desktop.views.widgets.row_keys import RowKeys
from desktop.views.widgets.wrapped import Wrapped

WIDTH_PX: Final = 264
LEAST_PX: Final = 180
SEARCH_AFTER_MS: Final = 150
LOOK_AFTER_MS: Final = 60
"""A scroll bar that is dragged asks for nothing until it rests a moment."""
SORTS: Final = (
    (Order(sort="name"), N_("By name")),
    (Order(sort="ready", descending=True), N_("Most ready first")),
    (Order(sort="unacked", descending=True), N_("Most unacked first")),
    (Order(sort="publish_rate", descending=True), N_("Fastest in first")),
    (Order(sort="deliver_rate", descending=True), N_("Fastest out first")),
    (Order(sort="consumers", descending=True), N_("Most consumers first")),
)


class BrokerTreeView(QTreeView):
    """The tree itself. Its rows paint their own carets, and nothing scrolls sideways."""

    looked = Signal()
    """Other rows are in sight."""

    def __init__(self, model: RabbitTreeModel) -> None:
        super().__init__()
        self._model = model
        self.setObjectName("broker_tree")
        self.setAccessibleName(tr("Exchanges and queues"))
        self.setModel(model)
        self.rows = TreeRows(self)
        self.setItemDelegate(self.rows)
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(INDENT_PX)
        self.setExpandsOnDoubleClick(True)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.viewport().setAutoFillBackground(False)
        self.header().setStretchLastSection(True)
        self.verticalScrollBar().setSingleStep(ROW_PX)
        RowKeys(self)
        self._look_clock = QTimer(self, singleShot=True, interval=LOOK_AFTER_MS)
        self._look_clock.timeout.connect(self.looked)
        self.verticalScrollBar().valueChanged.connect(lambda _: self._look_clock.start())
        self.expanded.connect(lambda _: self._look_clock.start())
        model.rowsInserted.connect(self._open_new)
        model.repainted.connect(self.viewport().update)
        theme().changed.connect(self.viewport().update)

    def in_sight(self) -> list[InSight]:
        """Answer the open virtual hosts, and which of their queues are on screen."""
        seen: dict[str, list[int]] = {}
        index = self.indexAt(self.viewport().rect().topLeft())
        bottom = self.viewport().height()
        while index.isValid():
            rect = self.visualRect(index)
            if rect.top() > bottom:
                break
            above = self._model.spot_at(index.parent())
            if above is not None and above.place is Place.QUEUES:
                seen.setdefault(above.vhost, []).append(index.row())
            index = self.indexBelow(index)
        return [
            InSight(vhost, min(seen[vhost]), max(seen[vhost])) if vhost in seen else InSight(vhost)
            for vhost in self._model.vhosts()
            if self.isExpanded(self._model.index_of(Spot(Place.VHOST, vhost, vhost)))
        ]

    def _open_new(self, parent: QModelIndex, first: int, last: int) -> None:
        """The first virtual host opens by itself, and in every one its exchanges and queues."""
        for row in range(first, min(last, first + 8) + 1):
            index = self._model.index(row, 0, parent)
            spot = self._model.spot_at(index)
            if spot is None:
                continue
            is_first = spot.place is Place.VHOST and len(self._model.vhosts()) == 1
            if is_first or spot.place in {Place.EXCHANGES, Place.QUEUES}:
                self.expand(index)

    # -- Qt overrides

    def drawBranches(self, _painter: QPainter, _rect: QRect, _index: QModelIndex) -> None:  # type: ignore[override]  # PySide's stub names the parameters otherwise
        """Draw nothing: the rows draw their carets."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave letters to the window: a search by typing would take its shortcuts."""
        if event.text() and event.text().isprintable() and event.key() != Qt.Key.Key_Space:
            event.ignore()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More rows may be in sight."""
        super().resizeEvent(event)
        self._look_clock.start()


class BrokerTree(Card):
    """Search box, order and tree. The choice survives every refresh: it is a place, not a row."""

    chosen = Signal(object)
    """The `Spot` the user looks at now."""
    opened = Signal(object)
    """Enter or a double click on a `Spot`."""
    order_changed = Signal(object)
    """Another `Order` is wanted."""
    looked = Signal()
    new_requested = Signal()
    named = Signal(str)
    """Enter in the search box, for a queue that is not listed: a broker without the management API cannot list them."""

    def __init__(self, model: RabbitTreeModel) -> None:
        super().__init__(margins=(8, 8, 6, 8))
        self.model = model
        self._choice: Spot | None = None
        self._placing = False
        self._order = Order()
        self.view = BrokerTreeView(model)
        self.search = QLineEdit()
        self.search.setObjectName("broker_search")
        self.search.setPlaceholderText(tr("Find a queue or exchange"))
        self.search.setAccessibleName(tr("Find a queue or exchange"))
        self.search.setClearButtonEnabled(True)
        self.sort_button = IconButton("ph.sort-ascending", tr("Order of the queues"), self.open_sorts)
        self.new_button = IconButton("ph.plus", tr("Declare an exchange or a queue, or bind them"), self.new_requested.emit)
        self.note = Wrapped(tone="warn")
        self.note.hide()
        self._search_clock = QTimer(self, singleShot=True, interval=SEARCH_AFTER_MS)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(4)
        top.addWidget(self.search, 1)
        top.addWidget(self.sort_button)
        top.addWidget(self.new_button)
        foot = QHBoxLayout()
        foot.setContentsMargins(4, 0, 4, 0)
        foot.addWidget(self.note)
        self.body.addLayout(top)
        self.body.addWidget(self.view, 1)
        self.body.addLayout(foot)
        self.setMinimumWidth(LEAST_PX)
        self.setFocusProxy(self.view)

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _: self._search_clock.start())
        self._search_clock.timeout.connect(self._on_searched)
        self.search.returnPressed.connect(self._on_search_entered)
        self.view.selectionModel().currentChanged.connect(self._on_current_changed)
        self.view.activated.connect(self._on_activated)
        self.view.looked.connect(self.looked)
        self.model.dataChanged.connect(self._keep_place)
        self.model.rowsInserted.connect(self._keep_place)
        self.model.rowsRemoved.connect(self._keep_place)
        self.model.modelReset.connect(self._keep_place)

    # -- what is chosen

    @property
    def choice(self) -> Spot | None:
        """What the user looks at, whether its row is known now or not."""
        return self._choice

    def choose(self, spot: Spot) -> None:
        """Choose as a click would."""
        if spot != self._choice:
            self._choice = spot
            self.chosen.emit(spot)
        self.view.expand(self.model.index_of(Spot(Place.VHOST, spot.vhost, spot.vhost)))
        self._keep_place()
        index = self.model.index_of(spot)
        if index.isValid():
            self.view.scrollTo(index)

    def forget(self) -> None:
        """Choose nothing: another broker is looked at."""
        self._choice = None
        self._keep_place()

    def set_note(self, text: str) -> None:
        """Say below the tree what it goes without; nothing clears it."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def set_dimmed(self, dimmed: bool) -> None:
        """Show that what is known is from before."""
        self.view.rows.dimmed = dimmed
        self.view.viewport().update()

    def focus_search(self) -> None:
        """Put the cursor into the search box."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def clear_search(self) -> bool:
        """Empty the search box; False where it was empty."""
        if not self.search.text():
            return False
        self.search.clear()
        self.view.setFocus()
        return True

    # -- order

    def open_sorts(self) -> QMenu:
        """Offer the orders of the queues."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        one_of = QActionGroup(menu)
        for order, words in SORTS:
            action = one_of.addAction(menu.addAction(tr(words)))
            action.setCheckable(True)
            action.setChecked((order.sort, order.descending) == (self._order.sort, self._order.descending))
            action.triggered.connect(lambda _=False, order=order: self.set_sort(order.sort, descending=order.descending))
        popup_under(menu, self.sort_button)
        return menu

    def set_sort(self, sort: str, *, descending: bool) -> None:
        """List the queues in another order."""
        self._set_order(Order(self._order.search, sort, descending))
        self.sort_button.set_icon("ph.sort-ascending" if sort == "name" else "ph.sort-descending", "dim" if sort == "name" else "accent")

    def _on_search_entered(self) -> None:
        text = self.search.text().strip()
        listed = [pages for vhost in self.model.vhosts() if (pages := self.model.pages(vhost)) is not None]
        if text and self._order.search == text and not any(pages.matching for pages in listed):
            self.named.emit(text)
        else:
            self.view.setFocus()

    def set_can_list(self, can: bool) -> None:
        """Say in the search box that a queue has to be named in full where the broker cannot list them."""
        self.search.setPlaceholderText(tr("Find a queue or exchange") if can else tr("Name a queue, then Enter"))

    def _on_searched(self) -> None:
        self._set_order(Order(self.search.text().strip(), self._order.sort, self._order.descending))

    def _set_order(self, order: Order) -> None:
        if order != self._order:
            self._order = order
            self.order_changed.emit(order)

    # -- rows and places

    def _on_current_changed(self, index: QModelIndex) -> None:
        spot = index.data(SPOT_ROLE) if index.isValid() else None
        if self._placing or spot is None or spot == self._choice:
            return
        self._choice = spot
        self.chosen.emit(spot)

    def _on_activated(self, index: QModelIndex) -> None:
        spot = index.data(SPOT_ROLE)
        if spot is not None:
            self.opened.emit(spot)

    def _keep_place(self, *_: object) -> None:
        """Rows were moved or renamed under the choice: let the current row be the chosen place, or none."""
        index = self.model.index_of(self._choice) if self._choice is not None else QModelIndex()
        if index != self.view.currentIndex():
            self._placing = True
            self.view.setAutoScroll(False)  # what is looked at stays where it is
            self.view.setCurrentIndex(index)
            self.view.setAutoScroll(True)
            self._placing = False
