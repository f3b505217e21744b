"""What every test of the window gets: its widgets end with it, and on the thread they belong to."""

import gc
from collections.abc import Generator, Iterator
from itertools import count
from typing import Final

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from desktop.views.panel import Panel

COLLECT_EVERY: Final = 25
"""Tests between two collections: one takes as long as a test."""

_tests: Final = count(1)


@pytest.fixture(autouse=True, scope="package")
def _collect_here_alone() -> Iterator[None]:
    """Keep Python from collecting on whichever thread allocates next: where that is not Qt's, a timer found there hangs or crashes it."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def _end_widgets() -> Iterator[None]:
    """Delete now what was closed, and collect now and then."""
    yield
    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if next(_tests) % COLLECT_EVERY == 0:
        gc.collect()


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Stop a panel's clocks with its test: pytest-qt lets Qt run once more before the fixtures end, where no asyncio loop does."""
    try:
        return (yield)
    finally:
        for value in getattr(item, "funcargs", {}).values():
            panel = value if isinstance(value, Panel) else getattr(value, "panel", None)
            if isinstance(panel, Panel):
                panel.deactivate()
                panel.hide()
