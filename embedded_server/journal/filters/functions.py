"""The functions that compiled filters call and SQLite does not have."""

import json
import re
import sqlite3
from functools import lru_cache
from typing import Any, Final

SEARCH: Final = "switchroom_search"
"""``switchroom_search(pattern, text, ...)``: 1 where the regular expression is found in any of the texts."""
JSON_INTEGER: Final = "switchroom_json_integer"
"""``switchroom_json_integer(document, path)``: a whole number beyond 64 bits as its digits, else null."""


def install_functions(db: sqlite3.Connection) -> None:
    """Give *db* what compiled filters need."""
    db.create_function(SEARCH, -1, _search, deterministic=True)
    db.create_function(JSON_INTEGER, 2, _json_integer, deterministic=True)


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _search(pattern: str, *texts: str | bytes | None) -> int:
    """Bodies come as bytes: sqlite3 would raise on text that is no UTF-8 before this function could."""
    find = _compiled(pattern).search
    for text in texts:
        if text and find(text if isinstance(text, str) else text.decode("utf-8", "replace")):
            return 1
    return 0


def _json_integer(document: bytes, path: str) -> str | None:
    """SQLite reads numbers beyond 64 bits as floats; Python reads them as they are."""
    try:
        found: Any = json.loads(document.decode("utf-8"))
        for step in json.loads(path):
            found = found[step]
        return str(found) if type(found) is int else None
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
