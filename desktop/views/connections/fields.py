"""The fields of a connection of either kind: they show a draft, and tell of every letter that is typed."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from desktop.core.connections_draft import Draft, Entry, EntryFault, with_kind
from desktop.core.connections_words import ENVIRONMENT_WORDS, KIND_WORDS, secret_words
from desktop.core.i18n import tr
from desktop.views.connections.kafka_fields import KafkaFields
from desktop.views.connections.layout import Faults, left, secret_field, show_text, with_note
from desktop.views.connections.rabbit_fields import RabbitFields
from desktop.views.connections.swatches import Swatches
from desktop.views.connections.tls_fold import TlsFold
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.form_sheet import field_group, line_field, side_by_side
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import ConnectionKind, Environment, SaslMechanism, SecretState

KINDS = (ConnectionKind.RABBITMQ, ConnectionKind.KAFKA)


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
        self._faults = Faults()
        self._make_fields(is_here=is_here)
        self._lay_out()
        self._connect()

    # -- the draft

    def kind(self) -> ConnectionKind:
        """Answer the kind that is shown."""
        return ConnectionKind(self.kind_choice.current())

    def draft(self) -> Draft:
        """Answer the fields exactly as they stand."""
        rabbit, kafka, tls = self.rabbit, self.kafka, self.tls_fold
        return Draft(
            name=self.name.text(),
            kind=self.kind(),
            colour=self.colour.current(),
            environment=Environment(self.environment.current()),
            read_only=self.read_only.isChecked(),
            host=rabbit.host.text(),
            port=rabbit.port.text(),
            vhost=rabbit.vhost.text(),
            bootstrap=kafka.bootstrap.text(),
            mechanism=SaslMechanism(kafka.mechanism.current()),
            user=self.user.text(),
            password=self.password.text(),
            tls=tls.tls.isChecked(),
            verify=tls.verify.isChecked(),
            ca_file=tls.ca_file.text(),
            cert_file=tls.cert_file.text(),
            key_file=tls.key_file.text(),
            heartbeat=rabbit.heartbeat.text(),
            management=rabbit.management.isChecked(),
            management_url=rabbit.management_url.text(),
            management_user=rabbit.management_user.text(),
            management_password=rabbit.management_password.text(),
            registry_url=kafka.registry_url.text(),
            registry_user=kafka.registry_user.text(),
            registry_password=kafka.registry_password.text(),
        )

    def show_draft(self, draft: Draft) -> None:
        """Show *draft*; nobody is told."""
        self._loading = True
        for line, text in ((self.name, draft.name), (self.user, draft.user), (self.password, draft.password)):
            show_text(line, text)
        self.kind_choice.set_current(draft.kind.value)
        self.colour.set_current(draft.colour)
        self.environment.set_current(draft.environment.value)
        self.read_only.setChecked(draft.read_only)
        for part in (self.rabbit, self.kafka, self.tls_fold):
            part.show_draft(draft)
        self._loading = False
        self._follow()

    def let_kind_be_chosen(self, *, choosable: bool) -> None:
        """Offer the choice of kind: a connection that is kept has one for good."""
        self._kind_group.setVisible(choosable)

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
        self._faults.show(entry, text)
        if entry in {Entry.CA_FILE, Entry.CERT_FILE, Entry.KEY_FILE}:
            self.tls_fold.set_open(True)
        if entry in {Entry.MANAGEMENT_URL, Entry.MANAGEMENT_USER}:
            self.rabbit.management_fold.set_open(True)
        if entry in {Entry.REGISTRY_URL, Entry.REGISTRY_USER}:
            self.kafka.registry_fold.set_open(True)
        self._places()[entry].setFocus(Qt.FocusReason.OtherFocusReason)

    def show_faults(self, faults: tuple[EntryFault, ...]) -> None:
        """Say what is wrong with each; the cursor goes to the first."""
        for fault in reversed(faults):
            self.show_fault(fault.entry, f"{tr(fault.title)}. {tr(fault.hint)}")

    def clear_faults(self) -> None:
        """Nothing is wrong any longer, or it has not been looked at yet."""
        self._faults.clear()

    def fault(self, entry: Entry) -> str:
        """Answer what stands under a field."""
        return self._faults.text(entry)

    def _places(self) -> dict[Entry, QWidget]:
        rabbit, kafka, tls = self.rabbit, self.kafka, self.tls_fold
        is_kafka = self.kind() is ConnectionKind.KAFKA  # whose refusals of a host or a port are about its brokers
        return {
            Entry.NAME: self.name,
            Entry.HOST: kafka.bootstrap if is_kafka else rabbit.host,
            Entry.PORT: kafka.bootstrap if is_kafka else rabbit.port,
            Entry.VHOST: rabbit.vhost,
            Entry.BOOTSTRAP: kafka.bootstrap,
            Entry.USER: self.user,
            Entry.PASSWORD: self.password,
            Entry.HEARTBEAT: rabbit.heartbeat,
            Entry.CA_FILE: tls.ca_file,
            Entry.CERT_FILE: tls.cert_file,
            Entry.KEY_FILE: tls.key_file,
            Entry.MANAGEMENT_URL: rabbit.management_url,
            Entry.MANAGEMENT_USER: rabbit.management_user,
            Entry.REGISTRY_URL: kafka.registry_url,
            Entry.REGISTRY_USER: kafka.registry_user,
        }

    # -- how it is made

    def _make_fields(self, *, is_here: bool) -> None:
        kinds = [(kind.value, KIND_WORDS[kind]) for kind in KINDS]
        self.kind_choice = Segmented(kinds, ConnectionKind.RABBITMQ.value, name=tr("Kind"))
        self.name = line_field(tr("Name"), tr("From its host"))
        self.colour = Swatches()
        environments = [(one.value, tr(ENVIRONMENT_WORDS[one]).capitalize()) for one in Environment]
        self.environment = Segmented(environments, Environment.DEVELOPMENT.value, name=tr("Environment"))
        self.environment.setToolTip(tr("On production, whatever destroys something asks for its name to be typed"))
        self.read_only = QCheckBox(tr("Read-only"))
        self.rabbit = RabbitFields(self._faults)
        self.kafka = KafkaFields(self._faults)
        self.user = line_field(tr("User"), "guest", mono=True)
        self.password = secret_field(tr("Password"))
        self.tls_fold = TlsFold(self._faults, is_here=is_here)
        self.secret = Wrapped()
        self.forget = Button(tr("Forget it"), self.forget_requested.emit)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self._kind_group = field_group(tr("Kind"), left(self.kind_choice))
        column.addWidget(self._kind_group)
        name = self._faults.group(tr("Name"), self.name, Entry.NAME)
        column.addLayout(side_by_side(name, field_group(tr("Colour"), self.colour), shares=(1, 0)))
        column.addWidget(field_group(tr("Environment"), left(self.environment)))
        self._read_only_note = Wrapped()
        column.addWidget(with_note(self.read_only, "", self._read_only_note))
        column.addSpacing(12)
        column.addWidget(self.rabbit)
        column.addWidget(self.kafka)
        self._login = QWidget()
        login = QVBoxLayout(self._login)
        login.setContentsMargins(0, 0, 0, 0)
        user = self._faults.group(tr("User"), self.user, Entry.USER)
        login.addLayout(side_by_side(user, self._faults.group(tr("Password"), self.password, Entry.PASSWORD)))
        column.addWidget(self._login)
        self._kept = QWidget()
        kept = QHBoxLayout(self._kept)
        kept.setContentsMargins(0, 0, 0, 0)
        kept.setSpacing(8)
        kept.addWidget(self.secret, 1)
        kept.addWidget(self.forget, 0, Qt.AlignmentFlag.AlignTop)
        column.addWidget(self._kept)
        column.addSpacing(8)
        for fold in (self.tls_fold, self.rabbit.management_fold, self.rabbit.more_fold, self.kafka.registry_fold):
            column.addWidget(fold)

    def _connect(self) -> None:
        own = (self.name, self.user, self.password)
        for line in own:
            line.textEdited.connect(self._on_edited)
        files = [field.line for field in self.tls_fold.files()]
        for line in (*own, *self.rabbit.lines(), *self.kafka.lines(), *files):
            line.returnPressed.connect(self.submitted)
        for part in (self.rabbit, self.kafka, self.tls_fold):
            part.edited.connect(self._on_edited)
        self.read_only.toggled.connect(self._on_edited)
        self.kind_choice.chosen.connect(self._on_kind_chosen)
        self.colour.chosen.connect(self._on_edited)
        self.environment.chosen.connect(self._on_edited)

    def _on_kind_chosen(self) -> None:
        self.clear_faults()
        self.show_draft(with_kind(self.draft(), self.kind()))
        self.edited.emit()

    def _on_edited(self) -> None:
        if not self._loading:
            self._follow()
            self.edited.emit()

    def _follow(self) -> None:
        """Show only what matters with what is set."""
        draft = self.draft()
        is_kafka = draft.kind is ConnectionKind.KAFKA
        self.rabbit.setVisible(not is_kafka)
        self.rabbit.management_fold.setVisible(not is_kafka)
        self.rabbit.more_fold.setVisible(not is_kafka)
        self.kafka.setVisible(is_kafka)
        self.kafka.registry_fold.setVisible(is_kafka)
        signs_in = not is_kafka or draft.mechanism is not SaslMechanism.NONE
        self._login.setVisible(signs_in)
        self._kept.setVisible(signs_in or bool(draft.registry_user))
        changes_nothing = tr("The server refuses to change the broker or to take a message from it.")
        reads_only = tr("The server refuses to produce, and to change topics, groups and offsets. Reading stays possible.")
        self._read_only_note.setText(reads_only if is_kafka else changes_nothing)
        self.user.setPlaceholderText("" if is_kafka else "guest")
        for part in (self.rabbit, self.kafka, self.tls_fold):
            part.follow(draft)
