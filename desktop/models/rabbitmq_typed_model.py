"""Typed headers or arguments as a tree that can be edited: a row a value, nested where a value holds others."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from desktop.core.faults import Fault
from desktop.core.i18n import N_, tr, trn
from desktop.core.rabbitmq_message import TYPE_WORDS
from desktop.core.rabbitmq_typed import Entry, Path, faults_of
from embedded_server.contracts.rabbitmq import FieldType

Index = QModelIndex | QPersistentModelIndex
NO_INDEX: Final = QModelIndex()
NAME, TYPE, VALUE = range(3)
FAULT_ROLE: Final = int(Qt.ItemDataRole.UserRole)
"""A cell's `Fault`, or None."""
TYPE_ROLE: Final = FAULT_ROLE + 1
"""A row's `FieldType`."""

_TITLES: Final = (N_("Name"), N_("Type"), N_("Value"))


class _Node:
    """An entry that can be changed, and where it is."""

    __slots__ = ("children", "name", "parent", "text", "type")

    def __init__(self, entry: Entry, parent: "_Node | None") -> None:
        self.parent = parent
        self.name = entry.name
        self.type = entry.type
        self.text = entry.text
        self.children = [_Node(child, self) for child in entry.children]

    @property
    def is_nested(self) -> bool:
        return self.type in {FieldType.TABLE, FieldType.ARRAY}

    @property
    def row(self) -> int:
        return self.parent.children.index(self) if self.parent else 0

    def entry(self) -> Entry:
        return Entry(self.name, self.type, self.text, tuple(child.entry() for child in self.children))


