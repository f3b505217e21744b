"""The form that sets a group's offsets: where to, in which partitions, and before and after of each before anything is set."""

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from desktop.core.i18n import tr, trn
from desktop.core.kafka_group import is_active, prepare_reset, result_words, why_active
from desktop.services.kafka import KafkaService
from desktop.services.notices import Notices
from desktop.views.kafka.groups.changes_table import ChangesTable
from desktop.views.kafka.groups.reset_fields import ResetFields
from desktop.views.kafka.kafka_sheet import KafkaSheet
from desktop.views.widgets.buttons import Button, PrimaryButton
from desktop.views.widgets.typed_name import TypedName
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.kafka import GroupDetail, ResetRequest, ResetResult

WIDTH_PX: Final = 640
TABLE_PX: Final = 260
ASK_EVERY_MS: Final = 2_000


class ResetSheet(KafkaSheet):
    """What a dry run found counts only for what stands in the form: a change of the form asks for another one."""

    def __init__(self, host: QWidget, service: KafkaService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Reset offsets"), width=WIDTH_PX)
        self._detail: GroupDetail | None = None
        self._found: ResetRequest | None = None
        """What the last dry run was asked."""
        self._result: ResetResult | None = None
        self._clock = QTimer(self, interval=ASK_EVERY_MS)
        self._make_fields()
        self._lay_out()
        self._connect()

    # -- what the panel asks

    def open_to(self, connection: Connection, detail: GroupDetail) -> None:
        """Open the form for a group as it is now."""
        other = self._detail is None or (connection.id, detail.group.id) != (self.connection_id(), self._detail.group.id)
        self._detail = detail
        self.show_failure()
        self._forget()
        if other:
            self.typed_name.line.clear()
            self.fields.begin(detail)
        self.fields.know(detail)
        self.point_at(connection, detail.group.id)
        self.typed_name.ask_for(detail.group.id, wanted=self.is_production())
        self._show_active()
        self.open_sheet(self.fields.first())
        self._clock.start()

    def follow(self, detail: GroupDetail) -> None:
        """Take in how the group is by now: consumers may have come or gone."""
        if self._detail is not None and detail.group.id == self._detail.group.id:
            self._detail = detail
            self._show_active()
            self._show_buttons()

    def said(self) -> str:
        """Answer what the dry run found, or what was set, as shown."""
        return "" if self._said.isHidden() else self._said.text()

    def why_not(self) -> str:
        """Answer why the offsets cannot be set now, as shown."""
        return "" if self._active.isHidden() else self._active.text()

    def start_dry_run(self) -> None:
        """Ask what would be set."""
        request = self._checked()
        if request is not None:
            self.begin(self._try(request))

    def start_reset(self) -> None:
        """Set them: before and after have been shown."""
        request = self._checked()
        if request is not None and self._is_found(request) and self.typed_name.is_satisfied() and self.act.isEnabled():
            self.begin(self._set(replace(request, typed_name=self.typed_name.text())))

    # -- how it is made

    def _make_fields(self) -> None:
        self._active = Wrapped(tone="warn", small=False)
        self.fields = ResetFields()
        self._said = Wrapped(tone="text", small=False)
        self.changes = ChangesTable()
        self.changes.setMinimumHeight(TABLE_PX)
        self.typed_name = TypedName()
        self.dry_run = PrimaryButton(tr("Show before and after"), self.start_dry_run)
        self.act = Button("", self.start_reset)
        self._forget()

    def _lay_out(self) -> None:
        for widget in (self._active, self.fields, self._said):
            self.form.addWidget(widget)
        self.form.addWidget(self.changes, 1)
        self.form.addWidget(self.typed_name)
        self.form.addStretch(0)
        self.foot.addWidget(self.dry_run)
        self.foot.addWidget(self.act)
        self.foot.addStretch(1)

    def _connect(self) -> None:
        self.fields.edited.connect(self._on_edited)
        self.typed_name.changed.connect(self._show_buttons)
        self.submit_requested.connect(self._on_submit)
        self._clock.timeout.connect(self._look_again)
        self.closed.connect(self._clock.stop)

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        self._clock.stop()
        await super().stop()

    # -- what happens

    def _look_again(self) -> None:
        """See whether consumers have come or gone, while the form is open."""
        if self._detail is not None and self.connection is not None and not self._jobs.is_running("group"):
            self._jobs.start("group", self._learn(self.connection.id, self._detail.group.id), self._on_help_failed)

    async def _learn(self, connection: str, group: str) -> None:
        detail = await self._service.group(connection, group)
        if connection == self.connection_id():
            self.follow(detail)

    def _checked(self) -> ResetRequest | None:
        """Answer the request, or None with what is wrong shown and the cursor in it."""
        if self.connection is None or self._detail is None or self.is_busy() or self.is_read_only():
            return None
        prepared = prepare_reset(self.fields.draft(), self._detail)
        self.fields.show_faults(prepared.faults)
        return prepared.request

    def _is_found(self, request: ResetRequest | None) -> bool:
        """Whether before and after of this very request are shown."""
        return request is not None and self._found is not None and self._same(request) == self._same(self._found)

    @staticmethod
    def _same(request: ResetRequest) -> ResetRequest:
        return replace(request, dry_run=False, typed_name="")

    async def _try(self, request: ResetRequest) -> None:
        found = replace(request, dry_run=True)
        result = await self._service.reset(self.connection_id(), found)
        self._found, self._result = found, result
        self._show_result(result)

    async def _set(self, request: ResetRequest) -> None:
        result = await self._service.reset(self.connection_id(), request)
        self._found, self._result = None, result
        self.typed_name.line.clear()
        self._show_result(result)
        self.done.emit(result)

    def _show_result(self, result: ResetResult) -> None:
        words, tone = result_words(result)
        self._said.set_tone(tone)
        self._said.setText(words)
        self._said.show()
        self.changes.set_rows(result.changes)
        self.changes.setVisible(bool(result.changes))

    def _forget(self) -> None:
        self._found = self._result = None
        self._said.hide()
        self.changes.set_rows([])
        self.changes.hide()

    def _on_edited(self) -> None:
        self.fields.show_faults({})
        if self._detail is not None and not self._is_found(prepare_reset(self.fields.draft(), self._detail).request):
            self._forget()
        self._show_buttons()

    def _on_submit(self) -> None:
        """The next thing to do: show before and after, or set what was shown."""
        if self._found is not None:
            self.start_reset()
        else:
            self.start_dry_run()

    def _show_active(self) -> None:
        words = why_active(self._detail) if self._detail is not None and is_active(self._detail) else ""
        self._active.setText(words)
        self._active.setVisible(bool(words))

    def _count(self) -> int:
        changes = self._result.changes if self._result is not None else []
        return sum(change.problem is None and change.before != change.after for change in changes)

    def _show_buttons(self) -> None:
        active = self._active.text() if not self._active.isHidden() else ""
        found = self._found is not None
        count = self._count() if found else 0
        why_not = active or self.typed_name.why_not()
        if not found:
            why_not = tr("Look at before and after first")
        elif not count:
            why_not = tr("Nothing would change")
        words = trn("Set 1 offset", "Set {n} offsets", count) if found and count else tr("Set the offsets")
        self.offer(self.act, tr("Setting …") if self.is_busy() and found else words, enabled=not why_not, why_not=why_not)
        self.offer(self.dry_run, tr("Show again") if found else tr("Show before and after"))
        self.dry_run.setDefault(not found)
        self.act.setDefault(found)
