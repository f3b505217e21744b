"""JSON text as a tree model: children are found when a node is opened, large ones off the loop and a slice at a time."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from desktop.core.i18n import tr
from desktop.core.json_text import JsonKind, NotJson, Span, children_of, is_container, kind_of, shown, string_of
from embedded_server.contracts.concurrency import Notify, spawn

SLICE: Final = 200
"""Children found first; then each time as many as there are, up to `MOST_FOUND`: a view lays all of them out again after each."""
MOST_FOUND: Final = 1_000
AT_ONCE_CHARS: Final = 48_000
"""A smaller node is opened on the spot: that takes a few milliseconds at most."""
KIND_ROLE: Final = int(Qt.ItemDataRole.UserRole)
"""A `JsonKind`, or None for a line that is no value."""
RAW_ROLE: Final = KIND_ROLE + 1
"""The value as it stands in the text."""

_DISPLAY: Final = int(Qt.ItemDataRole.DisplayRole)
_TOOLTIP: Final = int(Qt.ItemDataRole.ToolTipRole)
_ROOT: Final = QModelIndex()
_COUNTED_CHARS: Final = 4_000

Index = QModelIndex | QPersistentModelIndex


class _Node:
    """A value somebody has seen."""

    __slots__ = ("busy", "children", "failed_at", "more", "parent", "row", "shown", "span")

    def __init__(self, parent: "_Node | None", row: int, span: Span) -> None:
        self.parent = parent
        self.row = row
        self.span = span
        self.children: list[_Node] = []
        self.more: Iterator[Span] | None = None
        """Finds further children; None before the first look and after the last."""
        self.busy = False
        self.failed_at = -1
        self.shown: str | None = None


class JsonModel(QAbstractItemModel):
    """Two columns: key and value."""

    slice_arrived = Signal()
    """Children that were looked for off the loop are there."""

    def __init__(self, *, notify: Notify, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._notify = notify
        self._text = ""
        self._top = _Node(None, 0, Span("", 0, 0))
        self._nodes: dict[int, _Node] = {}
        self._generation = 0

    def set_text(self, text: str, root: Span | None) -> None:
        """Show the value at *root* of *text*; nothing where there is none."""
        self.beginResetModel()
        self._generation += 1
        self._text = text
        self._nodes.clear()
        self._top = top = _Node(None, 0, root or Span("", 0, 0))
        if root is not None and not is_container(text, root):
            top.children = [self._keep(_Node(top, 0, root))]
        elif root is not None:
            top.more = children_of(text, root)
            top.busy = not self._is_small(top)
            if not top.busy:
                self._add(top, *self._find(top))
        self.endResetModel()
        if top.busy:
            spawn(self._find_later(top, self._generation), name="json-children", notify=self._notify)

    def find_more(self, parent: Index) -> None:
        """Find the next children: on the spot in a small node, off the loop in a large one."""
        node = self._node(parent)
        if not self.canFetchMore(parent):
            return
        if node.more is None:
            node.more = children_of(self._text, node.span)
        if self._is_small(node):
            self._take(node, *self._find(node))
            return
        node.busy = True
        spawn(self._find_later(node, self._generation), name="json-children", notify=self._notify)

    def raw(self, index: Index) -> str:
        """The value as it stands in the text."""
        span = self._node(index).span
        return self._text[span.start : span.end]

    def path(self, index: Index) -> str:
        """The path of the value as the filter language writes it: ``order.items[0].sku``."""
        steps: list[str] = []
        node = self._node(index)
        while node.parent is not None:
            is_element = kind_of(self._text, node.parent.span) is JsonKind.ARRAY
            if node.span.start != node.parent.span.start:
                steps.append(f"[{node.span.key}]" if is_element else f".{node.span.key}")
            node = node.parent
        return "".join(reversed(steps)).lstrip(".")

    # -- the inside

    def _keep(self, node: _Node) -> _Node:
        self._nodes[id(node)] = node
        return node

    def _node(self, index: Index) -> _Node:
        return self._nodes.get(index.internalId(), self._top) if index.isValid() else self._top

    def _find(self, node: _Node) -> tuple[list[Span], bool, int]:
        """The next slice, whether that was all, and where it stopped being JSON (-1 for nowhere)."""
        assert node.more is not None
        found: list[Span] = []
        count = min(max(SLICE, len(node.children)), MOST_FOUND)
        try:
            found.extend(islice(node.more, count))
        except NotJson as exc:
            return found, True, exc.at
        return found, len(found) < count, -1

    async def _find_later(self, node: _Node, generation: int) -> None:
        outcome = await asyncio.to_thread(self._find, node)
        if generation == self._generation:
            self._take(node, *outcome)
            self.slice_arrived.emit()

    def _take(self, node: _Node, found: list[Span], is_all: bool, failed_at: int) -> None:
        node.busy = False
        if not found:
            self._add(node, found, is_all, failed_at)
            return
        index = _ROOT if node is self._top else self.createIndex(node.row, 0, id(node))
        first = len(node.children)
        self.beginInsertRows(index, first, first + len(found) - 1)
        self._add(node, found, is_all, failed_at)
        self.endInsertRows()

    def _add(self, node: _Node, found: list[Span], is_all: bool, failed_at: int) -> None:
        first = len(node.children)
        node.children += [self._keep(_Node(node, first + i, span)) for i, span in enumerate(found)]
        node.failed_at = failed_at
        if is_all:
            node.more = None

    @staticmethod
    def _is_small(node: _Node) -> bool:
        return node.span.end - node.span.start <= AT_ONCE_CHARS

    def _value(self, node: _Node) -> str:
        if node.shown is None:
            node.shown = self._write(node.span)
        return node.shown

    def _write(self, span: Span) -> str:
        text = self._text
        value = shown(text, span)
        kind = kind_of(text, span)
        if kind is JsonKind.STRING and span.end - span.start <= _COUNTED_CHARS:
            return string_of(text, span.start, span.end)
        if kind in {JsonKind.OBJECT, JsonKind.ARRAY} and span.end - span.start <= _COUNTED_CHARS:
            try:
                count = sum(1 for _ in children_of(text, span))
            except NotJson:
                return value
            return f"{value[0]}{count}{value[-1]}"
        return value

    # -- Qt overrides

    def index(self, row: int, column: int, parent: Index = _ROOT) -> QModelIndex:
        """Index of a child."""
        children = self._node(parent).children
        if not 0 <= row < len(children) or not 0 <= column < 2:
            return QModelIndex()
        return self.createIndex(row, column, id(children[row]))

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override] # QObject.parent() is the overload the stubs see
        """Index of the container."""
        node = self._node(index).parent
        return QModelIndex() if node is None or node is self._top else self.createIndex(node.row, 0, id(node))

    def rowCount(self, parent: Index = _ROOT) -> int:
        """Children found so far."""
        return len(self._node(parent).children) if parent.column() <= 0 else 0

    def columnCount(self, _parent: Index = _ROOT) -> int:
        """Key and value."""
        return 2

    def hasChildren(self, parent: Index = _ROOT) -> bool:
        """Whether a node can be opened."""
        if parent.column() > 0:
            return False
        node = self._node(parent)
        if node is self._top:
            return bool(node.children) or node.more is not None
        return is_container(self._text, node.span)

    def canFetchMore(self, parent: Index) -> bool:
        """Whether there are children not yet found."""
        node = self._node(parent)
        if node.busy or parent.column() > 0 or not self._text:
            return False
        if node is not self._top and not node.children and node.more is None and node.failed_at < 0:
            return is_container(self._text, node.span)
        return node.more is not None

    def fetchMore(self, parent: Index) -> None:
        """Find the first children, and all of a small node. More of a large one is for `find_more`: Qt would ask after every slice."""
        node = self._node(parent)
        if not node.children or self._is_small(node):
            self.find_more(parent)

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        """Key and value as text."""
        node = self._node(index)
        if role == _DISPLAY:
            return node.span.key if index.column() == 0 else self._value(node)
        if role == KIND_ROLE:
            return kind_of(self._text, node.span)
        if role == RAW_ROLE:
            return self.raw(index)
        if role == _TOOLTIP and index.column() == 1:
            value = self._value(node)
            return value if len(value) > 40 else None
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        """Titles."""
        if role == _DISPLAY and orientation is Qt.Orientation.Horizontal:
            return (tr("Key"), tr("Value"))[section] if section < 2 else None
        return None
