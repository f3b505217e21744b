"""Python's cyclic garbage collector, kept on Qt's own thread.

Left alone it runs on whichever thread allocates next, and a Qt object that it finds there is destroyed there: a timer "cannot be
stopped from another thread", and the process hangs or ends. The window decodes bodies and waits for the keyring on other threads.
"""

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

LOOK_EVERY_MS: Final = 500
YOUNG: Final = 5_000
"""Objects made and not yet let go since the last look, from which on looking pays."""
OLDER_EVERY: Final = 20
"""Looks at the young ones for one at the older ones."""


class Collector(QObject):
    """Collects now and then while it is `started`; automatic collection is off meanwhile."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = QTimer(self, interval=LOOK_EVERY_MS)
        self._clock.timeout.connect(self.look)
        self._looks = 0
        self._was_enabled = False

    def start(self) -> None:
        """Take over. What stands already is not walked over again: it is the program itself."""
        self._was_enabled = gc.isenabled()
        gc.disable()
        gc.freeze()
        self._clock.start()

    def stop(self) -> None:
        """Hand back; may be called twice."""
        if self._clock.isActive():
            self._clock.stop()
            gc.unfreeze()
            if self._was_enabled:
                gc.enable()

    def look(self) -> None:
        """Collect where enough has come together."""
        if gc.get_count()[0] < YOUNG:
            return
        self._looks += 1
        gc.collect(1 if self._looks % OLDER_EVERY else 2)
