"""Topic patterns: words separated by dots, ``*`` for one word, ``#`` for any number of them."""

from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class _Node(Generic[T]):
    """The patterns that share their first words."""

    __slots__ = ("children", "many", "values")

    def __init__(self, *, many: bool = False) -> None:
        self.children: dict[str, _Node[T]] = {}
        self.values: list[T] = []
        self.many = many
        """Reached by ``#``: any word leads back here."""


class TopicTree(Generic[T]):
    """Values under patterns. A key walks it word by word along every branch at once, so no pattern can make it slow."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()

    def add(self, pattern: str, value: T) -> None:
        """File *value* under *pattern*."""
        node = self._root
        for word in _words(pattern):
            node = node.children.setdefault(word, _Node(many=word == "#"))
        node.values.append(value)

    def remove(self, pattern: str, value: T) -> None:
        """Take *value* from under *pattern*, where it must be."""
        path = [self._root]
        words = _words(pattern)
        for word in words:
            path.append(path[-1].children[word])
        path[-1].values.remove(value)
        for parent, word, node in zip(path[-2::-1], reversed(words), path[:0:-1], strict=True):
            if node.values or node.children:
                break
            del parent.children[word]

    def match(self, key: str) -> list[T]:
        """Values whose pattern matches *key*."""
        active = _with_empty_many([self._root])
        for word in _words(key):
            reached: list[_Node[T]] = []
            for node in active:
                children = node.children
                if word in children:
                    reached.append(children[word])
                if "*" in children and word != "*":
                    reached.append(children["*"])
                if node.many:
                    reached.append(node)
            active = _with_empty_many(reached)
        return [value for node in active for value in node.values]


def _words(text: str) -> list[str]:
    """Words of a key or pattern; an empty one has none."""
    return text.split(".") if text else []


def _with_empty_many(nodes: Iterable[_Node[T]]) -> dict[_Node[T], None]:
    """*nodes* and what ``#`` reaches from them by matching no word."""
    found: dict[_Node[T], None] = {}
    for start in nodes:
        node: _Node[T] | None = start
        while node is not None and node not in found:
            found[node] = None
            node = node.children.get("#")
    return found
