"""A list that is kept in one JSON file which only its owner can read: written whole, put in place at once, set aside where damaged."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import orjson

T = TypeVar("T")


class JsonStore:
    """One file. All of it blocks: call it off the loop. An `OSError` is the caller's to tell in words."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.set_aside = ""
        """Where a file that could not be read was put, or nothing."""

    def load(self, read: Callable[[Any], T], otherwise: T) -> T:
        """Answer what *read* makes of the content, or *otherwise* where there is none. A damaged file is set aside, never deleted."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return otherwise
        try:
            return read(orjson.loads(content))
        except (ValueError, KeyError, TypeError, AttributeError):
            aside = self.path.with_name(f"{self.path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}{self.path.suffix}")
            self.path.replace(aside)
            self.set_aside = str(aside)
            return otherwise

    def save(self, value: Any) -> None:
        """Replace the content. Where that fails the old one is untouched."""
        fresh = self.path.with_name(self.path.name + ".new")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - born private
            file.write(orjson.dumps(value, option=orjson.OPT_INDENT_2))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)
