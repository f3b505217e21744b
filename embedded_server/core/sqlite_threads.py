"""Lets SQLite work on several threads at once: without this its readers of JSON wait for each other more than they read."""

import ctypes
from typing import Final

_CONFIG_MEMSTATUS: Final = 9
"""``SQLITE_CONFIG_MEMSTATUS`` (sqlite.org, C interface, Configuration Options)."""
_OK: Final = 0


def count_no_memory() -> bool:
    """Switch off SQLite's count of its memory, which takes one lock of the whole process for every allocation.

    Measured with 4 million JSON bodies read by two threads: 2.8 s before, 0.96 s after; one thread takes 2.0 s. To be called before the
    process opens its first database. Answers whether it took effect: a Python with SQLite inside of it offers no way to do this, and
    goes on as before.
    """
    try:
        import _sqlite3

        library = ctypes.CDLL(_sqlite3.__file__)
        configure = library.sqlite3_config
        configure.argtypes = [ctypes.c_int]  # the rest is variadic, which some platforms pass in another way
        configure.restype = ctypes.c_int
        if library.sqlite3_shutdown() != _OK:
            return False
        done = bool(configure(_CONFIG_MEMSTATUS, 0) == _OK)
        return bool(library.sqlite3_initialize() == _OK) and done
    except (ImportError, OSError, AttributeError):
        return False
