"""When Python's cyclic garbage collector looks, in a process that handles events by the hundred thousand."""

import gc
from typing import Final

THRESHOLDS: Final = (50_000, 20, 100)
"""Events are short-lived and in no cycles: at the default of 700 the collector walks over every one of them, for a third of all time."""


def spare_the_collector() -> None:
    """Look seldom, and never again through what there is now: called once, when a process of ours has started."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
