"""The fields that only a RabbitMQ connection has: host, port, virtual host, the management API, and the heartbeat."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QVBoxLayout, QWidget

from desktop.core.connections_entries import Draft, Entry
from desktop.core.i18n import tr
from desktop.views.connections.layout import Faults, secret_field, show_text, with_note
from desktop.views.widgets.fold import Fold
from desktop.views.widgets.form_sheet import field_group, line_field, side_by_side

PORT_PX: Final = 96


class RabbitFields(QWidget):
    """The address; `management_fold` and `more_fold` are laid out below, beside the other folds."""

    edited = Signal()

    def __init__(self, faults: Faults) -> None:
        super().__init__()
        self.host = line_field(tr("Host"), "rabbit.example.org", mono=True)
        self.port = line_field(tr("Port"), "5672", mono=True)
        self.vhost = line_field(tr("Virtual host"), "/", mono=True)
        self.heartbeat = line_field(tr("Heartbeat in seconds"), "30", mono=True)
        self.management = QCheckBox(tr("Use the management API"))
        self.management_url = line_field(tr("Management URL"), "http://host:15672", mono=True)
        self.management_user = line_field(tr("Management user"), tr("The same user"), mono=True)
        self.management_password = secret_field(tr("Management password"))
        self.management_password.setPlaceholderText(tr("As kept"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        host, port = faults.group(tr("Host"), self.host, Entry.HOST), faults.group(tr("Port"), self.port, Entry.PORT)
        port.setFixedWidth(PORT_PX)
        column.addLayout(side_by_side(host, port, faults.group(tr("Virtual host"), self.vhost, Entry.VHOST), shares=(3, 0, 2)))
        self._make_folds(faults)
        for line in self.lines():
            line.textEdited.connect(self.edited)
        self.management.toggled.connect(self.edited)

    def lines(self) -> tuple[QLineEdit, ...]:
        """Answer the lines one types into."""
        address = (self.host, self.port, self.vhost, self.heartbeat)
        return (*address, self.management_url, self.management_user, self.management_password)

    def show_draft(self, draft: Draft) -> None:
        """Show what *draft* says of a RabbitMQ."""
        address = (draft.host, draft.port, draft.vhost, draft.heartbeat)
        texts = (*address, draft.management_url, draft.management_user, draft.management_password)
        for line, text in zip(self.lines(), texts, strict=True):
            show_text(line, text)
        self.management.setChecked(draft.management)

    def follow(self, draft: Draft) -> None:
        """Show only what matters with what is set."""
        self.port.setPlaceholderText("5671" if draft.tls else "5672")
        for group in self._management_groups:
            group.setVisible(draft.management)
        self._management_groups[-1].setVisible(draft.management and bool(draft.management_user))
        self.management_fold.set_note((draft.management_url or tr("usual address")) if draft.management else tr("not used"))
        self.more_fold.set_note(tr("heartbeat {seconds} s", seconds=draft.heartbeat or "0"))

    def _make_folds(self, faults: Faults) -> None:
        self.management_fold = Fold(tr("Management API"))
        url = tr("URL; empty is the usual one: port 15672, with TLS 15671")
        self._management_groups = [
            faults.group(url, self.management_url, Entry.MANAGEMENT_URL),
            faults.group(tr("User; empty is the same"), self.management_user, Entry.MANAGEMENT_USER),
            field_group(tr("That user's password"), self.management_password),
        ]
        note = tr("Queues, rates, clients and bindings come from it; messages work without it.")
        self.management_fold.body.addWidget(with_note(self.management, note))
        for group in self._management_groups:
            self.management_fold.body.addWidget(group)
        self.more_fold = Fold(tr("More"))
        heartbeat = faults.group(tr("Heartbeat in seconds; 0 turns it off"), self.heartbeat, Entry.HEARTBEAT)
        heartbeat.setMaximumWidth(220)
        self.more_fold.body.addWidget(heartbeat)
