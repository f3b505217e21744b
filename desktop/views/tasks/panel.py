"""The Tasks panel: figures, quick filters, the live table, the task beside it, and the sheets that send tasks and list workers."""

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QVBoxLayout

from desktop.core.feeds import FeedStatus
from desktop.core.i18n import tr
from desktop.core.tasks_draft import Draft
from desktop.core.tasks_states import CHIP_TITLES, Chip, chip_filter
from desktop.services import Services
from desktop.services.tasks import task_service
from desktop.views.panel import Panel
from desktop.views.tasks.chips import StateChips
from desktop.views.tasks.columns import TASK_COLUMNS
from desktop.views.tasks.detail import TaskDetailView
from desktop.views.tasks.enqueue import EnqueueSheet
from desktop.views.tasks.stats import StatsStrip
from desktop.views.tasks.task_watch import TaskWatch
from desktop.views.tasks.workers import WorkersSheet
from desktop.views.widgets.buttons import make_action
from desktop.views.widgets.feed_view import EmptyState, FeedView
from desktop.views.widgets.jobs import Jobs
from desktop.views.widgets.tiles import Tile
from embedded_server.contracts.feeds import Source
from embedded_server.contracts.tasks import Enqueued, EnqueueRequest, TaskDetail, TaskRow, TaskStats

SETTINGS_KEY = "tasks"
DEMO = EnqueueRequest(name="demo.add", args=[2, 3])
SEARCHED_ROWS = 200
"""A task that was just sent is among the newest rows."""


