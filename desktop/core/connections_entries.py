"""The connection form's fields as typed, and which of them a fault is about."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from embedded_server.contracts.connections import Colour, ConnectionKind, Environment, SaslMechanism
from embedded_server.contracts.problems import ProblemDetails


class Entry(StrEnum):
    """The fields of the form, so that a fault stands at its own."""

    NAME = "name"
    HOST = "host"
    PORT = "port"
    VHOST = "vhost"
    BOOTSTRAP = "bootstrap"
    USER = "user"
    PASSWORD = "password"  # noqa: S105 - a field's name
    HEARTBEAT = "heartbeat"
    CA_FILE = "ca_file"
    CERT_FILE = "cert_file"
    KEY_FILE = "key_file"
    MANAGEMENT_URL = "management_url"
    MANAGEMENT_USER = "management_user"
    REGISTRY_URL = "registry_url"
    REGISTRY_USER = "registry_user"


@dataclass(frozen=True, slots=True)
class Draft:
    """The form's fields exactly as typed. Those of the other kind stay while one is looked at."""

    name: str = ""
    kind: ConnectionKind = ConnectionKind.RABBITMQ
    colour: Colour = Colour.BLUE
    environment: Environment = Environment.DEVELOPMENT
    read_only: bool = False
    host: str = ""
    port: str = ""
    vhost: str = "/"
    bootstrap: str = ""
    mechanism: SaslMechanism = SaslMechanism.NONE
    user: str = "guest"
    password: str = field(default="", repr=False)
    """Empty leaves the one that is kept."""
    tls: bool = False
    verify: bool = True
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    heartbeat: str = "30"
    management: bool = True
    management_url: str = ""
    management_user: str = ""
    management_password: str = field(default="", repr=False)
    registry_url: str = ""
    registry_user: str = ""
    registry_password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class EntryFault:
    """Why a draft cannot be saved yet; title and hint are marked for translation."""

    entry: Entry
    title: str
    hint: str


_ENTRIES: Final = {
    "connection-name-taken": Entry.NAME,
    "connection-name-invalid": Entry.NAME,
    "host-invalid": Entry.HOST,
    "port-invalid": Entry.PORT,
    "bootstrap-invalid": Entry.BOOTSTRAP,
    "bootstrap-port-invalid": Entry.BOOTSTRAP,
    "heartbeat-invalid": Entry.HEARTBEAT,
    "key-without-certificate": Entry.KEY_FILE,
    "management-url-invalid": Entry.MANAGEMENT_URL,
    "registry-url-invalid": Entry.REGISTRY_URL,
    "sasl-user-missing": Entry.USER,
    "secret-stays": Entry.PASSWORD,
}
_FIELDS: Final = {
    "virtual host": Entry.VHOST,
    "user": Entry.USER,
    "management user": Entry.MANAGEMENT_USER,
    "registry user": Entry.REGISTRY_USER,
    "file of trusted certificates": Entry.CA_FILE,
    "client certificate": Entry.CERT_FILE,
    "client key": Entry.KEY_FILE,
}


def entry_of(problem: ProblemDetails) -> Entry | None:
    """Answer the field that the server's refusal is about; None where it is about none, or about several."""
    return _ENTRIES.get(problem.type.rpartition(":")[2]) or _FIELDS.get(str(problem.params.get("field", "")))
