"""The topics or the groups of a cluster as a list: thousands of rows, of which only those looked at are known."""

from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from desktop.core.pages import PAGE_SIZE, Pages
from embedded_server.contracts.kafka import GroupInfo, TopicInfo

T = TypeVar("T", TopicInfo, GroupInfo)
Index = QModelIndex | QPersistentModelIndex
NO_INDEX: Final = QModelIndex()
THING_ROLE: Final = int(Qt.ItemDataRole.UserRole)
"""A `TopicInfo` or a `GroupInfo`; None while its page has not been heard."""


def name_of(thing: TopicInfo | GroupInfo) -> str:
    """Answer what tells a thing from the others."""
    return thing.name if isinstance(thing, TopicInfo) else thing.id


class PagedListModel(QAbstractListModel, Generic[T]):
    """Rows are inserted and removed at the end alone: a page that is heard repaints its rows."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.pages: Pages[T] = Pages(name_of)
        self._rows = 0

    def clear(self) -> None:
        """Know nothing: another cluster is looked at."""
        self.beginResetModel()
        self.pages = Pages(name_of)
        self._rows = 0
        self.endResetModel()

    def put(self, number: int, things: list[T], *, matching: int, total: int, fresh: bool) -> None:
        """Take page *number*, from 1; *fresh* forgets those of another order or search."""
        if not self.pages.take(number, things, matching=matching, total=total, fresh=fresh):
            return
        if matching > self._rows:
            self.beginInsertRows(NO_INDEX, self._rows, matching - 1)
            self._rows = matching
            self.endInsertRows()
        elif matching < self._rows:
            self.beginRemoveRows(NO_INDEX, matching, self._rows - 1)
            self._rows = matching
            self.endRemoveRows()
        first = 0 if fresh else (number - 1) * PAGE_SIZE
        last = self._rows - 1 if fresh else min(first + PAGE_SIZE, self._rows) - 1
        if last >= first:
            self.dataChanged.emit(self.index(first), self.index(last))

    def change(self, thing: T) -> None:
        """Take newer figures of one thing."""
        row = self.pages.change(thing)
        if 0 <= row < self._rows:
            self.dataChanged.emit(self.index(row), self.index(row))

    def index_of(self, name: str) -> QModelIndex:
        """Answer the row of a thing; none where it is not known now."""
        row = self.pages.row_of(name)
        return self.index(row) if 0 <= row < self._rows else QModelIndex()

    def is_missing(self, first: int, last: int) -> bool:
        """Whether any of these rows has not been heard."""
        return not self.pages.is_known or any(self.pages.at(row) is None for row in range(first, min(last + 1, self._rows)))

    # -- Qt overrides

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        """Answer how many there are, known or not."""
        return 0 if parent.isValid() else self._rows

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Answer a row's thing, or its name."""
        thing = self.pages.at(index.row()) if index.isValid() else None
        if role == THING_ROLE:
            return thing
        if thing is None:
            return None
        return name_of(thing) if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole} else None
