"""The form that copies records to another topic or cluster: counted first by a dry run, then written, with progress and Stop."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtWidgets import QWidget

from desktop.core.faults import Fault
from desktop.core.i18n import N_, tr
from desktop.core.jobs_words import problem_words
from desktop.core.kafka_copy import CopyDraft, Place, copy_words, draft_from, found_words, matched_in, prepare_copy
from desktop.core.problems import problem_of
from desktop.services.kafka import KafkaService
from desktop.services.notices import Notices
from desktop.views.kafka.copy.fields import CopyFields
from desktop.views.kafka.kafka_sheet import where_words
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.job_sheet import JobSheet
from desktop.views.widgets.typed_name import TypedName
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection, Environment
from embedded_server.contracts.jobs import Job, JobState
from embedded_server.contracts.kafka import CopyRequest, Start
from embedded_server.contracts.problems import ProblemDetails

WIDTH_PX: Final = 560
DRAFT_KEY: Final = "copy"
NO_TARGET: Final = Fault(N_("There is no topic of this name"), N_("Create it first, or choose one of the list: a copy makes none."))


class CopySheet(JobSheet):
    """What was counted counts only for what stands in the form. Reading is always allowed; the target has to be writable."""

    def __init__(self, host: QWidget, service: KafkaService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Copy records"), width=WIDTH_PX)
        self._service = service
        self._topic = ""
        self._targets: dict[str, Connection] = {}
        self._counted: CopyRequest | None = None
        """What the last dry run that ended well was asked."""
        self._running: CopyRequest | None = None
        self.fields = CopyFields(service)
        self._found = Wrapped(tone="text", small=False)
        self._target_note = Wrapped(tone="warn")
        self.typed_name = TypedName()
        self.dry_run = PrimaryButton(tr("Dry run"), self.start_dry_run)
        self.act = Button("", self.start_copying)
        self._lay_out()
        self._connect()

    # -- what the panel asks

    def open_to(
        self,
        connection: Connection,
        topic: str,
        partitions: Sequence[int] = (),
        start: Start | None = None,
        targets: Sequence[Connection] = (),
    ) -> None:
        """Open the form for *topic*, with the range that is looked at; *targets* are the connections that can be copied to."""
        other = (connection.id, topic) != (self.connection_id(), self._topic)
        self._topic = topic
        self._targets = {one.id: one for one in (connection, *targets)}
        self.act_on(connection, where_words(connection, topic))
        self.fields.point_at(connection, targets)
        if other:
            if not self.follower.is_running:
                self._forget_job()
            self._counted = None
            kept = self._service.draft(DRAFT_KEY, CopyDraft())
            self.fields.show_draft(draft_from(replace(kept, to_connection=kept.to_connection or connection.id), partitions, start))
        self._follow_target()
        self.open_sheet(self.fields.topic)

    def start_dry_run(self) -> None:
        """Count what would be copied."""
        request = self._checked()
        if request is not None:
            self._start(replace(request, dry_run=True))

    def start_copying(self) -> None:
        """Copy them."""
        request = self._checked()
        if request is not None and self.typed_name.is_satisfied() and self.act.isEnabled():
            self._start(replace(request, typed_name=self.typed_name.text()))

    def found(self) -> str:
        """Answer what the dry run found, as shown."""
        return "" if self._found.isHidden() else self._found.text()

    def is_read_only(self) -> bool:
        """Whether the server would refuse: it is the target that is written to."""
        target = self._targets.get(self.fields.draft().to_connection) or self.connection
        return target is not None and target.spec.read_only

    # -- how it is made

    def _lay_out(self) -> None:
        for widget in (self.fields, self._target_note, self._found, self.card, self.typed_name):
            self.form.addWidget(widget)
            self.form.addSpacing(4)
        self.form.addStretch(1)
        self.foot.addWidget(self.dry_run)
        self.foot.addWidget(self.act)
        self.foot.addStretch(1)
        for widget in (self._found, self._target_note):
            widget.hide()

    def _connect(self) -> None:
        self.fields.edited.connect(self._on_edited)
        self.fields.filter_bar.escaped.connect(self.close_sheet)
        self.typed_name.changed.connect(self._show_buttons)
        self.follower.ended.connect(self._on_job_ended)
        self.submit_requested.connect(self._on_submit)

    # -- what happens

    def _on_edited(self) -> None:
        draft = self.fields.draft()
        if self._topic:  # the range is the topic's own: what is kept for the next one is where it goes
            kept = CopyDraft(to_connection=draft.to_connection, to_topic=draft.to_topic, filter=draft.filter, limit=draft.limit)
            self._service.keep_draft(DRAFT_KEY, replace(kept, keep_partition=draft.keep_partition, keep_timestamp=draft.keep_timestamp))
        self._follow_target()
        self._show_found()

    def _follow_target(self) -> None:
        """Ask for the topic's name where the target is production."""
        draft = self.fields.draft()
        target = self._targets.get(draft.to_connection) or self.connection
        careful = target is not None and target.spec.environment is Environment.PRODUCTION
        self.typed_name.ask_for(draft.to_topic.strip(), wanted=careful and bool(draft.to_topic.strip()))
        elsewhere = target is not None and target.id != self.connection_id()
        words = tr("The target connection is read-only: choose another one.") if elsewhere and self.is_read_only() else ""
        self._target_note.setText(words)
        self._target_note.setVisible(bool(words))
        self._show_buttons()

    def _is_counted(self) -> bool:
        request = prepare_copy(self.fields.draft(), self._topic, self.connection_id()).request
        return self._counted is not None and request == self._counted

    def _checked(self) -> CopyRequest | None:
        """Answer the request, or None with what is wrong shown and the cursor in it."""
        if self.connection is None or self.is_busy() or self.is_read_only() or self.follower.is_running:
            return None
        prepared = prepare_copy(self.fields.draft(), self._topic, self.connection_id())
        self.fields.show_faults(prepared.faults)
        return prepared.request

    def _on_submit(self) -> None:
        """The next thing to do: the dry run, or what it has counted."""
        if self._is_counted():
            self.start_copying()
        else:
            self.start_dry_run()

    def _start(self, request: CopyRequest) -> None:
        self._running = request
        self.fields.filter_bar.accept()
        self.begin(self._ask(request))

    async def _ask(self, request: CopyRequest) -> None:
        job = await self._service.copy(self.connection_id(), request)
        self._counted = None
        self._found.hide()
        self._follow_job(job)

    def _on_act_failed(self, exc: BaseException) -> None:
        """A wrong filter is told at the filter, with its place marked."""
        problem = problem_of(exc)
        if problem is not None and "position" in problem.params:
            self.fields.show_filter_fault(problem)
        elif problem is not None and self._is_about_target(problem):
            self.fields.show_faults({Place.TARGET: NO_TARGET})
        else:
            super()._on_act_failed(exc)

    def _is_about_target(self, problem: ProblemDetails) -> bool:
        target = self.fields.draft().to_topic.strip()
        return problem.type.endswith(":topic-unknown") and problem.params.get("topic") == target

    def _on_job_ended(self, job: Job) -> None:
        request = self._running
        if job.dry_run and job.state is JobState.DONE and request is not None:
            self._counted = replace(request, dry_run=False)
            self._found.setText("\n".join(part for part in (found_words(job), problem_words(job)) if part))
            self.card.hide()
        self._show_found()
        if not job.dry_run:
            self._counted = None
            self.typed_name.line.clear()
            self.done.emit(job)
        self._show_buttons()

    def _show_found(self) -> None:
        """Say what the dry run found, while it still holds."""
        self._found.setVisible(self._counted is not None and self._is_counted())

    def _lost_hint(self) -> str:
        return tr("What was copied is in the target. Look there before you begin again: a second copy doubles it.")

    def _forget_job(self) -> None:
        self._found.hide()
        super()._forget_job()

    def _show_buttons(self) -> None:
        running, counted = self.follower.is_running, self._is_counted()
        job = self.follower.job
        count = matched_in(job) if counted and job is not None else None
        why_not = tr("One is under way") if running else self.typed_name.why_not()
        if counted and count == 0:
            why_not = tr("The dry run found nothing to copy")
        self.offer(self.dry_run, tr("Dry run again") if counted else tr("Dry run"), enabled=not running, why_not=why_not)
        words = copy_words(count) if counted else tr("{act} without a dry run", act=copy_words(None))
        self.offer(self.act, words, enabled=not why_not, why_not=why_not)
        self.dry_run.setDefault(not counted)
        self.act.setDefault(counted)
