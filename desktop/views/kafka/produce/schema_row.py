"""What the content of a record is written with: a subject of the Schema Registry or a schema of one's own, and which message of it."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.kafka_content import ContentDraft, Kind
from desktop.services.kafka import KafkaService
from desktop.views.kafka.names import schemas_of
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.name_line import NameLine
from embedded_server.contracts.kafka import LocalSchema


class SchemaRow(QWidget):
    """A name of the registry and one of the user's own stand in the same line: the user's own goes first."""

    edited = Signal()
    schemas_requested = Signal()
    """The user wants to see or add schemas."""

    def __init__(self, service: KafkaService) -> None:
        super().__init__()
        self._service = service
        self._own: list[LocalSchema] = []
        self.schema = NameLine(tr("Schema"), tr("Subject, or own schema"))
        self.message = NameLine(tr("Message"), tr("Message; empty is the first"))
        self.schemas = Button(tr("Schemas…"), self.schemas_requested.emit)
        self.schemas.setToolTip(tr("Schemas of your own, and those of the Schema Registry"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.schema, 3)
        row.addWidget(self.message, 2)
        row.addWidget(self.schemas)
        self.schema.textEdited.connect(self.edited)
        self.message.textEdited.connect(self.edited)
        completer = self.schema.completer()
        if completer is not None:
            completer.activated.connect(lambda *_: self.edited.emit())

    def chosen(self) -> tuple[str, str, str]:
        """Answer the subject, the id of an own schema, and the message; one of the first two is empty, or both."""
        name = self.schema.text().strip()
        own = next((schema.id for schema in self._own if schema.name == name), "")
        return "" if own else name, own, self.message.text().strip()

    def is_missing(self) -> bool:
        """Whether no schema is named."""
        return not self.schema.text().strip()

    def show_draft(self, draft: ContentDraft) -> None:
        """Show what a draft is written with."""
        own = next((schema.name for schema in self._own if schema.id == draft.schema), draft.schema)
        self.schema.setText(draft.subject or own)
        self.message.setText(draft.message)

    def show_kind(self, kind: Kind) -> None:
        """Ask for a message where the kind has several in one schema."""
        self.message.setVisible(kind is Kind.PROTOBUF)

    def set_schemas(self, connection: str, own: Sequence[LocalSchema]) -> None:
        """Offer these, and the subjects of *connection*'s Schema Registry."""
        chosen = self.chosen()[1] or self.schema.text()
        self._own = list(own)
        name = next((schema.name for schema in self._own if schema.id == chosen), "")
        if name:
            self.schema.setText(name)
        self.schema.complete_from(schemas_of(self._service, connection, self._own))
