"""The questions before a group is deleted, or a member is taken out of it."""

from typing import Final

from PySide6.QtWidgets import QWidget

from desktop.core.i18n import tr, trn
from desktop.core.kafka_group import assignment_words, is_active, why_active
from desktop.services.kafka import KafkaService
from desktop.services.notices import Notices
from desktop.views.kafka.kafka_sheet import KafkaSheet
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.typed_name import TypedName
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.kafka import DeleteGroup, GroupDetail, GroupMember, RemoveMember

WIDTH_PX: Final = 440


class DestroyGroupSheet(KafkaSheet):
    """Deletes a group, or with a member given takes that one out."""

    def __init__(self, host: QWidget, service: KafkaService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Delete"), width=WIDTH_PX)
        self._detail: GroupDetail | None = None
        self._member: GroupMember | None = None
        self._question = Wrapped(tone="text", bold=True, small=False)
        self._consequence = Wrapped(tone="text", small=False)
        self._active = Wrapped(tone="warn", small=False)
        self.typed_name = TypedName()
        self.act = Button("", self.start, icon_name="ph.trash", tone="bad")
        self.keep = Button(tr("Keep it"), self.close_sheet)
        for widget in (self._question, self._consequence, self._active, self.typed_name):
            self.form.addWidget(widget)
            self.form.addSpacing(4)
        self.let_buttons_follow()
        self.foot.addWidget(self.keep)
        self.foot.addWidget(self.act)
        self.foot.addStretch(1)
        self.typed_name.changed.connect(self._show_buttons)
        self.typed_name.line.returnPressed.connect(self.start)
        self.submit_requested.connect(self.start)

    def open_to(self, connection: Connection, detail: GroupDetail, member: GroupMember | None = None) -> None:
        """Ask about a group, or about one of its members."""
        self._detail, self._member = detail, member
        self.show_failure()
        self.heading.setText(tr("Delete the group") if member is None else tr("Remove a member"))
        self.setAccessibleName(self.heading.text())
        self.point_at(connection, detail.group.id)
        wanted = self.is_production() and member is None
        self.typed_name.line.clear()
        self.typed_name.ask_for(detail.group.id, wanted=wanted)
        self._show()
        self.open_sheet(self.typed_name.line if wanted else self.keep)

    def question(self) -> str:
        """Answer what is asked."""
        return self._question.text()

    def start(self) -> None:
        """Do it: the user has been asked."""
        if self.connection is not None and self._detail is not None and self.act.isEnabled():
            self.begin(self._delete(self._detail) if self._member is None else self._remove(self._detail, self._member))

    async def _delete(self, detail: GroupDetail) -> None:
        group = detail.group.id
        await self._service.delete_group(self.connection_id(), DeleteGroup(group, typed_name=self.typed_name.text()))
        self.close_sheet()
        self._notices.info(tr("Deleted the group {name}", name=group))
        self.done.emit(group)

    async def _remove(self, detail: GroupDetail, member: GroupMember) -> None:
        request = RemoveMember(detail.group.id, member.id, member.instance_id)
        await self._service.remove_member(self.connection_id(), request)
        self.close_sheet()
        self._notices.info(tr("Removed {member} from {name}", member=_name(member), name=detail.group.id))
        self.done.emit(detail.group.id)

    def _show(self) -> None:
        detail, member = self._detail, self._member
        if detail is None:
            return
        active = ""
        if member is not None:
            self._question.setText(tr("Remove {member} from {name}?", member=_name(member), name=detail.group.id))
            words = tr(
                "What it reads goes to the others: {assignment}. Its client joins again if it lives.", assignment=assignment_words(member)
            )
        else:
            count = len(detail.offsets)
            self._question.setText(
                trn(
                    "Delete the group {name} with its offset in 1 partition?",
                    "Delete the group {name} with its offsets in {n} partitions?",
                    count,
                    name=detail.group.id,
                )
                if count
                else tr("Delete the group {name}?", name=detail.group.id)
            )
            words = tr(
                "A consumer of that name begins anew afterwards, where its own settings say: at the earliest or at the latest record."
            )
            active = why_active(detail) if is_active(detail) else ""
        self._consequence.setText(words)
        self._active.setText(active)
        self._active.setVisible(bool(active))
        self._show_buttons()

    def _show_buttons(self) -> None:
        why_not = self._active.text() or self.typed_name.why_not()
        words = tr("Delete the group") if self._member is None else tr("Remove the member")
        self.offer(self.act, words, enabled=not why_not, why_not=why_not)


def _name(member: GroupMember) -> str:
    return member.instance_id or member.client_id or member.id
