"""Tells a benchmark on standard output how far start-up has come; silent unless ``SWITCHROOM_PROBE`` is set."""

import os
import sys
from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer

PROBE: Final = "SWITCHROOM_PROBE"


def is_probed() -> bool:
    """Whether somebody listens."""
    return PROBE in os.environ


def tell_probe(what: str) -> None:
    """Tell a benchmark how far start-up has come."""
    if is_probed():
        sys.stdout.write(f'{{"probe": "{what}"}}\n')
        sys.stdout.flush()


class FirstPaint(QObject):
    """Tells the probe once the window has been painted."""

    def __init__(self, window: QObject) -> None:
        super().__init__(window)
        self._painted = False
        self._told = False
        window.installEventFilter(self)

    def tell(self) -> None:
        """Tell it, if that has not been done."""
        if self._painted and not self._told:
            self._told = True
            tell_probe("first_paint")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Wait for the first paint, then for it to be done."""
        if event.type() is QEvent.Type.Paint:
            watched.removeEventFilter(self)
            self._painted = True
            QTimer.singleShot(0, self.tell)
        return False
