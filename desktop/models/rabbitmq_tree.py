"""A broker as a tree: virtual hosts with their exchanges and queues. Of many thousand queues it holds the pages that were looked at."""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Final

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from desktop.core.i18n import tr
from desktop.core.rabbitmq_pages import QueuePages, rows_of
from desktop.core.rabbitmq_spots import OVERVIEW, Place, Spot, title_of
from desktop.core.rabbitmq_words import exchange_name, is_system
from desktop.models.rabbitmq_nodes import Node, node_words, queue_tip, queue_words
from embedded_server.contracts.rabbitmq import ExchangeInfo, Overview, QueueInfo, QueuePage

SPOT_ROLE: Final = Qt.ItemDataRole.UserRole
VALUE_ROLE: Final = Qt.ItemDataRole.UserRole + 1
"""What the broker says of the row: an `Overview`, a `VHostInfo`, an `ExchangeInfo`, a `QueueInfo`, or a count."""
DEAD_ROLE: Final = Qt.ItemDataRole.UserRole + 2
"""Whether dead letters end in this queue."""
_Index = QModelIndex | QPersistentModelIndex
_NONE: Final = QModelIndex()
_NO_FLAGS: Final = Qt.ItemFlag.NoItemFlags
_FLAGS: Final = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_QUEUE_FLAGS: Final = _FLAGS | Qt.ItemFlag.ItemNeverHasChildren


