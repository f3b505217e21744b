"""How much memory this process holds, without a dependency."""

import sys
from pathlib import Path


def resident_bytes() -> int:
    """Answer the resident memory of this process; 0 where the system does not tell."""
    readers = {"linux": _linux_bytes, "darwin": _macos_peak_bytes, "win32": _windows_bytes}
    read = readers.get(sys.platform)
    try:
        return read() if read is not None else 0
    except (OSError, ValueError, AttributeError):
        return 0


def _linux_bytes() -> int:
    import os

    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _macos_peak_bytes() -> int:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # the peak: the present value takes a Mach call


def _windows_bytes() -> int:
    import ctypes
    from ctypes import wintypes

    sizes = (
        "peak_working_set",
        "working_set",
        "peak_paged_pool",
        "paged_pool",
        "peak_nonpaged_pool",
        "nonpaged_pool",
        "pagefile",
        "peak_pagefile",
    )

    class Counters(ctypes.Structure):
        """PROCESS_MEMORY_COUNTERS of psapi.h."""

        _fields_ = (("size", wintypes.DWORD), ("page_faults", wintypes.DWORD), *((name, ctypes.c_size_t) for name in sizes))

    counters = Counters(size=ctypes.sizeof(Counters))
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]  # there on Windows only
    kernel.GetCurrentProcess.restype = wintypes.HANDLE
    kernel.K32GetProcessMemoryInfo.argtypes = [wintypes.HANDLE, ctypes.POINTER(Counters), wintypes.DWORD]
    kernel.K32GetProcessMemoryInfo(kernel.GetCurrentProcess(), ctypes.byref(counters), ctypes.sizeof(counters))
    return int(counters.working_set)
