"""The connection form as typed, what keeps it from being saved, and the connection it makes."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from desktop.core.i18n import N_
from embedded_server.contracts.connections import (
    Colour,
    ConnectionKind,
    ConnectionSpec,
    Environment,
    RabbitSettings,
    SaveConnection,
    Secret,
)
from embedded_server.contracts.problems import ProblemDetails


class Entry(StrEnum):
    """The fields of the form, so that a fault stands at its own."""

    NAME = "name"
    HOST = "host"
    PORT = "port"
    VHOST = "vhost"
    USER = "user"
    PASSWORD = "password"  # noqa: S105 - a field's name
    HEARTBEAT = "heartbeat"
    CA_FILE = "ca_file"
    CERT_FILE = "cert_file"
    KEY_FILE = "key_file"
    MANAGEMENT_URL = "management_url"
    MANAGEMENT_USER = "management_user"


@dataclass(frozen=True, slots=True)
class Draft:
    """The form's fields exactly as typed."""

    name: str = ""
    colour: Colour = Colour.BLUE
    environment: Environment = Environment.DEVELOPMENT
    read_only: bool = False
    host: str = ""
    port: str = ""
    vhost: str = "/"
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


@dataclass(frozen=True, slots=True)
class EntryFault:
    """Why a draft cannot be saved yet; title and hint are marked for translation."""

    entry: Entry
    title: str
    hint: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft after its check: what is saved, or what keeps it from being that."""

    save: SaveConnection | None
    faults: tuple[EntryFault, ...] = ()


def draft_of(spec: ConnectionSpec) -> Draft:
    """Write a connection into the form."""
    rabbit = spec.rabbitmq or RabbitSettings("")
    return Draft(
        name=spec.name,
        colour=spec.colour,
        environment=spec.environment,
        read_only=spec.read_only,
        host=rabbit.host,
        port=str(rabbit.port) if rabbit.port else "",
        vhost=rabbit.vhost,
        user=rabbit.user,
        tls=rabbit.tls,
        verify=rabbit.verify,
        ca_file=rabbit.ca_file,
        cert_file=rabbit.cert_file,
        key_file=rabbit.key_file,
        heartbeat=str(rabbit.heartbeat_s),
        management=rabbit.management,
        management_url=rabbit.management_url,
        management_user=rabbit.management_user,
    )


_ENTRIES: Final = {
    "connection-name-taken": Entry.NAME,
    "connection-name-invalid": Entry.NAME,
    "host-invalid": Entry.HOST,
    "port-invalid": Entry.PORT,
    "heartbeat-invalid": Entry.HEARTBEAT,
    "key-without-certificate": Entry.KEY_FILE,
    "management-url-invalid": Entry.MANAGEMENT_URL,
    "secret-stays": Entry.PASSWORD,
}
_FIELDS: Final = {
    "virtual host": Entry.VHOST,
    "user": Entry.USER,
    "management user": Entry.MANAGEMENT_USER,
    "file of trusted certificates": Entry.CA_FILE,
    "client certificate": Entry.CERT_FILE,
    "client key": Entry.KEY_FILE,
}


def entry_of(problem: ProblemDetails) -> Entry | None:
    """Answer the field that the server's refusal is about; None where it is about none, or about several."""
    return _ENTRIES.get(problem.type.rpartition(":")[2]) or _FIELDS.get(str(problem.params.get("field", "")))


def has_changes(draft: Draft, saved: ConnectionSpec | None) -> bool:
    """Whether anything was typed that is not saved."""
    return draft != (Draft() if saved is None else draft_of(saved))


def with_url(draft: Draft, parsed: SaveConnection) -> Draft:
    """Fill what a URL says into *draft*; a name that was typed stays."""
    found = draft_of(parsed.spec)
    return replace(
        found,
        name=draft.name or found.name,
        colour=draft.colour if draft.name else found.colour,
        environment=draft.environment,
        read_only=draft.read_only,
        password=parsed.secrets.get(Secret.PASSWORD, ""),
        management=draft.management,
        management_url=draft.management_url,
        management_user=draft.management_user,
        management_password=draft.management_password,
        ca_file=found.ca_file or draft.ca_file,
        cert_file=found.cert_file or draft.cert_file,
        key_file=found.key_file or draft.key_file,
    )


def prepare(draft: Draft) -> Prepared:
    """Check what can be checked here; the server checks the rest."""
    faults: list[EntryFault] = []
    host = draft.host.strip()
    if not host:
        faults.append(EntryFault(Entry.HOST, N_("No host is given"), N_("Type a name or an address, or paste a whole URL above.")))
    port = _whole(draft.port)
    if port is None or port > 65_535:
        faults.append(EntryFault(Entry.PORT, N_("The port is no number up to 65535"), N_("Leave it empty for the usual one.")))
    heartbeat = _whole(draft.heartbeat)
    if heartbeat is None or heartbeat > 65_535:
        faults.append(EntryFault(Entry.HEARTBEAT, N_("The heartbeat is no number of seconds"), N_("30 suits most; 0 turns it off.")))
    if faults or port is None or heartbeat is None:
        return Prepared(None, tuple(faults))
    spec = ConnectionSpec(
        name=draft.name.strip() or host,
        kind=ConnectionKind.RABBITMQ,
        colour=draft.colour,
        environment=draft.environment,
        read_only=draft.read_only,
        rabbitmq=RabbitSettings(
            host=host,
            port=port,
            vhost=draft.vhost,
            user=draft.user,
            tls=draft.tls,
            verify=draft.verify,
            ca_file=draft.ca_file.strip(),
            cert_file=draft.cert_file.strip(),
            key_file=draft.key_file.strip(),
            heartbeat_s=heartbeat,
            management=draft.management,
            management_url=draft.management_url.strip(),
            management_user=draft.management_user,
        ),
    )
    secrets = {Secret.PASSWORD: draft.password, Secret.MANAGEMENT_PASSWORD: draft.management_password}
    return Prepared(SaveConnection(spec, {secret: text for secret, text in secrets.items() if text}))


def _whole(text: str) -> int | None:
    """Answer the number, 0 where nothing is typed, None where it is none."""
    text = text.strip()
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
