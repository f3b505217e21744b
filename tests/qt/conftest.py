"""What every test of the window gets: its widgets end with it."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent


@pytest.fixture(autouse=True)
def _end_widgets() -> Iterator[None]:
    """Delete what was closed now: left to the garbage collector, it may be deleted by another thread, and Qt crashes."""
    yield
    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
