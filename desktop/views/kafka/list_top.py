"""The line over the list of topics or groups: what their names are searched for, and in which order the topics stand."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QWidget

from desktop.core.i18n import N_, tr
from desktop.views.kafka.list_sorts import sorts_menu
from desktop.views.kafka.list_source import Order, Segment
from desktop.views.widgets.buttons import IconButton, popup_under

SEARCH_AFTER_MS: Final = 150
_FINDS: Final = {Segment.TOPICS: N_("Find a topic"), Segment.GROUPS: N_("Find a group")}


class ListTop(QWidget):
    """Asks for another `Order` a moment after the last letter, and at once with Enter."""

    order_changed = Signal(object)
    """Another `Order` is wanted."""
    left = Signal()
    """The keys are wanted in the list: Enter was pressed, or the search was emptied."""
    new_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._order = Order()
        self.search = QLineEdit()
        self.search.setObjectName("kafka_search_names")
        self.search.setClearButtonEnabled(True)
        self.sort_button = IconButton("ph.sort-ascending", tr("Order of the topics"), self.open_sorts)
        self.new_button = IconButton("ph.plus", tr("Create a topic"), self.new_requested.emit)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.search, 1)
        row.addWidget(self.sort_button)
        row.addWidget(self.new_button)
        self._clock = QTimer(self, singleShot=True, interval=SEARCH_AFTER_MS)
        self._clock.timeout.connect(self._search_now)
        self.search.textChanged.connect(lambda _: self._clock.start())
        self.search.returnPressed.connect(self._on_entered)

    def show_segment(self, segment: Segment) -> None:
        """Say what is searched, and offer what that list can be asked for."""
        self.search.setPlaceholderText(tr(_FINDS[segment]))
        self.search.setAccessibleName(tr(_FINDS[segment]))
        for button in (self.sort_button, self.new_button):
            button.setVisible(segment is Segment.TOPICS)

    def order(self) -> Order:
        """Answer how they are listed."""
        return self._order

    def set_sort(self, sort: str, *, descending: bool) -> None:
        """List the topics in another order."""
        self._set_order(replace(self._order, sort=sort, descending=descending))

    def set_internal(self, *, shown: bool) -> None:
        """List the topics that Kafka keeps for itself too, or not."""
        self._set_order(replace(self._order, internal=shown))

    def open_sorts(self) -> QMenu:
        """Offer the orders of the topics, and whether Kafka's own are among them."""
        menu = sorts_menu(self, self._order, self._set_order)
        popup_under(menu, self.sort_button)
        return menu

    def focus_search(self) -> None:
        """Put the cursor into the search box."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def clear_search(self) -> bool:
        """Empty the search box; False where it was empty."""
        if not self.search.text():
            return False
        self.search.clear()
        self.left.emit()
        return True

    def _on_entered(self) -> None:
        self._clock.stop()
        self._search_now()
        self.left.emit()

    def _search_now(self) -> None:
        self._set_order(replace(self._order, search=self.search.text().strip()))

    def _set_order(self, order: Order) -> None:
        if order != self._order:
            self._order = order
            plain = order.sort == "name"
            self.sort_button.set_icon(
                "ph.sort-ascending" if plain else "ph.sort-descending", "dim" if plain and not order.internal else "accent"
            )
            self.order_changed.emit(order)
