"""Ten thousand queues or topics, of which a screen shows forty: the pages that were heard, and which are wanted."""

from collections.abc import Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")
PAGE_SIZE: Final = 100
MAX_PAGES: Final = 60
"""Kept at most; the ones looked at longest ago go first."""


class Pages(Generic[T]):
    """The things of one list in the order that was asked for, as far as they are known."""

    def __init__(self, key: Callable[[T], str]) -> None:
        """*key* answers a thing's name, which tells it from the others."""
        self.matching = 0
        self.total = 0
        self.is_known = False
        self._key = key
        self._pages: dict[int, list[T]] = {}

    def at(self, row: int) -> T | None:
        """Answer the thing of a row, where its page has been heard."""
        page = self._pages.get(row // PAGE_SIZE + 1)
        place = row % PAGE_SIZE
        return page[place] if page is not None and place < len(page) else None

    def row_of(self, key: str) -> int:
        """Answer the row of a thing among the pages heard, or -1."""
        for number, page in self._pages.items():
            for place, one in enumerate(page):
                if self._key(one) == key:
                    return (number - 1) * PAGE_SIZE + place
        return -1

    def take(self, number: int, things: list[T], *, matching: int, total: int, fresh: bool) -> bool:
        """Take a page; *fresh* forgets those of another order or search. Answers whether anything is another than before."""
        before = (self.matching, self.total, self._pages.get(number))
        if fresh:
            self._pages.clear()
        self._pages.pop(number, None)
        self._pages[number] = things
        while len(self._pages) > MAX_PAGES:
            del self._pages[next(iter(self._pages))]
        self.matching, self.total, self.is_known = matching, total, True
        for beyond in [known for known in self._pages if (known - 1) * PAGE_SIZE >= matching]:
            del self._pages[beyond]
        return fresh or before != (matching, total, things)

    def change(self, thing: T) -> int:
        """Put newer figures of one thing in its place; its row, or -1 where it is not among the pages heard."""
        row = self.row_of(self._key(thing))
        if row >= 0:
            self._pages[row // PAGE_SIZE + 1][row % PAGE_SIZE] = thing
        return row

    def known(self) -> list[T]:
        """Answer everything heard of."""
        return [one for page in self._pages.values() for one in page]


def pages_of(first: int, last: int) -> list[int]:
    """Answer the numbers, from 1, of the pages that hold the rows *first* to *last*."""
    return list(range(first // PAGE_SIZE + 1, last // PAGE_SIZE + 2)) if last >= first >= 0 else []
