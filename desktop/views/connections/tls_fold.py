"""TLS of a connection of either kind: whether, whom to trust, and as whom one shows oneself."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox

from desktop.core.connections_entries import Draft, Entry
from desktop.core.i18n import tr
from desktop.views.connections.file_field import FileField
from desktop.views.connections.layout import Faults, show_text, with_note
from desktop.views.widgets.fold import Fold


class TlsFold(Fold):
    """Folded up it says whether TLS is on."""

    edited = Signal()

    def __init__(self, faults: Faults, *, is_here: bool) -> None:
        super().__init__("TLS")
        self.tls = QCheckBox(tr("Use TLS"))
        self.verify = QCheckBox(tr("Check the broker's certificate"))
        self.ca_file = FileField(tr("Trusted certificates"), tr("What the system trusts"), is_here=is_here)
        self.cert_file = FileField(tr("Client certificate"), tr("None"), is_here=is_here)
        self.key_file = FileField(tr("Client key"), tr("In the certificate's file"), is_here=is_here)
        self._groups = [
            with_note(self.verify, tr("Who signed it, until when, and whether the host's name stands in it.")),
            faults.group(tr("Trusted certificates (PEM), on the server's machine"), self.ca_file, Entry.CA_FILE),
            faults.group(tr("Client certificate (PEM)"), self.cert_file, Entry.CERT_FILE),
            faults.group(tr("Client key (PEM)"), self.key_file, Entry.KEY_FILE),
        ]
        self.body.addWidget(self.tls)
        for group in self._groups:
            self.body.addWidget(group)
        for box in (self.tls, self.verify):
            box.toggled.connect(self.edited)
        for field in self.files():
            field.edited.connect(self.edited)

    def files(self) -> tuple[FileField, ...]:
        """Answer the fields that name files."""
        return (self.ca_file, self.cert_file, self.key_file)

    def show_draft(self, draft: Draft) -> None:
        """Show what *draft* says of TLS."""
        for field, text in zip(self.files(), (draft.ca_file, draft.cert_file, draft.key_file), strict=True):
            show_text(field.line, text)
        self.tls.setChecked(draft.tls)
        self.verify.setChecked(draft.verify)

    def follow(self, draft: Draft) -> None:
        """Show only what matters with what is set."""
        for group in self._groups:
            group.setVisible(draft.tls)
        self.set_note(tr("on") + ("" if draft.verify else f", {tr('certificate not checked')}") if draft.tls else tr("off"))
