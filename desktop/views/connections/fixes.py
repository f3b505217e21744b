"""Does what a hint of the test says, as far as the form can: sets what is sure, and puts the cursor where the user has to decide."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from desktop.views.connections.fields import ConnectionFields


def follow_hint(code: str, fields: ConnectionFields) -> None:
    """Mend what the problem *code* is about."""
    match code:
        case "port-wants-tls" | "port-speaks-plain":
            fields.tls_fold.set_open(True)
            fields.tls.setChecked(code == "port-wants-tls")
        case "certificate-unknown-authority":
            fields.tls_fold.set_open(True)
            fields.ca_file.choose()
        case "port-speaks-http" | "port-speaks-https":
            fields.port.clear()
            fields.edited.emit()
            _go_to(fields.port)
        case "login-refused":
            _go_to(fields.password)
        case "name-not-found":
            _go_to(fields.host)
        case "nobody-listens":
            _go_to(fields.port)
        case "v-host-missing" | "v-host-missing-among":
            _go_to(fields.vhost)
        case "management-unreachable" | "management-login-refused":
            fields.management_fold.set_open(True)
            _go_to(fields.management_url if code == "management-unreachable" else fields.management_user)


def _go_to(line: QLineEdit) -> None:
    line.setFocus(Qt.FocusReason.OtherFocusReason)
    line.selectAll()
