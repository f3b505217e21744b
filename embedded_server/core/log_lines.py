"""How severe a line of a child's output is: programs write it in their own ways, tracebacks not at all."""

import re
from typing import Final

LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_NAMED = re.compile(r"\b(DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL)\b")
_SYNONYMS: Final = {"WARN": "WARNING", "FATAL": "CRITICAL"}
_LOOK_AT_CHARS: Final = 100
"""Further right a level word is part of the message."""


class LineLevels:
    """Gives each line of one stream its level: named in the line, or that of the record it continues."""

    def __init__(self) -> None:
        self._current = "INFO"
        self._in_traceback = False

    def level_of(self, line: str) -> str:
        """Answer one of `LEVELS`."""
        named = _NAMED.search(line, 0, _LOOK_AT_CHARS)
        if named:
            self._in_traceback = False
            word = named.group(1)
            self._current = _SYNONYMS.get(word, word)
        elif line.startswith("Traceback (most recent call last)"):
            self._in_traceback = True
            self._current = max(self._current, "ERROR", key=LEVELS.index)
        elif line[:1].isspace() or not line:
            return self._current
        elif self._in_traceback:
            self._in_traceback = False  # the exception's own line is the traceback's last
        else:
            self._current = "INFO"
        return self._current