class RabbitTreeModel(QAbstractItemModel):
    """Rows change in place, so that what is open stays open."""

    repainted = Signal()
    """Any row may look otherwise: told once, since Qt looks at every row between two that are said to have changed."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._numbers = count(1)
        self._root = Node(0, OVERVIEW, None)
        self._nodes = {0: self._root}
        self._by_spot: dict[Spot, Node] = {}
        self._exchanges: dict[str, list[ExchangeInfo]] = {}
        self._dead: dict[str, frozenset[str]] = {}
        self._search = ""

    # -- what is known

    def clear(self) -> None:
        """Forget everything: another broker is looked at."""
        self.beginResetModel()
        self._root = Node(0, OVERVIEW, None)
        self._nodes = {0: self._root}
        self._by_spot.clear()
        self._exchanges.clear()
        self._dead.clear()
        self.endResetModel()

    def set_overview(self, overview: Overview) -> None:
        """Show the broker at a glance and list its virtual hosts."""
        if not self._root.children:
            self._insert(self._root, 0, OVERVIEW)
            self._insert(self._root, 1, Spot(Place.CLIENTS))
            self._insert(self._root, 2, Spot(Place.CONSUMERS))
        top = self._root.children
        self._set_value(top[0], overview)
        self._set_value(top[1], overview.connections)
        self._set_value(top[2], overview.consumers)
        names = {vhost.name for vhost in overview.vhosts}
        for node in [node for node in top if node.spot.place is Place.VHOST and node.spot.name not in names]:
            self._remove(node)
        for place, vhost in enumerate(overview.vhosts):
            known = self._node(Spot(Place.VHOST, vhost.name, vhost.name))
            self._set_value(known or self._insert_vhost(place + 3, vhost.name), vhost)

    def set_exchanges(self, vhost: str, exchanges: Sequence[ExchangeInfo]) -> None:
        """List a virtual host's exchanges: those of its users, and the broker's own under a heading."""
        self._exchanges[vhost] = list(exchanges)
        heading = self._node(Spot(Place.EXCHANGES, vhost))
        if heading is None:
            return
        found = [one for one in exchanges if self._search.casefold() in exchange_name(one.name).casefold()]
        own = [one for one in found if not is_system(one)]
        system = [one for one in found if is_system(one)]
        folded = next((node for node in heading.children if node.spot.place is Place.SYSTEM), None)
        self._match(heading, own, keep=folded)
        if system and folded is None:
            folded = self._insert(heading, len(heading.children), Spot(Place.SYSTEM, vhost))
        elif not system and folded is not None:
            self._remove(folded)
        if folded is not None and system:
            self._match(folded, system)
            self._set_value(folded, len(system))
        self._set_value(heading, len(own) + len(system))

    def set_queues(self, vhost: str, page: QueuePage, *, fresh: bool = False) -> None:
        """Take a page of a virtual host's queues; *fresh* begins another order or search."""
        heading = self._node(Spot(Place.QUEUES, vhost))
        if heading is None or heading.pages is None:
            return
        before, after = heading.pages.matching, page.matching
        index = self.index_of_node(heading)
        if after < before:
            self.beginRemoveRows(index, after, before - 1)
            heading.pages.matching = after
            self.endRemoveRows()
        elif after > before:
            self.beginInsertRows(index, before, after - 1)
            heading.pages.matching = after
            self.endInsertRows()
        if heading.pages.put(page, fresh=fresh) and page.queues:
            first, last = rows_of(page)
            self.dataChanged.emit(self.index(first, 0, index), self.index(min(last, after - 1), 0, index))
            self.repainted.emit()
        self._set_value(heading, (page.matching, page.total))

    def set_queue(self, queue: QueueInfo) -> None:
        """Show newer figures of one queue."""
        heading = self._node(Spot(Place.QUEUES, queue.vhost))
        row = heading.pages.change(queue) if heading is not None and heading.pages is not None else -1
        if heading is not None and row >= 0:
            index = self.index(row, 0, self.index_of_node(heading))
            self.dataChanged.emit(index, index)

    def set_search(self, text: str) -> None:
        """List only the exchanges whose names contain *text*; the queues' pages come so from the server."""
        self._search = text
        for vhost, exchanges in list(self._exchanges.items()):
            self.set_exchanges(vhost, exchanges)

    def set_dead(self, vhost: str, names: frozenset[str]) -> None:
        """Tell which queues of a virtual host take dead letters."""
        if self._dead.get(vhost, frozenset()) != names:
            self._dead[vhost] = names
            self.repainted.emit()

    def takes_dead_letters(self, queue: QueueInfo) -> bool:
        """Whether dead letters end in that queue, as far as is known."""
        return queue.name in self._dead.get(queue.vhost, frozenset())

    def vhosts(self) -> list[str]:
        """Answer the names of the virtual hosts, in the broker's order."""
        return [node.spot.name for node in self._root.children if node.spot.place is Place.VHOST]

    def pages(self, vhost: str) -> QueuePages | None:
        """Answer the queues of a virtual host, as far as they are known."""
        heading = self._node(Spot(Place.QUEUES, vhost))
        return heading.pages if heading is not None else None

    def exchanges(self, vhost: str) -> list[ExchangeInfo]:
        """Answer the exchanges of a virtual host, as far as they are known."""
        return self._exchanges.get(vhost, [])

    def value(self, spot: Spot) -> Any:
        """Answer what the broker says of a spot, where that is known."""
        if spot.place is Place.QUEUE:
            pages = self.pages(spot.vhost)
            return pages.at(pages.row_of(spot.name)) if pages is not None and pages.row_of(spot.name) >= 0 else None
        if spot.place is Place.EXCHANGE:
            return next((one for one in self.exchanges(spot.vhost) if one.name == spot.name), None)
        node = self._node(spot)
        return node.value if node is not None else None

    # -- rows

    def spot_at(self, index: _Index) -> Spot | None:
        """Answer what a row stands for; nothing where its page has not been heard yet."""
        if not index.isValid():
            return None
        parent = self._nodes[index.internalId()]
        if parent.pages is not None:
            queue = parent.pages.at(index.row())
            return Spot(Place.QUEUE, queue.vhost, queue.name) if queue is not None else None
        return parent.children[index.row()].spot

    def index_of(self, spot: Spot) -> QModelIndex:
        """Answer the row of a spot; an invalid index where it is not listed."""
        if spot.place is Place.QUEUE:
            heading = self._node(Spot(Place.QUEUES, spot.vhost))
            row = heading.pages.row_of(spot.name) if heading is not None and heading.pages is not None else -1
            return self.index(row, 0, self.index_of_node(heading)) if heading is not None and row >= 0 else QModelIndex()
        node = self._node(spot)
        return self.index_of_node(node) if node is not None else QModelIndex()

    def index_of_node(self, node: Node) -> QModelIndex:
        """Answer the row of a node."""
        return self.createIndex(node.row, 0, node.parent.number) if node.parent is not None else QModelIndex()

    def _node(self, spot: Spot) -> Node | None:
        return self._by_spot.get(spot)

    def _insert_vhost(self, row: int, name: str) -> Node:
        node = self._insert(self._root, row, Spot(Place.VHOST, name, name))
        self._insert(node, 0, Spot(Place.EXCHANGES, name))
        self._insert(node, 1, Spot(Place.QUEUES, name)).pages = QueuePages()
        return node

    def _insert(self, parent: Node, row: int, spot: Spot, value: Any = None) -> Node:
        self.beginInsertRows(self.index_of_node(parent), row, row)
        node = self._make(parent, spot, value)
        parent.children.insert(row, node)
        self.endInsertRows()
        return node

    def _make(self, parent: Node, spot: Spot, value: Any) -> Node:
        node = Node(next(self._numbers), spot, parent, value)
        self._nodes[node.number] = self._by_spot[spot] = node
        return node

    def _remove(self, node: Node) -> None:
        assert node.parent is not None
        row = node.row
        self.beginRemoveRows(self.index_of_node(node.parent), row, row)
        node.parent.children.remove(node)
        self._forget(node)
        self.endRemoveRows()

    def _remove_all(self, parent: Node, is_gone: Callable[[Node], bool]) -> None:
        """Remove in runs: Qt takes as long for one row as for a thousand side by side."""
        last = len(parent.children) - 1
        while last >= 0:
            if not is_gone(parent.children[last]):
                last -= 1
                continue
            first = last
            while first > 0 and is_gone(parent.children[first - 1]):
                first -= 1
            self.beginRemoveRows(self.index_of_node(parent), first, last)
            for node in parent.children[first : last + 1]:
                self._forget(node)
            del parent.children[first : last + 1]
            self.endRemoveRows()
            last = first - 1

    def _forget(self, node: Node) -> None:
        for child in node.children:
            self._forget(child)
        self._nodes.pop(node.number, None)
        self._by_spot.pop(node.spot, None)

    def _match(self, parent: Node, exchanges: Sequence[ExchangeInfo], keep: Node | None = None) -> None:
        """Let the children of *parent* be *exchanges*, in their order; *keep* stays behind them."""
        names = {one.name for one in exchanges}
        self._remove_all(parent, lambda node: node is not keep and node.spot.name not in names)
        known = {node.spot.name for node in parent.children if node is not keep}
        row = 0
        while row < len(exchanges):
            here = parent.children[row] if row < len(parent.children) else None
            if here is not None and here is not keep and here.spot.name == exchanges[row].name:
                self._set_value(here, exchanges[row])
                row += 1
                continue
            if exchanges[row].name in known:  # it stands further down
                self._remove(self._by_spot[Spot(Place.EXCHANGE, exchanges[row].vhost, exchanges[row].name)])
                known.discard(exchanges[row].name)
            end = next((n for n in range(row + 1, len(exchanges)) if exchanges[n].name in known), len(exchanges))
            self._insert_exchanges(parent, row, exchanges[row:end])
            row = end

    def _insert_exchanges(self, parent: Node, row: int, exchanges: Sequence[ExchangeInfo]) -> None:
        self.beginInsertRows(self.index_of_node(parent), row, row + len(exchanges) - 1)
        parent.children[row:row] = [self._make(parent, Spot(Place.EXCHANGE, one.vhost, one.name), one) for one in exchanges]
        self.endInsertRows()

    def _set_value(self, node: Node, value: Any) -> None:
        if node.value != value:
            node.value = value
            index = self.index_of_node(node)
            self.dataChanged.emit(index, index)

    # -- Qt overrides

    def index(self, row: int, column: int, parent: _Index = _NONE) -> QModelIndex:
        """Answer a row; its id is its parent's number."""
        node = self._node_at(parent)
        if node is None or column != 0:
            return QModelIndex()
        count = node.pages.matching if node.pages is not None else len(node.children)
        return self.createIndex(row, 0, node.number) if 0 <= row < count else QModelIndex()

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Tell that nothing is under a queue: else Qt asks how many rows and columns are, of each of ten thousand."""
        node = self._nodes.get(index.internalId())
        if node is not None and node.pages is not None:
            return _QUEUE_FLAGS
        return _FLAGS if node is not None and index.isValid() else _NO_FLAGS

    def parent(self, index: _Index) -> QModelIndex:  # type: ignore[override]  # QObject's own `parent` has another shape
        """Answer the row above."""
        node = self._nodes.get(index.internalId()) if index.isValid() else None
        return self.index_of_node(node) if node is not None else QModelIndex()

    def _node_at(self, index: _Index) -> Node | None:
        """Answer the node of a row; nothing for a queue, which has none."""
        if not index.isValid():
            return self._root
        parent, row = self._nodes.get(index.internalId()), index.row()
        if parent is None or parent.pages is not None or row >= len(parent.children):
            return None
        return parent.children[row]

    def rowCount(self, parent: _Index = _NONE) -> int:
        """Answer how many rows are under a row."""
        node = self._node_at(parent)
        return len(node) if node is not None else 0

    def columnCount(self, _parent: _Index = _NONE) -> int:
        """Answer one: figures are painted beside the names."""
        return 1

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Answer a row's name, its spot, what the broker says of it, and its words for a screen reader."""
        if not index.isValid():
            return None
        parent = self._nodes[index.internalId()]
        if parent.pages is not None:
            return self._queue_data(parent.pages.at(index.row()), role)
        node = parent.children[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return title_of(node.spot)
        if role == SPOT_ROLE:
            return node.spot
        if role == VALUE_ROLE:
            return node.value
        if role in {Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole}:
            return node_words(node)
        return None

    def _queue_data(self, queue: QueueInfo | None, role: int) -> Any:
        if queue is None:
            return tr("Loading …") if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole} else None
        dead = self.takes_dead_letters(queue)
        if role == Qt.ItemDataRole.DisplayRole:
            return queue.name
        if role == SPOT_ROLE:
            return Spot(Place.QUEUE, queue.vhost, queue.name)
        if role == VALUE_ROLE:
            return queue
        if role == DEAD_ROLE:
            return dead
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return queue_words(queue, dead=dead)
        return queue_tip(queue, dead=dead) if role == Qt.ItemDataRole.ToolTipRole else None
