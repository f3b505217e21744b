"""One task beside the table: its head, the picture of its life and its tabs, kept current while it lives."""

import asyncio
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.problems import hint_of, problem_of, title_of
from desktop.core.tasks_draft import rerun_draft
from desktop.core.tasks_life import is_finished, life_of
from desktop.core.tasks_text import detail_as_json, readable
from desktop.services.notices import Notices
from desktop.services.tasks import TaskService
from desktop.views.tasks.detail_head import DetailHead, is_running
from desktop.views.tasks.detail_tabs import DetailTabs
from desktop.views.tasks.life_picture import LifePicture
from desktop.views.tasks.result_view import NOTHING
from desktop.views.tasks.task_watch import TaskWatch, WatchKeeper
from desktop.views.widgets.buttons import make_action
from desktop.views.widgets.card import Card
from desktop.views.widgets.empty_state import EmptyState, EmptyStateView
from desktop.views.widgets.jobs import Jobs
from embedded_server.contracts.tasks import TaskDetail, TaskRow

REFRESH_DELAY_MS = 150
LARGE_CHARS = 64 * 1024
GUTTER_PX = 12
"""Where the scroll bar of a small window is, so that it covers nothing."""


class TaskDetailView(Card):
    """Follows the selected row. A finished task is asked about once; a living one whenever its row changes."""

    run_again_requested = Signal(object)
    """A `Draft` that repeats the task."""
    close_requested = Signal()
    trace_requested = Signal(str)
    """All events of the task's root are wanted."""
    shown = Signal(object)
    """The `TaskDetail` that is on screen now."""

    def __init__(self, service: TaskService, notices: Notices, watch: Callable[[str], TaskWatch], parent: QWidget | None = None) -> None:
        super().__init__(parent, margins=(16, 12, 16 - GUTTER_PX, 12))
        self._service = service
        self._notices = notices
        self._open_watch = watch
        self._watch = WatchKeeper(self)
        self._task_id = ""
        self._detail: TaskDetail | None = None
        self._result = NOTHING
        self._jobs = Jobs(self)
        self._again = False
        self._asleep = False
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(REFRESH_DELAY_MS)
        self._clock.timeout.connect(self.start_refresh)
        self._make_pages()
        self._connect()

    def _make_pages(self) -> None:
        self.head = DetailHead()
        self.picture = LifePicture()
        self.tabs = DetailTabs(notify=self._notices.from_exception)
        self._page = QWidget()
        page = QVBoxLayout(self._page)
        page.setContentsMargins(0, 0, GUTTER_PX, 0)
        page.setSpacing(12)
        page.addWidget(self.head)
        page.addWidget(self.picture)
        page.addWidget(self.tabs, 1)
        self._nothing = EmptyState(
            "ph.stack", tr("No task is selected"), tr("Select one in the table to see its life, its arguments and its result.")
        )
        self._message = EmptyStateView(self._nothing)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._message)
        self._pages.addWidget(_scrolled(self._page))
        self.body.addWidget(self._pages)
        self._retry = make_action(self, tr("Try again"), self.start_refresh)

    def _connect(self) -> None:
        self.head.run_again_requested.connect(self.run_again)
        self.head.revoke_requested.connect(self.start_revoke)
        self.head.terminate_requested.connect(self.start_terminate)
        self.head.copy_requested.connect(self.copy_as_json)
        self.head.trace_requested.connect(self.show_trace)
        self.head.close_requested.connect(self.close_requested)

    # -- what is shown

    @property
    def task_id(self) -> str:
        """The id of the task on screen, or nothing."""
        return self._task_id

    @property
    def detail(self) -> TaskDetail | None:
        """All that is known of the task on screen, once it has arrived."""
        return self._detail

    def show_row(self, row: TaskRow | None) -> None:
        """Follow the task of *row*: what the row tells stands at once, the rest as soon as it is here."""
        if row is None:
            self._forget()
            self._message.set_state(self._nothing)
            self._pages.setCurrentIndex(0)
            return
        if row.id == self._task_id:
            return
        self.show_task(row.id, row.name, row.state)

    def show_task(self, task_id: str, name: str, state: str) -> None:
        """Follow a task that need not be in the table."""
        self._forget()
        self._task_id = task_id
        self.head.show_task(task_id, name, state)
        self.picture.set_spans([])
        self.tabs.clear_task()
        self._pages.setCurrentIndex(1)
        watch = self._open_watch(task_id)
        watch.changed.connect(self._on_task_changed)
        watch.set_idle(self._asleep)
        self._watch.keep(watch)
        self.start_refresh()

    def rewrite_times(self) -> None:
        """Times are written another way now."""
        if self._detail is not None:
            self.tabs.show_detail(self._detail, self._result)

    def sleep(self) -> None:
        """Ask nothing while nobody looks."""
        self._asleep = True
        self._clock.stop()
        self._watch.set_idle(True)

    def wake(self) -> None:
        """Go on; what happened meanwhile is asked for."""
        self._asleep = False
        self._watch.set_idle(False)
        if self._task_id and (self._detail is None or not is_finished(self._detail.state)):
            self.start_refresh()

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        self._forget()
        await self._jobs.stop()

    def start_refresh(self) -> None:
        """Ask for the task anew; once more afterwards where that is under way already."""
        if not self._task_id:
            return
        if self._jobs.is_running("load"):
            self._again = True
            return
        self._jobs.start("load", self._load_until_current(self._task_id), self._on_load_failed)

    # -- what can be done

    def run_again(self) -> None:
        """Offer the form with this task in it."""
        if self._detail is not None:
            self.run_again_requested.emit(rerun_draft(self._detail))

    def start_revoke(self) -> None:
        """Keep the task from running."""
        self._start_act(terminate=False)

    def start_terminate(self) -> None:
        """Kill the process that runs the task."""
        self._start_act(terminate=True)

    def ask_to_terminate(self) -> None:
        """Ask, in place, whether the running task is to be killed."""
        if self.can_terminate():
            self.head.terminate.click()

    def can_revoke(self) -> bool:
        """Whether the task on screen waits."""
        return bool(self._task_id) and not self.head.revoke.isHidden()

    def can_terminate(self) -> bool:
        """Whether the task on screen runs."""
        return self._detail is not None and is_running(self._detail.state)

    def show_trace(self) -> None:
        """Ask for all events of the task, and of those it came from and sent."""
        if self._task_id:
            self.trace_requested.emit((self._detail.root if self._detail else "") or self._task_id)

    def copy_as_json(self) -> None:
        """Put all that is known on the clipboard."""
        if self._detail is not None:
            QGuiApplication.clipboard().setText(detail_as_json(self._detail))
            self._notices.info(tr("Copied {name} as JSON", name=self._detail.name))

    def copy_id(self) -> None:
        """Put the task's id on the clipboard."""
        if self._task_id:
            self.head.copy_id()

    def _start_act(self, *, terminate: bool) -> None:
        if self._task_id and not self._jobs.is_running("revoke"):
            self._jobs.start("revoke", self._act(self._task_id, terminate=terminate), self._notices.from_exception)

    async def _act(self, task_id: str, *, terminate: bool) -> None:
        name = self.head.name
        await self._service.revoke(task_id, terminate=terminate)
        if not terminate:
            self._notices.info(tr("Revoked {name}", name=name), tr("Workers drop it when they come to it; until then its state stays."))
        if task_id == self._task_id:
            self._clock.start()

    # -- how it stays current

    def _forget(self) -> None:
        self._clock.stop()
        self._watch.close()
        self._jobs.cancel("load")
        self._task_id = ""
        self._detail = None
        self._again = False

    def _on_task_changed(self) -> None:
        if not self._asleep:
            self._clock.start()

    async def _load_until_current(self, task_id: str) -> None:
        self._again = True
        while self._again:
            self._again = False
            await self._load(task_id)

    async def _load(self, task_id: str) -> None:
        detail = await self._service.detail(task_id)
        large = len(detail.result) > LARGE_CHARS
        result = await asyncio.to_thread(readable, detail.result) if large else readable(detail.result)
        self._detail, self._result = detail, result
        self.head.show_detail(detail)
        self.picture.set_spans(life_of(detail))
        self.tabs.show_detail(detail, result)
        self._pages.setCurrentIndex(1)
        if is_finished(detail.state):
            self._watch.close()
        self.shown.emit(detail)

    def _on_load_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is None:
            self._notices.from_exception(exc)
        elif self._detail is None and self._task_id:
            self._message.set_state(EmptyState("ph.warning", title_of(problem), hint_of(problem), (self._retry,)))
            self._pages.setCurrentIndex(0)
        # What is shown already stays: the window's banner tells that the server is away.


def _scrolled(page: QWidget) -> QScrollArea:
    """In a small window the parts keep their size and are scrolled to."""
    scroll = QScrollArea()
    scroll.setWidget(page)
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.viewport().setAutoFillBackground(False)
    page.setAutoFillBackground(False)
    return scroll
