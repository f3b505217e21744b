"""What stands between the list and the detail: the head, and under it the part of the topic that is looked at."""

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from desktop.views.kafka.head import KafkaHead, Tab
from desktop.views.kafka.reads import ReadsBar
from desktop.views.kafka.search_bar import SearchBar

LEAST_TABLE_PX: Final = 120


class Middle(QWidget):
    """Give it the record table with `frame`."""

    def __init__(self, head: KafkaHead, reads: ReadsBar, search: SearchBar, pages: Mapping[Tab, QWidget]) -> None:
        super().__init__()
        self.head = head
        self._pages = dict(pages)
        self._records = QWidget()
        self._column = QVBoxLayout(self._records)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addWidget(reads)
        self._column.addWidget(search)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._records)
        for page in self._pages.values():
            self._stack.addWidget(page)
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
        """Put *widget* under the table."""
        self._column.addWidget(widget)

    def show_tab(self, tab: Tab) -> None:
        """Show a part of the place."""
        self._stack.setCurrentWidget(self._pages.get(tab, self._records))

    def shows_records(self) -> bool:
        """Whether the record table is in sight."""
        return self._stack.currentWidget() is self._records

    def focus_part(self, table: QWidget) -> None:
        """Put the focus into the part that is looked at; *table* holds the records."""
        page = self._stack.currentWidget()
        (table if page is self._records else page).setFocus(Qt.FocusReason.OtherFocusReason)
