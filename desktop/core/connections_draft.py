"""The connection form as typed, what keeps it from being saved, and the connection it makes."""

from dataclasses import dataclass, field
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

DEFAULT_PORT: Final = 5672
DEFAULT_TLS_PORT: Final = 5671


class Entry(StrEnum):
    """The fields of the form, so that a fault stands at its own."""

    NAME = "name"
    HOST = "host"
    PORT = "port"
    HEARTBEAT = "heartbeat"


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
