"""Does what a hint of the test says, as far as the form can: sets what is sure, and puts the cursor where the user has to decide."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from desktop.views.connections.fields import ConnectionFields
from desktop.views.connections.kafka_fields import KafkaFields
from embedded_server.contracts.connections import ConnectionKind, SaslMechanism


def follow_hint(code: str, fields: ConnectionFields) -> None:
    """Mend what the problem *code* is about."""
    match code:
        case "port-wants-tls" | "port-speaks-plain":
            fields.tls_fold.set_open(True)
            fields.tls_fold.tls.setChecked(code.endswith("wants-tls"))
        case "certificate-unknown-authority" | "certificate-not-trusted":
            fields.tls_fold.set_open(True)
            fields.tls_fold.ca_file.choose()
        case "login-refused" | "sasl-refused":
            _go_to(fields.password)
        case _ if fields.kind() is ConnectionKind.KAFKA:
            _follow_kafka(code, fields.kafka)
        case _:
            _follow_rabbit(code, fields)


def _follow_rabbit(code: str, fields: ConnectionFields) -> None:
    rabbit = fields.rabbit
    match code:
        case "port-speaks-http" | "port-speaks-https":
            rabbit.port.clear()
            fields.edited.emit()
            _go_to(rabbit.port)
        case "name-not-found":
            _go_to(rabbit.host)
        case "nobody-listens":
            _go_to(rabbit.port)
        case "v-host-missing" | "v-host-missing-among":
            _go_to(rabbit.vhost)
        case "management-unreachable" | "management-login-refused":
            rabbit.management_fold.set_open(True)
            _go_to(rabbit.management_url if code == "management-unreachable" else rabbit.management_user)


def _follow_kafka(code: str, kafka: KafkaFields) -> None:
    match code:
        case "mechanism-off" | "login-needed" | "no-topics-seen":
            kafka.mechanism.setFocus(Qt.FocusReason.OtherFocusReason)
        case "login-not-taken":
            kafka.mechanism.choose(SaslMechanism.NONE.value)
        case "registry-login-refused":
            kafka.registry_fold.set_open(True)
            _go_to(kafka.registry_user)
        case _ if code.startswith("registry"):
            kafka.registry_fold.set_open(True)
            _go_to(kafka.registry_url)
        case _:
            _go_to(kafka.bootstrap)


def _go_to(line: QLineEdit) -> None:
    line.setFocus(Qt.FocusReason.OtherFocusReason)
    line.selectAll()
