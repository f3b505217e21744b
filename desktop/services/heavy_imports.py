"""Imports httpx and pydantic once, in a thread, while the window is alive and the server starts.

One gate for everybody: PySide looks into each module that is imported (`inspect.getsource`), which runs pydantic's module-level
``__getattr__``. A second thread that imports pydantic at the same time then meets a half-made module and fails.
"""

import asyncio
import threading


class _Gate:
    lock = threading.Lock()
    is_open = False


async def heavy_imports() -> None:
    """Return once they are imported; at once from then on."""
    if not _Gate.is_open:
        await asyncio.to_thread(_import_blocking)


def _import_blocking() -> None:
    with _Gate.lock:
        if not _Gate.is_open:
            import httpx  # noqa: F401 - for its import alone
            import pydantic

            _ = pydantic.TypeAdapter  # pydantic imports its parts when they are first asked for
            _Gate.is_open = True
