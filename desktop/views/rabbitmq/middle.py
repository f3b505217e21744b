"""What stands between the tree and the detail: the head, and under it the part of the place that is looked at."""

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.services.settings import Settings
from desktop.views.rabbitmq.head import SpotHead, Tab
from desktop.views.rabbitmq.reads import ReadsBar
from desktop.views.widgets.buttons import IconButton
from desktop.views.widgets.feed_splitter import QuietSplitter

PICTURE_KEY: Final = "rabbitmq/picture"
PICTURE_PX: Final = 280
LEAST_PICTURE_PX: Final = 148
LEAST_TABLE_PX: Final = 120
TABLE_PX: Final = 260
"""What reads, filter and table want before a picture is made higher than it must be."""
HIDDEN: Final = "hidden"
SHARED: Final = "shared"
FILLED: Final = "filled"


class Middle(QWidget):
    """Give it the message table with `frame`. The picture of the topology shares the room with it, fills it, or is hidden."""

    mode_changed = Signal()
    """The room is shared out otherwise."""

    def __init__(self, settings: Settings, head: SpotHead, reads: ReadsBar, pages: Mapping[Tab, QWidget]) -> None:
        super().__init__()
        self._settings = settings
        self._picture: QWidget | None = None
        self._below: QWidget | None = None
        self._mode = HIDDEN
        self.head = head
        self.reads = reads
        self._pages = dict(pages)
        self._table = QWidget()
        self._column = QVBoxLayout(self._table)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addWidget(reads)
        self._splitter = QuietSplitter(Qt.Orientation.Vertical)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self._table)
        self._stack = QStackedWidget()
        self._stack.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._stack.addWidget(self._splitter)
        for page in self._pages.values():
            self._stack.addWidget(page)
        self.show_picture = IconButton("ph.tree-structure", tr("Show or hide the picture of the topology"), self.toggle_picture)
        self.fill_picture = IconButton("ph.arrows-out-simple", tr("Let the picture fill the panel, or share it"), self.toggle_filled)
        for button in (self.show_picture, self.fill_picture):
            button.hide()
            head.tools.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(head)
        layout.addWidget(self._stack, 1)

    def frame(self, table: QWidget) -> QWidget:
        """Put filter bar and table into their place, and answer the whole."""
        table.setMinimumHeight(LEAST_TABLE_PX)
        self._column.addWidget(table, 1)
        return self

    def add_below(self, widget: QWidget) -> None:
        """Put *widget* under the table; what it needs, the picture gives."""
        self._below = widget
        widget.installEventFilter(self)
        self._column.addWidget(widget)

    def show_tab(self, tab: Tab) -> None:
        """Show a part of the place."""
        self._stack.setCurrentWidget(self._pages.get(tab, self._splitter))
        for button in (self.show_picture, self.fill_picture):
            button.setVisible(self._picture is not None and tab is Tab.MESSAGES)

    def shows_messages(self) -> bool:
        """Whether the message table is in sight."""
        return self._stack.currentWidget() is self._splitter and not self._table.isHidden()

    def focus_part(self, table: QWidget) -> None:
        """Put the focus into the part that is looked at; *table* holds the messages."""
        page = self._stack.currentWidget()
        (table if page is self._splitter else page).setFocus(Qt.FocusReason.OtherFocusReason)

    # -- the picture

    def set_picture(self, picture: QWidget) -> None:
        """Give the picture of the topology its place above the messages."""
        self._picture = picture
        self._splitter.insertWidget(0, picture)
        self._splitter.setStretchFactor(0, 0)
        self._splitter.setStretchFactor(1, 1)
        self._give_picture_its_height()
        self._splitter.splitterMoved.connect(self._on_splitter_moved)
        kept = self._settings.value(PICTURE_KEY, SHARED)
        self._show_mode(kept if kept in {HIDDEN, SHARED, FILLED} else SHARED)
        for button in (self.show_picture, self.fill_picture):
            button.show()

    def toggle_picture(self) -> None:
        """Show the picture, or hide it."""
        self.set_mode(SHARED if self._mode == HIDDEN else HIDDEN)

    def toggle_filled(self) -> None:
        """Let the picture take the table's room too, or give it back."""
        self.set_mode(SHARED if self._mode == FILLED else FILLED)

    def set_mode(self, mode: str) -> None:
        """Share the room out otherwise, the next time too."""
        self._settings.set_value(PICTURE_KEY, mode)
        self._show_mode(mode)
        self.mode_changed.emit()

    def mode(self) -> str:
        """Answer how the room is shared out."""
        return self._mode

    def _show_mode(self, mode: str) -> None:
        if self._picture is None:
            return
        self._mode = mode
        self._picture.setVisible(mode != HIDDEN)
        self._table.setVisible(mode != FILLED)
        self.show_picture.set_icon("ph.tree-structure", "dim" if mode == HIDDEN else "accent")
        self.fill_picture.set_icon("ph.arrows-in-simple" if mode == FILLED else "ph.arrows-out-simple")

    def _give_picture_its_height(self) -> None:
        """Give the picture what it had the last time, and the rest to the table; Qt shares out by what is set while nothing is shown."""
        if self._picture is not None:
            below = self._below.sizeHint().height() + 8 if self._below is not None and not self._below.isHidden() else 0
            room = self._splitter.height() - TABLE_PX - below
            height = min(self._settings.value(f"{PICTURE_KEY}_px", PICTURE_PX), max(room, LEAST_PICTURE_PX))
            self._splitter.setSizes([height, max(self._splitter.height() - height, LEAST_TABLE_PX)])

    def _on_splitter_moved(self) -> None:
        if self._mode == SHARED:
            self._settings.set_value(f"{PICTURE_KEY}_px", self._splitter.sizes()[0])

    # -- Qt overrides

    def showEvent(self, event: QShowEvent) -> None:
        """Now it is known how much room there is."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._give_picture_its_height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What stands under the table came, went, or has another height."""
        if watched is self._below and event.type() in {QEvent.Type.ShowToParent, QEvent.Type.HideToParent, QEvent.Type.Resize}:
            QTimer.singleShot(0, self, self._give_picture_its_height)
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a lower window the picture gives way before the table does."""
        super().resizeEvent(event)
        if event.size().height() != event.oldSize().height():
            QTimer.singleShot(0, self, self._give_picture_its_height)
