"""How a server that a window started keeps out of that window's way: on a busy machine the window comes first."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Final

NICENESS: Final = 10
"""About a ninth of the window's weight. What it gains on a busy machine, and costs on a quiet one: decision 14."""
_AUTOGROUP: Final = Path("/proc/self/autogroup")
_BELOW_NORMAL: Final = 0x4000
"""BELOW_NORMAL_PRIORITY_CLASS."""


def step_behind_window() -> None:
    """Let whoever started this process have the processor first. Once, at the start: threads and children to come inherit it.

    Where Linux shares the processor out by session, all processes of one have one share: a server in its window's session would
    use up the window's part of every core, whatever its own priority. So it begins a session of its own.
    """
    if sys.platform == "win32":
        _step_behind_on_windows()
        return
    with contextlib.suppress(PermissionError):  # it leads a group of its own already, as one started with a new session does
        os.setsid()
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    with contextlib.suppress(OSError):  # another system, or a kernel that does not group by session
        _AUTOGROUP.write_text(str(NICENESS))


def _step_behind_on_windows() -> None:
    import ctypes

    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined, unused-ignore]  # only there on Windows
    kernel.SetPriorityClass(ctypes.c_void_p(-1), _BELOW_NORMAL)  # -1 is this process
