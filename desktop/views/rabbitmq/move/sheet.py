"""Move messages, or redrive dead-lettered ones: first a dry run that counts by target, then the act that names the number."""

from dataclasses import replace
from typing import Final

from PySide6.QtWidgets import QWidget

from desktop.core.i18n import tr, trn
from desktop.core.jobs_words import problem_words, targets_of
from desktop.core.problems import problem_of
from desktop.core.rabbitmq_move import MoveDraft, Prepared, act_words, found_words, is_short, prepare, rest_words
from desktop.services.notices import Notices
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.move.fields import MoveFields
from desktop.views.rabbitmq.move.found import Found
from desktop.views.rabbitmq.rabbit_sheet import where_words
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.elided import ElidedLabel
from desktop.views.widgets.form_sheet import field_group
from desktop.views.widgets.job_sheet import JobSheet
from desktop.views.widgets.typed_name import TypedName
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.jobs import Job, JobState
from embedded_server.contracts.rabbitmq import MoveRequest, RedriveRequest

WIDTH_PX: Final = 480
MOVE_KEY, REDRIVE_KEY = "move", "redrive"
Request = MoveRequest | RedriveRequest


class MoveSheet(JobSheet):
    """What was counted counts only for what stands in the form: a change of the form asks for another dry run."""

    def __init__(self, host: QWidget, service: RabbitService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Move"), width=WIDTH_PX)
        self._service = service
        self.vhost = ""
        self._redrive = False
        self._queue = ""
        self._counted: Request | None = None
        """What the last dry run that ended well was asked."""
        self._running: Request | None = None
        self._make_fields()
        self._lay_out()
        self._connect()

    # -- what the panel asks

    def open_to(self, connection: Connection, vhost: str, queue: str, *, redrive: bool, count: int | None) -> None:
        """Open the form for *queue*, in which *count* messages are ready, as far as anybody knows."""
        other = (connection.id, vhost, queue, redrive) != (self.connection_id(), self.vhost, self._queue, self._redrive)
        self._queue, self._redrive = queue, redrive
        self.heading.setText(tr("Redrive dead letters") if redrive else tr("Move messages"))
        self.setAccessibleName(self.heading.text())
        self._show_from(count)
        if other:
            self.typed_name.line.clear()
            if not self.follower.is_running:
                self._forget_job()
            self._counted = None
            self.fields.show_draft(self._service.draft(self._draft_key(), MoveDraft()))
        self.vhost = vhost
        self.act_on(connection, where_words(connection, vhost))
        self.typed_name.ask_for(queue, wanted=self.is_production())
        self.fields.point_at(connection.id, vhost, redrive=redrive)
        self.open_sheet(self.fields.first())

    def source(self) -> str:
        """Answer what is said of the queue."""
        return "\n".join(part for part in (self._name.whole(), self._ready.text()) if part)

    def start_dry_run(self) -> None:
        """Count what would be sent, and where to."""
        request = self._checked()
        if request is not None:
            self._start(replace(request, dry_run=True))

    def start_act(self) -> None:
        """Send them: the button has named how many."""
        request = self._checked()
        if request is not None and self.typed_name.is_satisfied():
            self._start(replace(request, typed_name=self.typed_name.text()))

    def is_counted(self) -> bool:
        """Whether a dry run has counted what stands in the form."""
        request = self._prepared().request
        return self._counted is not None and request == self._counted

    # -- how it is made

    def _make_fields(self) -> None:
        self._name = ElidedLabel(tone="text", middle=True)
        self._ready = Wrapped(small=False)
        self.fields = MoveFields(self._service, self._notices.from_exception)
        self._cost = Wrapped()
        self._cost.setText(
            tr(
                "A dry run reads every message and puts it back: they are marked redelivered, and a quorum queue counts it. "
                "Then each copy is confirmed before its original goes: an interruption may double one, and never loses one."
            )
        )
        self.found = Found()
        self.typed_name = TypedName()
        self.dry_run = PrimaryButton(tr("Dry run"), self.start_dry_run)
        self.act = Button("", self.start_act)

    def _lay_out(self) -> None:
        self.form.addWidget(field_group(tr("From"), self._name, self._ready))
        self.form.addWidget(self.fields)
        self.form.addWidget(self._cost)
        self.form.addSpacing(8)
        for widget in (self.found, self.card, self.typed_name):
            self.form.addWidget(widget)
        self.form.addStretch(1)
        self.foot.addWidget(self.dry_run)
        self.foot.addWidget(self.act)
        self.foot.addStretch(1)

    def _connect(self) -> None:
        self.fields.edited.connect(self._on_edited)
        self.typed_name.changed.connect(self._show_buttons)
        self.follower.ended.connect(self._on_job_ended)
        self.submit_requested.connect(self._on_submit)
        self.fields.filter_bar.escaped.connect(self.close_sheet)

    # -- what is typed

    def _draft_key(self) -> str:
        return REDRIVE_KEY if self._redrive else MOVE_KEY

    def _on_edited(self) -> None:
        self._service.keep_draft(self._draft_key(), self.fields.draft())
        self.found.set_stale(not self.is_counted())
        self._show_buttons()

    def _prepared(self) -> Prepared:
        return prepare(self.fields.draft(), self.vhost, self._queue, redrive=self._redrive)

    def _checked(self) -> Request | None:
        """Answer the request, or None with what is wrong shown and the cursor in it."""
        if self.connection is None or self.is_busy() or self.is_read_only() or self.follower.is_running:
            return None
        prepared = self._prepared()
        self.fields.show_faults(prepared.faults)
        return prepared.request

    # -- what is done

    def _on_submit(self) -> None:
        """The next thing to do: the dry run, or what it has counted."""
        if self.is_counted():
            self.start_act()
        else:
            self.start_dry_run()

    def _start(self, request: Request) -> None:
        self._running = request
        self.fields.filter_bar.accept()
        self.begin(self._ask(request))

    async def _ask(self, request: Request) -> None:
        service, connection = self._service, self.connection_id()
        if isinstance(request, RedriveRequest):
            job = await service.redrive(connection, request)
        else:
            job = await service.move(connection, request)
        self._counted = None
        self.found.hide()
        self._follow_job(job)

    def _on_act_failed(self, exc: BaseException) -> None:
        """A wrong filter is told at the filter, with its place marked."""
        problem = problem_of(exc)
        if problem is not None and "position" in problem.params:
            self.fields.show_filter_fault(problem)
        else:
            super()._on_act_failed(exc)

    def _on_job_ended(self, job: Job) -> None:
        request = self._running
        if job.dry_run and job.state is JobState.DONE and request is not None:
            self._counted = replace(request, dry_run=False)
            self.found.show_found(found_words(job), targets_of(job), rest_words(job), problem_words(job))
            self.card.hide()
        self.found.set_stale(not self.is_counted())
        self._show_buttons()
        if not job.dry_run:
            self._counted = None
            self.typed_name.line.clear()
            self._jobs.start("count", self._recount(), self._on_help_failed)
            self.done.emit(job)

    async def _recount(self) -> None:
        queue = self._queue
        now = await self._service.queue(self.connection_id(), self.vhost, queue)
        if queue == self._queue:
            self._show_from(now.ready)

    def _show_from(self, count: int | None) -> None:
        ready = trn("1 message is ready there", "{n} messages are ready there", count) if count is not None else ""
        self._name.show_text(self._queue, "text")
        self._ready.setText(ready)
        self._ready.setVisible(bool(ready))

    def _lost_hint(self) -> str:
        return tr("Nothing is lost: what was not yet moved is in its queue. Begin with a dry run.")

    def _forget_job(self) -> None:
        self.found.hide()
        super()._forget_job()

    def _show_buttons(self) -> None:
        running = self.follower.is_running
        counted = self.is_counted()
        job = self.follower.job
        count = job.counts.get("matched", 0) if counted and job is not None and not is_short(job) else None
        why_not = tr("One is under way") if running else self.typed_name.why_not()
        if counted and count == 0:
            why_not = tr("The dry run found nothing to send")
        self.offer(self.dry_run, tr("Dry run again") if counted else tr("Dry run"), enabled=not running, why_not=why_not)
        words = (
            act_words(count, redrive=self._redrive)
            if counted
            else tr("{act} without a dry run", act=act_words(None, redrive=self._redrive))
        )
        self.offer(self.act, words, enabled=not why_not, why_not=why_not)
        self.dry_run.setDefault(not counted)
        self.act.setDefault(counted)
