"""How a child notices that its parent is gone: the parent holds the other end of the child's standard input.

It writes there at most once: to a child with a head start, that now it may begin.
"""

import os
import threading
from collections.abc import Callable


def watch_parent(on_gone: Callable[[], None] | None = None, *, grace_s: float = 2.0) -> None:
    """End this process when standard input reaches end of file: the parent died, whatever killed it.

    With *on_gone* the process is first asked to end by itself (called on the watching thread) and has *grace_s* seconds to do so.
    """
    threading.Thread(target=_watch_blocking, args=(on_gone, grace_s), name="watch-parent", daemon=True).start()


def wait_for_word() -> bool:
    """Block until the parent says to begin; false where it is gone instead. Before `watch_parent`, which takes all that is written."""
    try:
        return bool(os.read(0, 4096))
    except OSError:
        return False


def _watch_blocking(on_gone: Callable[[], None] | None, grace_s: float) -> None:
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass  # no standard input at all is the same as a closed one
    if on_gone is not None:
        on_gone()
        threading.Event().wait(grace_s)
    os._exit(0)