class TasksPanel(Panel):
    """Composes the parts and carries messages between them; each part works alone."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self._services = services
        self._service = task_service(services.api)
        self._service.keep_draft_of(services.session.state.account)
        self._jobs = Jobs(self)
        self._awaited_id = ""
        self._counts: dict[str, int] = {}
        self.detail = TaskDetailView(self._service, services.notices, lambda task_id: TaskWatch(services.feeds, task_id))
        self._make_actions()
        self.stats = StatsStrip(self._service, services.notices)
        self.chips = StateChips()
        self.feed = FeedView(
            services,
            source=Source.TASKS,
            columns=TASK_COLUMNS,
            settings_key=SETTINGS_KEY,
            empty=self._nothing_yet(),
            detail=self.detail,
        )
        self.feed.filter_bar.line.setPlaceholderText(tr("Filter: words, state:FAILURE, name:demo.add, runtime:>1s"))
        self.form = EnqueueSheet(self, self._service, services.notices, services.settings)
        self.workers = WorkersSheet(self, self._service, services.notices)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self.stats)
        layout.addWidget(self.chips)
        layout.addWidget(self.feed, 1)
        self._connect()
        self._follow_selection()

    def _make_actions(self) -> None:
        self._enqueue = make_action(self, tr("Enqueue task"), self.open_form, shortcut="Ctrl+N", icon_name="ph.paper-plane-tilt")
        self._enqueue.setToolTip(tr("Send a task to a worker (Ctrl+N)"))
        self._demo = make_action(self, tr("Enqueue demo.add(2, 3)"), self.start_demo, icon_name="ph.play")
        self._show_all = make_action(self, tr("Show all tasks"), lambda: self._on_chip_chosen(Chip.ALL), icon_name="ph.stack")
        self._run_again = make_action(self, tr("Run the selected task again\u2026"), self.detail.run_again, icon_name="ph.arrow-clockwise")
        self._revoke = make_action(self, tr("Revoke the selected task"), self.detail.start_revoke, icon_name="ph.prohibit")
        self._terminate = make_action(self, tr("Terminate the selected task\u2026"), self._ask_to_terminate, icon_name="ph.x-circle")
        words = tr("Show the selected task's trace")
        self._trace = make_action(self, words, self.detail.show_trace, shortcut="Ctrl+T", icon_name="ph.path")
        self._copy_id = make_action(
            self, tr("Copy the selected task's id"), self.detail.copy_id, shortcut="Ctrl+Shift+C", icon_name="ph.copy"
        )
        self._show_workers = make_action(self, tr("Show the workers"), self.open_workers, icon_name="ph.users-three")

    def _connect(self) -> None:
        self.stats.arrived.connect(self._on_stats)
        self.stats.workers.clicked.connect(self.open_workers)
        self.chips.chosen.connect(self._on_chip_chosen)
        self.feed.row_selected.connect(self._on_row_selected)
        self.feed.status_changed.connect(self._on_status_changed)
        self.feed.model.rowsInserted.connect(self._look_for_awaited)
        self.feed.model.rows_loaded.connect(self._look_for_awaited)
        self.detail.run_again_requested.connect(self._on_run_again_requested)
        self.detail.shown.connect(self._on_detail_shown)
        self.detail.trace_requested.connect(self.trace_requested)
        self.detail.close_requested.connect(self.feed.close_detail)
        self.form.enqueued.connect(self._on_enqueued)
        self._services.settings.changed.connect(self._on_setting_changed)

    # -- what the window asks

    def primary_action(self) -> QAction | None:
        """Sending a task is what the panel is there for."""
        return self._enqueue

    def actions(self) -> list[QAction]:
        """Acts for the palette and the help."""
        of_task = [self._run_again, self._revoke, self._terminate, self._trace, self._copy_id]
        own = [self._enqueue, *of_task, self._show_workers, self._demo, self._show_all]
        return [*own, *self.feed.actions()]

    def focus_filter(self) -> bool:
        """Put the cursor into the filter."""
        return self.feed.focus_filter()

    def go_back(self) -> bool:
        """Close the innermost: a question, a sheet, the detail."""
        for sheet in (self.form, self.workers):
            if sheet.is_open():
                sheet.close_sheet()
                return True
        if self.detail.isVisible() and self.detail.head.confirm.isVisible():
            self.detail.head.confirm.hide()
            return True
        return self.feed.go_back()

    def activate(self) -> None:
        """Begin to follow figures, rows and the selected task."""
        self.feed.activate()
        self.stats.resume()
        self.detail.wake()
        self.workers.resume()
        if isinstance(QApplication.focusWidget(), Tile | None):
            self._rest_focus()

    def deactivate(self) -> None:
        """Ask nothing while nobody looks."""
        self.feed.deactivate()
        self.stats.pause()
        self.detail.sleep()
        self.workers.pause()

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        for part in (self._jobs, self.stats, self.form, self.workers, self.detail):
            await part.stop()

    # -- acts

    def open_form(self, draft: Draft | None = None) -> None:
        """Open the form that sends a task."""
        self.workers.close_sheet()
        self.form.open_form(draft)

    def open_workers(self) -> None:
        """Open the sheet that lists the workers."""
        self.form.close_sheet()
        self.workers.open_workers()

    def start_demo(self) -> None:
        """Send the task that every first launch can run."""
        if not self._jobs.is_running("demo"):
            self._jobs.start("demo", self._send_demo(), self._services.notices.from_exception)

    async def _send_demo(self) -> None:
        self._on_enqueued(await self._service.enqueue(DEMO))

    def _ask_to_terminate(self) -> None:
        self.feed.open_detail()
        self.detail.ask_to_terminate()

    # -- what happens

    def _on_setting_changed(self, key: str) -> None:
        if key == "look/time":
            self.detail.rewrite_times()

    def _on_status_changed(self, status: FeedStatus) -> None:
        self.status.emit(status)
        if status.known:  # sooner than the figures above the table, and also while nobody asks for those
            self.count_changed.emit(status.of)

    def _on_stats(self, stats: TaskStats) -> None:
        self._counts = stats.counts
        self.chips.set_counts(stats.counts)
        self.count_changed.emit(sum(stats.counts.values()))

    def _on_chip_chosen(self, value: str) -> None:
        chip = Chip(value)
        self.chips.choose(chip)
        self.feed.set_empty(self._nothing_yet() if chip is Chip.ALL else self._nothing_in(chip))
        self.feed.set_base_filter(chip_filter(chip, self._counts))

    def _nothing_yet(self) -> EmptyState:
        sentence = tr("Tasks appear here the moment they are sent, and stay through restarts.")
        return EmptyState("ph.stack", tr("No task yet"), sentence, (self._demo, self._enqueue))

    def _nothing_in(self, chip: Chip) -> EmptyState:
        title = tr("Nothing under \u201c{filter}\u201d", filter=tr(CHIP_TITLES[chip]))
        return EmptyState("ph.funnel", title, tr("No task is in this state now."), (self._show_all,))

    def _on_row_selected(self, row: TaskRow | None) -> None:
        self.detail.show_row(row)
        self._follow_selection()

    def _on_run_again_requested(self, draft: Draft) -> None:
        self.open_form(draft)

    def _on_detail_shown(self, _detail: TaskDetail) -> None:
        self._follow_selection()

    def _follow_selection(self) -> None:
        chosen = bool(self.detail.task_id)
        self._run_again.setEnabled(self.detail.detail is not None)
        self._revoke.setEnabled(self.detail.can_revoke())
        self._terminate.setEnabled(self.detail.can_terminate())
        self._copy_id.setEnabled(chosen)
        self._trace.setEnabled(chosen)

    def _on_enqueued(self, answer: Enqueued) -> None:
        """Show the new task at once, and select its row as soon as it comes."""
        if self.chips.chip() is not Chip.ALL:
            self._on_chip_chosen(Chip.ALL)
        self.feed.go_to_tail()
        self._awaited_id = answer.id
        self.detail.show_task(answer.id, answer.name, "PENDING")
        self.feed.open_detail()
        self._follow_selection()
        self._look_for_awaited()

    def _look_for_awaited(self) -> None:
        if not self._awaited_id:
            return
        model = self.feed.model
        newest = model.rowCount() - 1
        for number in range(newest, max(newest - SEARCHED_ROWS, -1), -1):
            row = model.row_at(number)
            if row is not None and row.id == self._awaited_id:
                self._awaited_id = ""
                self.feed.table.setCurrentIndex(model.index(number, 0))
                if not self.form.is_open():
                    self._rest_focus()
                return

    def _rest_focus(self) -> None:
        """Put the focus where keys are for rows. A table without a current row would make its first one current, which nobody chose."""
        (self.feed.table if self.feed.table.currentIndex().isValid() else self).setFocus()


def build(services: Services) -> TasksPanel:
    """Make the panel."""
    return TasksPanel(services)
