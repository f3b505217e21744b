"""The fields of a RabbitMQ connection: they show a draft, and tell of every letter that is typed."""

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.core.connections_draft import Draft, Entry, EntryFault
from desktop.core.connections_words import ENVIRONMENT_WORDS, secret_words
from desktop.core.i18n import tr
from desktop.views.connections.file_field import FileField
from desktop.views.connections.swatches import Swatches
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.fold import Fold
from desktop.views.widgets.form_sheet import field_group, line_field, side_by_side
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Environment, SecretState

PORT_PX: Final = 96


class ConnectionFields(QWidget):
    """Every field, in the order one thinks of them; what is wrong with a field stands under it."""

    edited = Signal()
    submitted = Signal()
    """Enter was pressed in a line."""
    forget_requested = Signal()
    """The kept passwords are to be forgotten."""

    def __init__(self, *, is_here: bool) -> None:
        super().__init__()
        self._loading = False
        self._is_here = is_here
        self._make_fields()
        self._faults = {entry: Wrapped(tone="bad") for entry in Entry}
        for fault in self._faults.values():
            fault.hide()
        self._lay_out()
        self._connect()

    # -- the draft

    def draft(self) -> Draft:
        """Answer the fields exactly as they stand."""
        return Draft(
            name=self.name.text(),
            colour=self.colour.current(),
            environment=Environment(self.environment.current()),
            read_only=self.read_only.isChecked(),
            host=self.host.text(),
            port=self.port.text(),
            vhost=self.vhost.text(),
            user=self.user.text(),
            password=self.password.text(),
            tls=self.tls.isChecked(),
            verify=self.verify.isChecked(),
            ca_file=self.ca_file.text(),
            cert_file=self.cert_file.text(),
            key_file=self.key_file.text(),
            heartbeat=self.heartbeat.text(),
            management=self.management.isChecked(),
            management_url=self.management_url.text(),
            management_user=self.management_user.text(),
            management_password=self.management_password.text(),
        )

    def show_draft(self, draft: Draft) -> None:
        """Show *draft*; nobody is told."""
        self._loading = True
        for line, text in (
            (self.name, draft.name),
            (self.host, draft.host),
            (self.port, draft.port),
            (self.vhost, draft.vhost),
            (self.user, draft.user),
            (self.password, draft.password),
            (self.ca_file.line, draft.ca_file),
            (self.cert_file.line, draft.cert_file),
            (self.key_file.line, draft.key_file),
            (self.heartbeat, draft.heartbeat),
            (self.management_url, draft.management_url),
            (self.management_user, draft.management_user),
            (self.management_password, draft.management_password),
        ):
            if line.text() != text:
                line.setText(text)
                line.setCursorPosition(0)  # of what is longer than its place the beginning tells more
        self.colour.set_current(draft.colour)
        self.environment.set_current(draft.environment.value)
        for box, on in (
            (self.read_only, draft.read_only),
            (self.tls, draft.tls),
            (self.verify, draft.verify),
            (self.management, draft.management),
        ):
            box.setChecked(on)
        self._loading = False
        self._follow()

    def show_secret(self, state: SecretState | None, *, is_guest: bool) -> None:
        """Say where the password is; None for a connection that is not kept yet. That of the guest is known to everybody."""
        kept = state not in {None, SecretState.NONE}
        self.password.setPlaceholderText(tr("Kept; type another to replace it") if kept and state is not SecretState.NEEDED else "")
        words = tr("Kept in the system's keyring, never in a file.") if state is None else secret_words(state)
        if state is SecretState.NONE and is_guest:
            words = tr("RabbitMQ's own guest: its password is “guest”, unless you type another.")
        self.secret.setText(words)
        self.secret.set_tone("warn" if state is SecretState.NEEDED else "dim")
        self.forget.setVisible(kept and state is not SecretState.NEEDED)

    def show_keyring(self, *, available: bool, state: SecretState | None) -> None:
        """Say, for a connection that is not kept yet, what will become of its password here."""
        if state is None and not available:
            self.secret.setText(tr("There is no keyring here: it is kept in memory, and asked for once after each start of the server."))

    # -- faults

    def show_fault(self, entry: Entry, text: str) -> None:
        """Say under a field what is wrong with it, and go there."""
        self._faults[entry].setText(text)
        self._faults[entry].show()
        if entry in {Entry.CA_FILE, Entry.CERT_FILE, Entry.KEY_FILE}:
            self.tls_fold.set_open(True)
        if entry in {Entry.MANAGEMENT_URL, Entry.MANAGEMENT_USER}:
            self.management_fold.set_open(True)
        self._places()[entry].setFocus(Qt.FocusReason.OtherFocusReason)

    def show_faults(self, faults: tuple[EntryFault, ...]) -> None:
        """Say what is wrong with each; the cursor goes to the first."""
        for fault in reversed(faults):
            self.show_fault(fault.entry, f"{tr(fault.title)}. {tr(fault.hint)}")

    def clear_faults(self) -> None:
        """Nothing is wrong any longer, or it has not been looked at yet."""
        for fault in self._faults.values():
            fault.setText("")
            fault.hide()

    def fault(self, entry: Entry) -> str:
        """Answer what stands under a field."""
        return self._faults[entry].text()

    def _places(self) -> dict[Entry, QWidget]:
        return {
            Entry.NAME: self.name,
            Entry.HOST: self.host,
            Entry.PORT: self.port,
            Entry.VHOST: self.vhost,
            Entry.USER: self.user,
            Entry.PASSWORD: self.password,
            Entry.HEARTBEAT: self.heartbeat,
            Entry.CA_FILE: self.ca_file,
            Entry.CERT_FILE: self.cert_file,
            Entry.KEY_FILE: self.key_file,
            Entry.MANAGEMENT_URL: self.management_url,
            Entry.MANAGEMENT_USER: self.management_user,
        }

    # -- how it is made

    def _make_fields(self) -> None:
        self.name = line_field(tr("Name"), tr("From its host"))
        self.colour = Swatches()
        environments = [(one.value, tr(ENVIRONMENT_WORDS[one]).capitalize()) for one in Environment]
        self.environment = Segmented(environments, Environment.DEVELOPMENT.value, name=tr("Environment"))
        self.environment.setToolTip(tr("On production, whatever destroys something asks for its name to be typed"))
        self.read_only = QCheckBox(tr("Read-only"))
        self.host = line_field(tr("Host"), "rabbit.example.org", mono=True)
        self.port = line_field(tr("Port"), "5672", mono=True)
        self.vhost = line_field(tr("Virtual host"), "/", mono=True)
        self.user = line_field(tr("User"), "guest", mono=True)
        self.password = self._secret_field(tr("Password"))
        self.heartbeat = line_field(tr("Heartbeat in seconds"), "30", mono=True)
        self.tls = QCheckBox(tr("Use TLS"))
        self.verify = QCheckBox(tr("Check the broker's certificate"))
        self.ca_file = FileField(tr("Trusted certificates"), tr("What the system trusts"), is_here=self._is_here)
        self.cert_file = FileField(tr("Client certificate"), tr("None"), is_here=self._is_here)
        self.key_file = FileField(tr("Client key"), tr("In the certificate's file"), is_here=self._is_here)
        self.management = QCheckBox(tr("Use the management API"))
        self.management_url = line_field(tr("Management URL"), "http://host:15672", mono=True)
        self.management_user = line_field(tr("Management user"), tr("The same user"), mono=True)
        self.management_password = self._secret_field(tr("Management password"))
        self.management_password.setPlaceholderText(tr("As kept"))
        self.secret = Wrapped()
        self.forget = Button(tr("Forget it"), self.forget_requested.emit)

    @staticmethod
    def _secret_field(name: str) -> QLineEdit:
        line = line_field(name)
        line.setEchoMode(QLineEdit.EchoMode.Password)
        return line

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        name = self._group(tr("Name"), self.name, Entry.NAME)
        column.addLayout(side_by_side(name, field_group(tr("Colour"), self.colour), shares=(1, 0)))
        column.addWidget(field_group(tr("Environment"), _left(self.environment)))
        column.addWidget(_with_note(self.read_only, tr("The server refuses to change the broker or to take a message from it.")))
        column.addSpacing(12)
        host, port = self._group(tr("Host"), self.host, Entry.HOST), self._group(tr("Port"), self.port, Entry.PORT)
        port.setFixedWidth(PORT_PX)
        column.addLayout(side_by_side(host, port, self._group(tr("Virtual host"), self.vhost, Entry.VHOST), shares=(3, 0, 2)))
        column.addLayout(
            side_by_side(self._group(tr("User"), self.user, Entry.USER), self._group(tr("Password"), self.password, Entry.PASSWORD))
        )
        kept = QHBoxLayout()
        kept.setSpacing(8)
        kept.addWidget(self.secret, 1)
        kept.addWidget(self.forget, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(kept)
        column.addSpacing(8)
        self._add_folds(column)

    def _add_folds(self, column: QVBoxLayout) -> None:
        self.tls_fold = Fold("TLS")
        self._tls_groups = [
            _with_note(self.verify, tr("Who signed it, until when, and whether the host's name stands in it.")),
            self._group(tr("Trusted certificates (PEM), on the server's machine"), self.ca_file, Entry.CA_FILE),
            self._group(tr("Client certificate (PEM)"), self.cert_file, Entry.CERT_FILE),
            self._group(tr("Client key (PEM)"), self.key_file, Entry.KEY_FILE),
        ]
        self.tls_fold.body.addWidget(self.tls)
        for group in self._tls_groups:
            self.tls_fold.body.addWidget(group)
        self.management_fold = Fold(tr("Management API"))
        self._management_groups = [
            self._group(tr("URL; empty is the usual one: port 15672, with TLS 15671"), self.management_url, Entry.MANAGEMENT_URL),
            self._group(tr("User; empty is the same"), self.management_user, Entry.MANAGEMENT_USER),
            field_group(tr("That user's password"), self.management_password),
        ]
        note = tr("Queues, rates, clients and bindings come from it; messages work without it.")
        self.management_fold.body.addWidget(_with_note(self.management, note))
        for group in self._management_groups:
            self.management_fold.body.addWidget(group)
        self.more_fold = Fold(tr("More"))
        heartbeat = self._group(tr("Heartbeat in seconds; 0 turns it off"), self.heartbeat, Entry.HEARTBEAT)
        heartbeat.setMaximumWidth(220)
        self.more_fold.body.addWidget(heartbeat)
        for fold in (self.tls_fold, self.management_fold, self.more_fold):
            column.addWidget(fold)

    def _group(self, label: str, widget: QWidget, entry: Entry) -> QWidget:
        return field_group(label, widget, self._faults[entry])

    def _connect(self) -> None:
        lines = [self.name, self.host, self.port, self.vhost, self.user, self.password, self.heartbeat]
        lines += [self.management_url, self.management_user, self.management_password]
        for line in lines:
            line.textEdited.connect(self._on_edited)
        for line in (*lines, self.ca_file.line, self.cert_file.line, self.key_file.line):
            line.returnPressed.connect(self.submitted)
        for field in (self.ca_file, self.cert_file, self.key_file):
            field.edited.connect(self._on_edited)
        for box in (self.read_only, self.tls, self.verify, self.management):
            box.toggled.connect(self._on_edited)
        self.colour.chosen.connect(self._on_edited)
        self.environment.chosen.connect(self._on_edited)

    def _on_edited(self) -> None:
        if not self._loading:
            self._follow()
            self.edited.emit()

    def _follow(self) -> None:
        """Show only what matters with what is set."""
        draft = self.draft()
        self.port.setPlaceholderText("5671" if draft.tls else "5672")
        for group in self._tls_groups:
            group.setVisible(draft.tls)
        self.tls_fold.set_note(tr("on") + ("" if draft.verify else f", {tr('certificate not checked')}") if draft.tls else tr("off"))
        for group in self._management_groups:
            group.setVisible(draft.management)
        self._management_groups[-1].setVisible(draft.management and bool(draft.management_user))
        self.management_fold.set_note((draft.management_url or tr("usual address")) if draft.management else tr("not used"))
        self.more_fold.set_note(tr("heartbeat {seconds} s", seconds=draft.heartbeat or "0"))


def _left(widget: QWidget) -> QWidget:
    """Keep *widget* at its own width."""
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(widget)
    row.addStretch(1)
    return box


def _with_note(box: QCheckBox, note: str) -> QWidget:
    """Put under a box what ticking it means."""
    words = Wrapped()
    words.setText(note)
    words.setContentsMargins(24, 0, 0, 0)
    group = QWidget()
    column = QVBoxLayout(group)
    column.setContentsMargins(0, 0, 0, 4)
    column.setSpacing(0)
    column.addWidget(box)
    column.addWidget(words)
    return group
