"""The server's own log records and its children's output, on their way into the journal and a rotating file."""

import logging
import logging.handlers
import os
import re
import threading
import time
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from embedded_server.contracts.events import MAX_PREVIEW_CHARS, Event, Kind

Append = Callable[[Event], None]
EMBEDDED: Final = "embedded"
SERVER_PART: Final = "server"

_FILE_BYTES: Final = 4 * 1024**2
_FILE_COUNT: Final = 3
_FORMAT: Final = "%(asctime)s %(levelname)-8s %(name)s: %(message)s"
_SECRETS = re.compile(
    r"(?i)(\bbearer\s+)[\w.~+/=-]{8,}"  # a token in a header
    r"|(\"?\b(?:password|token|secret|authorization)\"?\s*[=:]\s*\"?)(?!bearer\b)[^\s\"',;&}]+"
    r"|(\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/@]+(?=@)"  # a password in a URL
)


def masked(text: str) -> str:
    """Answer *text* with tokens and passwords replaced, so that none ever stands in a log."""
    return _SECRETS.sub(lambda match: f"{match[1] or match[2] or match[3]}***", text)


def log_event(part: str, level: str, text: str, *, logger: str = "") -> Event:
    """Make the journal event of one log record or one line of a child's output."""
    text = masked(text)
    body = text.encode("utf-8", "replace")
    preview = " ".join(text[: 4 * MAX_PREVIEW_CHARS].split())[:MAX_PREVIEW_CHARS]
    return Event(
        at=time.time_ns(),
        connection=EMBEDDED,
        kind=Kind.SERVER_LOG,
        subject=part,
        key=logger or part,
        status=level,
        size=len(body),
        preview=preview,
        body=body,
    )


def line_log(append: Append) -> Callable[[str, str, str], None]:
    """Answer the ``log(part, level, line)`` that child processes write to."""

    def log(part: str, level: str, line: str) -> None:
        if line.strip():
            append(log_event(part, level, line))

    return log


class JournalHandler(logging.Handler):
    """Hands every record to the journal, but those of the journal itself: an entry about an entry would never end."""

    def __init__(self, append: Append) -> None:
        super().__init__(logging.INFO)
        self._append = append
        self._inside = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        """Append *record*; a record made while appending is left to the log file."""
        if getattr(self._inside, "busy", False) or record.name.startswith("embedded_server.journal"):
            return
        self._inside.busy = True
        try:
            level = record.levelname if record.levelno in _LEVELS else _nearest_level(record.levelno)
            self._append(log_event(SERVER_PART, level, self.format(record), logger=record.name))
        except Exception:  # noqa: BLE001 - logging's own rule: a handler never raises
            self.handleError(record)
        finally:
            self._inside.busy = False


_LEVELS: Final = {logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL}


def _nearest_level(number: int) -> str:
    below = [level for level in sorted(_LEVELS) if level <= number]
    return logging.getLevelName(below[-1] if below else logging.DEBUG)


class MaskingFormatter(logging.Formatter):
    """Formats a record with its secrets masked."""

    def format(self, record: logging.LogRecord) -> str:
        """Answer the whole text of *record*, traceback included."""
        return masked(super().format(record))


class PrivateFileHandler(logging.handlers.RotatingFileHandler):
    """Rotates files that only their owner can read, whatever the process's umask."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return TextIOWrapper(os.fdopen(descriptor, "ab"), encoding=self.encoding, errors="backslashreplace", line_buffering=True)


class LogCapture:
    """Listens at the root logger while the server runs."""

    def __init__(self, append: Append, folder: Path) -> None:
        self._append = append
        self._folder = folder
        self._handlers: list[logging.Handler] = []
        self._level_before = logging.NOTSET

    def start(self) -> None:
        """Begin to capture. The file is readable by its owner only."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / "server.log"
        to_file = PrivateFileHandler(path, maxBytes=_FILE_BYTES, backupCount=_FILE_COUNT, encoding="utf-8")
        to_file.setLevel(logging.INFO)
        to_file.setFormatter(MaskingFormatter(_FORMAT))
        to_journal = JournalHandler(self._append)
        to_journal.setFormatter(MaskingFormatter("%(message)s"))
        self._handlers = [to_file, to_journal]
        root = logging.getLogger()
        self._level_before = root.level
        if root.getEffectiveLevel() > logging.INFO:
            root.setLevel(logging.INFO)
        for handler in self._handlers:
            root.addHandler(handler)

    def stop(self) -> None:
        """Stop listening. May be called twice."""
        root = logging.getLogger()
        for handler in self._handlers:
            root.removeHandler(handler)
            handler.close()
        if self._handlers:
            root.setLevel(self._level_before)
        self._handlers = []
