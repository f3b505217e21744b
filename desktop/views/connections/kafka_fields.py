"""The fields that only a Kafka connection has: its brokers, how one signs in, and its Schema Registry."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from desktop.core.connections_entries import Draft, Entry
from desktop.core.i18n import tr
from desktop.views.connections.layout import Faults, left, secret_field, show_text
from desktop.views.widgets.fold import Fold
from desktop.views.widgets.form_sheet import field_group, line_field
from desktop.views.widgets.segmented import Segmented
from embedded_server.contracts.connections import SaslMechanism

MECHANISM_WORDS: Final = {
    SaslMechanism.PLAIN: "PLAIN",
    SaslMechanism.SCRAM_SHA_256: "SCRAM-SHA-256",
    SaslMechanism.SCRAM_SHA_512: "SCRAM-SHA-512",
}


class KafkaFields(QWidget):
    """Brokers and login; `registry_fold` is laid out below, beside the other folds."""

    edited = Signal()

    def __init__(self, faults: Faults) -> None:
        super().__init__()
        self.bootstrap = line_field(tr("Bootstrap brokers"), "kafka-1.example.org:9092, kafka-2.example.org:9092", mono=True)
        self.bootstrap.setToolTip(tr("One broker is enough: it names the others. Several help while one is down"))
        mechanisms = [(one.value, MECHANISM_WORDS.get(one, tr("No login"))) for one in SaslMechanism]
        self.mechanism = Segmented(mechanisms, SaslMechanism.NONE.value, name=tr("Login (SASL)"))
        self.mechanism.setToolTip(tr("How the broker's listener wants to be told who you are"))
        self.registry_url = line_field(tr("Schema Registry URL"), "http://registry.example.org:8081", mono=True)
        self.registry_user = line_field(tr("Schema Registry user"), tr("None"), mono=True)
        self.registry_password = secret_field(tr("Schema Registry password"))
        self.registry_password.setPlaceholderText(tr("As kept"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(faults.group(tr("Bootstrap brokers, with commas between"), self.bootstrap, Entry.BOOTSTRAP))
        column.addWidget(field_group(tr("Login (SASL)"), left(self.mechanism)))
        self.registry_fold = Fold("Schema Registry")
        self._registry_groups = [
            faults.group(tr("User; empty where it asks for none"), self.registry_user, Entry.REGISTRY_USER),
            field_group(tr("That user's password"), self.registry_password),
        ]
        url = faults.group(tr("URL of its Confluent-compatible API; empty where there is none"), self.registry_url, Entry.REGISTRY_URL)
        for group in (url, *self._registry_groups):
            self.registry_fold.body.addWidget(group)
        for line in self.lines():
            line.textEdited.connect(self.edited)
        self.mechanism.chosen.connect(self.edited)

    def lines(self) -> tuple[QLineEdit, ...]:
        """Answer the lines one types into."""
        return (self.bootstrap, self.registry_url, self.registry_user, self.registry_password)

    def show_draft(self, draft: Draft) -> None:
        """Show what *draft* says of a Kafka."""
        texts = (draft.bootstrap, draft.registry_url, draft.registry_user, draft.registry_password)
        for line, text in zip(self.lines(), texts, strict=True):
            show_text(line, text)
        self.mechanism.set_current(draft.mechanism.value)

    def follow(self, draft: Draft) -> None:
        """Show only what matters with what is set."""
        for group in self._registry_groups:
            group.setVisible(bool(draft.registry_url))
        self.registry_fold.set_note(draft.registry_url.strip() or tr("none"))
