"""Messages to the user, and the one boundary where an exception becomes one (or none)."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count

from PySide6.QtCore import QObject, Signal

from desktop.core.problems import UNEXPECTED, NotSignedIn, ServerUnreachable, hint_of, problem_of, title_of

log = logging.getLogger(__name__)


class Severity(StrEnum):
    """How a notice looks and whether it stays."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class NoticeAction:
    """What the hint offers to do, as a button."""

    text: str
    run: Callable[[], None]


@dataclass(frozen=True)
class Notice:
    """One message as the window shows it."""

    id: int
    severity: Severity
    title: str
    hint: str = ""
    action: NoticeAction | None = None
    times: int = 1
    """How often the same cause has happened while this stood on screen."""


class Notices(QObject):
    """Collects messages to the user; the window shows them. The same message again counts up instead of stacking."""

    posted = Signal(object)
    """A `Notice`: new, or one already posted (same ``id``) that happened again."""
    withdrawn = Signal(int)
    """The id of a notice that needs no showing any longer."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids = count(1)
        self._standing: dict[str, Notice] = {}
        self.server_down = False
        """While the frame's banner tells that the server is away, no request that fails for it is told again."""

    def error(self, title: str, hint: str = "", action: NoticeAction | None = None) -> Notice:
        """Say that something failed; it stays until the user dismisses it."""
        return self._post(Severity.ERROR, title, hint, action)

    def warn(self, title: str, hint: str = "", action: NoticeAction | None = None) -> Notice:
        """Say that something needs attention."""
        return self._post(Severity.WARNING, title, hint, action)

    def info(self, title: str, hint: str = "", action: NoticeAction | None = None) -> Notice:
        """Say that something was done; it leaves by itself."""
        return self._post(Severity.INFO, title, hint, action)

    def from_exception(self, exc: BaseException) -> None:
        """Tell the user of *exc*: nothing when cancelled or told elsewhere, its own words when it has some, else one notice per cause."""
        if isinstance(exc, (asyncio.CancelledError, NotSignedIn)) or (self.server_down and isinstance(exc, ServerUnreachable)):
            return
        problem = problem_of(exc)
        if problem is not None:
            self.error(title_of(problem), hint_of(problem))
            return
        log.error("Unexpected error", exc_info=exc)
        self._post(Severity.ERROR, title_of(UNEXPECTED), hint_of(UNEXPECTED), None, cause=_cause_of(exc))

    def dismiss(self, notice_id: int) -> None:
        """Forget a notice: the user has read it, or its cause is gone."""
        for cause, notice in list(self._standing.items()):
            if notice.id == notice_id:
                del self._standing[cause]
                self.withdrawn.emit(notice_id)

    def standing(self) -> list[Notice]:
        """Answer what is on screen, oldest first."""
        return list(self._standing.values())

    def _post(self, severity: Severity, title: str, hint: str, action: NoticeAction | None, cause: str = "") -> Notice:
        cause = cause or f"{severity}:{title}:{hint}"
        before = self._standing.get(cause)
        if before is None:
            notice = Notice(next(self._ids), severity, title, hint, action)
            log.info("Notice (%s): %s %s", severity, title, hint)
        else:
            notice = replace(before, times=before.times + 1, action=action)
        self._standing[cause] = notice
        self.posted.emit(notice)
        return notice


def _cause_of(exc: BaseException) -> str:
    """Name where *exc* came from, so that the same fault is told once however often it strikes."""
    frame = exc.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame is not None else ""
    return f"{type(exc).__qualname__}@{place}"
