"""The list of connections for a view: what is asked every second changes only what changed."""

from collections.abc import Collection
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from desktop.core.connections_words import name_of, summary
from embedded_server.contracts.connections import Connection

CONNECTION_ROLE: Final = Qt.ItemDataRole.UserRole
EDITED_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""Whether something was typed for it that is not saved."""
_Index = QModelIndex | QPersistentModelIndex


class ConnectionsModel(QAbstractListModel):
    """Connections in the user's order."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._connections: list[Connection] = []
        self._edited: frozenset[str] = frozenset()

    @property
    def connections(self) -> list[Connection]:
        """What is listed."""
        return self._connections

    def connection_at(self, index: _Index) -> Connection | None:
        """Answer the connection of a row."""
        return self._connections[index.row()] if index.isValid() and index.row() < len(self._connections) else None

    def index_of(self, connection_id: str) -> QModelIndex:
        """Answer the row of a connection; an invalid index where it is not listed."""
        for row, connection in enumerate(self._connections):
            if connection.id == connection_id:
                return self.index(row, 0)
        return QModelIndex()

    def set_connections(self, connections: list[Connection]) -> None:
        """List *connections*. Where they are the same in the same order only changed rows are painted anew, else all are."""
        if [one.id for one in connections] != [one.id for one in self._connections]:
            self.beginResetModel()
            self._connections = list(connections)
            self.endResetModel()
            return
        for row, connection in enumerate(connections):
            if self._connections[row] != connection:
                self._connections[row] = connection
                self.dataChanged.emit(self.index(row, 0), self.index(row, 0))

    def set_edited(self, ids: Collection[str]) -> None:
        """Mark those with unsaved changes."""
        changed = self._edited.symmetric_difference(ids)
        self._edited = frozenset(ids)
        for id_ in changed:
            if (index := self.index_of(id_)).isValid():
                self.dataChanged.emit(index, index)

    # -- Qt overrides

    def rowCount(self, parent: _Index | None = None) -> int:
        """Answer how many connections there are."""
        return 0 if parent is not None and parent.isValid() else len(self._connections)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Answer the connection itself, its name, and its words for a screen reader."""
        connection = self.connection_at(index)
        if connection is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return name_of(connection)
        if role == CONNECTION_ROLE:
            return connection
        if role == EDITED_ROLE:
            return connection.id in self._edited
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return summary(connection)
        if role == Qt.ItemDataRole.ToolTipRole:
            return connection.url
        return None
