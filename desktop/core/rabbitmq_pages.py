"""The pages of a virtual host's queues that were heard."""

from desktop.core.pages import PAGE_SIZE, Pages
from embedded_server.contracts.rabbitmq import QueueInfo, QueuePage


class QueuePages(Pages[QueueInfo]):
    """The queues of one virtual host in the order that was asked for, as far as they are known."""

    def __init__(self) -> None:
        super().__init__(lambda queue: queue.name)

    def put(self, page: QueuePage, *, fresh: bool) -> bool:
        """Take a page; *fresh* forgets those of another order or search. Answers whether anything is another than before."""
        return self.take(page.page, page.queues, matching=page.matching, total=page.total, fresh=fresh)


def rows_of(page: QueuePage) -> tuple[int, int]:
    """Answer the first and the last row of a page that holds any."""
    first = (page.page - 1) * PAGE_SIZE
    return first, first + len(page.queues) - 1
