"""What the server and its worker agree on: the queue and how it is declared, and the environment the worker reads."""

from typing import Any, Final

from embedded_server.tasks.wire import kombu

QUEUE: Final = "switchroom"
"""Not Celery's own ``celery``: a worker of yours on the same broker keeps its queue, and its declaration, to itself."""
NODE: Final = "switchroom"
"""The worker's name before the @."""
READY_LINE: Final = "switchroom worker ready"
"""What the worker prints once it takes tasks."""
MAX_PRIORITY: Final = 9
BROKER_URL: Final = "SWITCHROOM_BROKER_URL"
RESULT_URL: Final = "SWITCHROOM_RESULT_URL"
HEAD_START: Final = "SWITCHROOM_HEAD_START"
"""Set: load, and wait for a word on standard input before taking tasks."""


def task_queue() -> Any:
    """Answer the queue as every part declares it: two declarations that differ are refused."""
    return kombu().Queue(QUEUE, routing_key=QUEUE, max_priority=MAX_PRIORITY)