class TypedModel(QAbstractItemModel):
    """Name, type and value. What was typed stays, whatever the type is changed to meanwhile."""

    edited = Signal()
    """The user changed something; `faults` is current."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = _Node(Entry(type=FieldType.TABLE), None)
        self._faults: dict[Path, Fault] = {}
        self._gone: list[_Node] = []
        """Rows that were taken away: Qt may still hold an index that points at them."""

    def entries(self) -> tuple[Entry, ...]:
        """Answer all of it as typed."""
        return self._root.entry().children

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show *entries* instead."""
        self.beginResetModel()
        self._gone.append(self._root)
        self._root = _Node(Entry(type=FieldType.TABLE, children=tuple(entries)), None)
        self._faults = faults_of(entries)
        self.endResetModel()

    def faults(self) -> dict[Path, Fault]:
        """Answer what is wrong, by where it is."""
        return self._faults

    def set_faults(self, faults: dict[Path, Fault]) -> None:
        """Show other faults, until the next edit."""
        self._faults = faults
        if self._root.children:
            self.dataChanged.emit(self.index(0, NAME), self.index(len(self._root.children) - 1, VALUE))

    def add(self, around: Index = NO_INDEX) -> QModelIndex:
        """Add an empty row at the end of what *around* holds."""
        node = self._node(around)
        row = len(node.children)
        self.beginInsertRows(self._first_column(around), row, row)
        node.children.append(_Node(Entry(), node))
        self.endInsertRows()
        self._after_edit()
        return self.index(row, NAME, self._first_column(around))

    def remove(self, index: Index) -> None:
        """Take a row away, with all it holds."""
        node = self._node(index)
        if node.parent is None:
            return
        row = node.row
        self.beginRemoveRows(self._index_of(node.parent), row, row)
        self._gone.append(node.parent.children.pop(row))
        self.endRemoveRows()
        self._after_edit()

    def path_of(self, index: Index) -> Path:
        """Answer where a row is."""
        path: list[int] = []
        node = self._node(index)
        while node.parent is not None:
            path.insert(0, node.row)
            node = node.parent
        return tuple(path)

    def index_at(self, path: Path, column: int = NAME) -> QModelIndex:
        """Answer the row that is there."""
        index = QModelIndex()
        for number, row in enumerate(path):
            index = self.index(row, column if number == len(path) - 1 else NAME, index)
        return index

    def is_nested(self, index: Index) -> bool:
        """Whether a row holds others."""
        return self._node(index).is_nested

    def label_of(self, index: Index) -> str:
        """Answer what a row is called: its name, or its number in an array."""
        node = self._node(index)
        return str(node.row) if self._is_item(node) else node.name

    def depth(self) -> int:
        """Answer how many levels there are."""
        return _depth(self._root)

    def _after_edit(self) -> None:
        self._faults = faults_of(self.entries())
        self.edited.emit()

    def _node(self, index: Index) -> _Node:
        node = index.internalPointer() if index.isValid() else None
        return node if isinstance(node, _Node) else self._root

    def _first_column(self, index: Index) -> QModelIndex:
        return self.index(index.row(), NAME, index.parent()) if index.isValid() else QModelIndex()

    def _index_of(self, node: _Node) -> QModelIndex:
        return QModelIndex() if node.parent is None else self.createIndex(node.row, NAME, node)

    def _is_item(self, node: _Node) -> bool:
        return node.parent is not None and node.parent.type is FieldType.ARRAY

    # -- Qt overrides

    def index(self, row: int, column: int, parent: Index = NO_INDEX) -> QModelIndex:
        """Answer a cell."""
        node = self._node(parent)
        if not (0 <= row < len(node.children) and 0 <= column < len(_TITLES)):
            return QModelIndex()
        return self.createIndex(row, column, node.children[row])

    def parent(self, index: Index = NO_INDEX) -> Any:
        """Answer the row a row is in; without one, the object's own parent."""
        node = self._node(index).parent
        return QModelIndex() if node is None else self._index_of(node)

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        """Answer how many rows one holds."""
        node = self._node(parent)
        return len(node.children) if node.is_nested and parent.column() <= NAME else 0

    def columnCount(self, _parent: Index = NO_INDEX) -> int:
        """Answer name, type and value."""
        return len(_TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Answer a column's title."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return tr(_TITLES[section])
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """An array's items have no names, and what holds others has no text of its own."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        node = self._node(index)
        fixed = (index.column() == NAME and self._is_item(node)) or (
            index.column() == VALUE and (node.is_nested or node.type is FieldType.NULL)
        )
        plain = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return plain if fixed else plain | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Answer a cell's text, its fault, or its row's type."""
        if not index.isValid():
            return None
        node = self._node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._shown(node, index.column())
        if role == Qt.ItemDataRole.EditRole:
            return (node.name, node.type.value, node.text)[index.column()]
        if role == TYPE_ROLE:
            return node.type
        if role in {FAULT_ROLE, Qt.ItemDataRole.ToolTipRole}:
            fault = self._faults.get(self.path_of(index))
            if fault is None or index.column() != (NAME if fault.of_name else VALUE):
                return None
            return fault if role == FAULT_ROLE else f"{tr(fault.title, **fault.params)}. {tr(fault.hint, **fault.params)}"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take what was typed."""
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        node = self._node(index)
        if (node.name, node.type.value, node.text)[index.column()] == value:
            return True
        if index.column() == TYPE:
            self._set_type(node, FieldType(value))
        elif index.column() == NAME:
            node.name = str(value)
        else:
            node.text = str(value)
        self._after_edit()
        row = self._index_of(node)
        self.dataChanged.emit(row, row.siblingAtColumn(VALUE))
        return True

    def _set_type(self, node: _Node, type_: FieldType) -> None:
        """Rows within come and go with the type; they are kept."""
        nests = type_ in {FieldType.TABLE, FieldType.ARRAY}
        index, last = self._index_of(node), len(node.children) - 1
        if node.children and nests and not node.is_nested:
            self.beginInsertRows(index, 0, last)
            node.type = type_
            self.endInsertRows()
        elif node.children and node.is_nested and not nests:
            self.beginRemoveRows(index, 0, last)
            node.type = type_
            self.endRemoveRows()
        node.type = type_
        if type_ is FieldType.BOOLEAN and node.text.lower() not in {"true", "false"}:
            node.text = "true"
        elif type_ is FieldType.TIMESTAMP and not node.text:
            node.text = "now"

    def _shown(self, node: _Node, column: int) -> str:
        if column == NAME:
            return node.name if not self._is_item(node) else ""
        if column == TYPE:
            return tr(TYPE_WORDS[node.type])
        if node.type is FieldType.TABLE:
            return trn("1 field", "{n} fields", len(node.children))
        if node.type is FieldType.ARRAY:
            return trn("1 item", "{n} items", len(node.children))
        return tr("null") if node.type is FieldType.NULL else node.text


def _depth(node: _Node) -> int:
    return 1 + max(map(_depth, node.children), default=0) if node.is_nested else 0
