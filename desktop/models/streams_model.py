"""The list of streams for a view: what is asked twice a second changes only what changed."""

from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from desktop.core.streams_words import state_word
from embedded_server.contracts.streams import Stream

STREAM_ROLE: Final = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex


class StreamsModel(QAbstractListModel):
    """Streams in the order they were added; rows keep their place, so that a selection stays where it is."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._streams: list[Stream] = []

    @property
    def streams(self) -> list[Stream]:
        """What is listed."""
        return self._streams

    def stream_at(self, index: _Index) -> Stream | None:
        """Answer the stream of a row."""
        return self._streams[index.row()] if index.isValid() and index.row() < len(self._streams) else None

    def index_of(self, stream_id: str) -> QModelIndex:
        """Answer the row of a stream; an invalid index where it is not listed."""
        for row, stream in enumerate(self._streams):
            if stream.id == stream_id:
                return self.index(row, 0)
        return QModelIndex()

    def set_streams(self, streams: list[Stream]) -> None:
        """List *streams*: gone ones leave, new ones come at the end, the others change in place."""
        kept = {stream.id for stream in streams}
        for row in range(len(self._streams) - 1, -1, -1):
            if self._streams[row].id not in kept:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._streams[row]
                self.endRemoveRows()
        for row, stream in enumerate(streams):
            if row < len(self._streams) and self._streams[row].id == stream.id:
                self._change(row, stream)
            else:
                self.beginInsertRows(QModelIndex(), row, row)
                self._streams.insert(row, stream)
                self.endInsertRows()
        if len(self._streams) > len(streams):  # their order changed, which no server does today
            self.beginResetModel()
            self._streams = list(streams)
            self.endResetModel()

    def set_stream(self, stream: Stream) -> None:
        """Show what an act answered, at once."""
        index = self.index_of(stream.id)
        if index.isValid():
            self._change(index.row(), stream)
        else:
            self.set_streams([*self._streams, stream])

    def repaint_waiting(self) -> None:
        """A countdown goes on though nothing was told."""
        for row, stream in enumerate(self._streams):
            if stream.retry_at:
                self.dataChanged.emit(self.index(row, 0), self.index(row, 0))

    def _change(self, row: int, stream: Stream) -> None:
        if self._streams[row] != stream:
            self._streams[row] = stream
            self.dataChanged.emit(self.index(row, 0), self.index(row, 0))

    # -- Qt overrides

    def rowCount(self, parent: _Index | None = None) -> int:
        """Answer how many streams there are."""
        return 0 if parent is not None and parent.isValid() else len(self._streams)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Answer the stream itself, its name, and its words for a screen reader."""
        stream = self.stream_at(index)
        if stream is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return stream.spec.name
        if role == STREAM_ROLE:
            return stream
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{stream.spec.name}, {state_word(stream)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return stream.spec.url
        return None
