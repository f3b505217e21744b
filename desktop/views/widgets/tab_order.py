"""The order of Tab for what is made later than what stands below it."""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def put_before(anchor: QWidget, widgets: Sequence[QWidget]) -> None:
    """Let Tab come to *widgets*, in their order, right before it comes to *anchor*. All of them are in one window."""
    before = anchor.previousInFocusChain()
    while before is not None and before is not anchor and before.focusPolicy() is Qt.FocusPolicy.NoFocus:
        before = before.previousInFocusChain()
    known = [before] if before is not None and before is not anchor else []
    for first, second in pairwise([*known, *widgets, anchor]):
        QWidget.setTabOrder(first, second)
