"""Ten thousand queues, of which a screen shows forty: the pages that were heard, and which are wanted."""

from typing import Final

from embedded_server.contracts.rabbitmq import QueueInfo, QueuePage

PAGE_SIZE: Final = 100
MAX_PAGES: Final = 60
"""Kept at most; the ones looked at longest ago go first."""


class QueuePages:
    """The queues of one virtual host in the order that was asked for, as far as they are known."""

    def __init__(self) -> None:
        self.matching = 0
        self.total = 0
        self.is_known = False
        self._pages: dict[int, list[QueueInfo]] = {}

    def at(self, row: int) -> QueueInfo | None:
        """Answer the queue of a row, where its page has been heard."""
        page = self._pages.get(row // PAGE_SIZE + 1)
        place = row % PAGE_SIZE
        return page[place] if page is not None and place < len(page) else None

    def row_of(self, name: str) -> int:
        """Answer the row of a queue among the pages heard, or -1."""
        for number, page in self._pages.items():
            for place, queue in enumerate(page):
                if queue.name == name:
                    return (number - 1) * PAGE_SIZE + place
        return -1

    def put(self, page: QueuePage, *, fresh: bool) -> bool:
        """Take a page; *fresh* forgets those of another order or search. Answers whether anything is another than before."""
        before = (self.matching, self.total, self._pages.get(page.page))
        if fresh:
            self._pages.clear()
        self._pages.pop(page.page, None)
        self._pages[page.page] = page.queues
        while len(self._pages) > MAX_PAGES:
            del self._pages[next(iter(self._pages))]
        self.matching, self.total, self.is_known = page.matching, page.total, True
        for number in [number for number in self._pages if (number - 1) * PAGE_SIZE >= page.matching]:
            del self._pages[number]
        return fresh or before != (page.matching, page.total, page.queues)

    def change(self, queue: QueueInfo) -> int:
        """Put newer figures of one queue in its place; its row, or -1 where it is not among the pages heard."""
        row = self.row_of(queue.name)
        if row >= 0:
            self._pages[row // PAGE_SIZE + 1][row % PAGE_SIZE] = queue
        return row

    def known(self) -> list[QueueInfo]:
        """Answer every queue heard of."""
        return [queue for page in self._pages.values() for queue in page]


def pages_of(first: int, last: int) -> list[int]:
    """Answer the numbers, from 1, of the pages that hold the rows *first* to *last*."""
    return list(range(first // PAGE_SIZE + 1, last // PAGE_SIZE + 2)) if last >= first >= 0 else []


def rows_of(page: QueuePage) -> tuple[int, int]:
    """Answer the first and the last row of a page that holds any."""
    first = (page.page - 1) * PAGE_SIZE
    return first, first + len(page.queues) - 1
