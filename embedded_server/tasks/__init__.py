"""Celery tasks: sent, followed through their whole life, revoked; and the worker that comes with Switchroom.

Names are looked up when asked for: the worker process, which shares this package, starts without the server's half.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from embedded_server.tasks.feed import TaskFeedSource
    from embedded_server.tasks.projection import TaskProjection
    from embedded_server.tasks.service import TaskService

__all__ = ["TaskFeedSource", "TaskProjection", "TaskService"]

_HOMES: Final = {"TaskFeedSource": "feed", "TaskProjection": "projection", "TaskService": "service"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
